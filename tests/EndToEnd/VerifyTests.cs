using System.Diagnostics;
namespace Monolith.EndToEnd.Tests;

public sealed class VerifyTests : IDisposable
{
    private const string NewestUser = "select name from streams where name like 'user-%' order by id desc limit 1";

    private readonly Verbs _verbs = new();

    public void Dispose() => _verbs.Dispose();

    [Fact]
    public async Task Finds_nothing_in_what_was_written_live()
    {
        await _verbs.LiveAsync();

        var (code, output) = await _verbs.RunAsync("verify");

        Assert.Equal(0, code);
        Assert.StartsWith("0 findings in ", Verbs.LastLine(output), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Names_the_stream_of_which_a_byte_was_changed_and_rebuild_leaves_it_alone()
    {
        await _verbs.LiveAsync();
        var stream = Assert.Single(_verbs.Read(NewestUser));
        _verbs.Execute($"""
            update events set data = cast(replace(cast(data as text), '"at":"2', '"at":"1') as blob)
            where stream = (select id from streams where name = '{stream}')
            """);
        var before = _verbs.Documents();

        var (code, output) = await _verbs.RunAsync("verify");
        var rebuilt = await _verbs.RunAsync("rebuild");

        Assert.Equal((2, 2), (code, rebuilt.Code));
        Assert.Contains($"stream {stream}: its chain is broken", output, StringComparison.Ordinal);
        Assert.Contains("1 finding in ", output, StringComparison.Ordinal);
        Assert.DoesNotContain("Lovelac", output, StringComparison.Ordinal);
        Assert.Contains($"stream {stream}", rebuilt.Output, StringComparison.Ordinal);
        Assert.Equal(before, _verbs.Documents());
    }

    [Theory]
    [InlineData("delete from events where stream = (select id from streams where name = '{0}')", "has 0 events and should have 1")]
    [InlineData("update events set version = 2 where stream = (select id from streams where name = '{0}')", "event 1 is missing")]
    [InlineData("update streams set version = 2 where name = '{0}'", "has 1 events and should have 2")]
    [InlineData("update streams set head = zeroblob(32) where name = '{0}'", "its chain is broken")]
    public async Task Names_a_stream_that_differs_from_what_it_was(string damage, string finding)
    {
        await _verbs.LiveAsync();
        var stream = Assert.Single(_verbs.Read(NewestUser));
        _verbs.Execute(string.Format(System.Globalization.CultureInfo.InvariantCulture, damage, stream));

        var (code, output) = await _verbs.RunAsync("verify");

        Assert.Equal(2, code);
        Assert.Contains($"stream {stream}: {finding}", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Names_documents_that_differ_and_rebuild_makes_them_as_they_were()
    {
        await _verbs.LiveAsync();
        var live = _verbs.Documents();
        _verbs.Execute("""
            delete from documents where kind = 'users.user.v1' and id = (select min(id) from documents where kind = 'users.user.v1');
            update documents set body = cast('{}' as blob) where kind = 'users.profile.v1'
                and id = (select min(id) from documents where kind = 'users.profile.v1');
            update documents set version = 9 where kind = 'users.profile.v1'
                and id = (select max(id) from documents where kind = 'users.profile.v1');
            delete from entries where kind = 'media.photo-view.v1';
            insert into documents (kind, id, version, body) values ('media.photo.v1', 'zzz', 1, cast('{}' as blob));
            """);

        var (code, output) = await _verbs.RunAsync("verify");
        var rebuilt = await _verbs.RunAsync("rebuild");
        var after = await _verbs.RunAsync("verify");

        Assert.Equal((2, 0, 0), (code, rebuilt.Code, after.Code));
        foreach (var finding
            in new[]
            {
                "is missing", "differs from", "is of version 9", "cannot be found", "media.photo.v1/zzz: has no stream", "5 findings",
            })
        {
            Assert.Contains(finding, output, StringComparison.Ordinal);
        }

        Assert.Contains("5 documents rebuilt", rebuilt.Output, StringComparison.Ordinal);
        Assert.Equal(live, _verbs.Documents());
    }

    [Fact]
    public async Task Rebuilds_every_document_byte_by_byte_as_it_was_written_live_one_kind_at_a_time_too()
    {
        await _verbs.LiveAsync();
        var live = _verbs.Documents();
        _verbs.Execute("""
            delete from entries where kind <> 'sessions.session.v1' and kind in (select kind from documents) and kind like '%view%';
            delete from documents where kind in ('users.user.v1', 'users.profile.v1', 'users.email-claim.v1', 'users.admin-invitation.v1',
                'sessions.session-history.v1', 'media.photo.v1', 'media.photo-view.v1', 'jobs.job.v1', 'jobs.job-view.v1');
            """);

        var profiles = await _verbs.RunAsync("rebuild", "--kind", "users.profile.v1");
        var all = await _verbs.RunAsync("rebuild");

        Assert.Equal((0, 0), (profiles.Code, all.Code));
        Assert.StartsWith("2 documents rebuilt", Verbs.LastLine(profiles.Output), StringComparison.Ordinal);
        Assert.Equal(live, _verbs.Documents());
    }

    [Fact]
    public async Task Ends_with_130_when_it_is_cancelled()
    {
        await _verbs.LiveAsync();
        _verbs.Execute("""
            with recursive n (i) as (select 1 union all select i + 1 from n where i < 300000)
            insert into streams (name, bucket, version, head) select 'aaa-' || i, 0, 1, zeroblob(32) from n
            """);

        // It has a line to write for each of these streams, and no more of them fit into the pipe than it holds: it cannot end before it
        // has heard the signal, however long that takes.
        using var process = new CapturedProcess(
            new ProcessStartInfo("dotnet", [HostProcess.Assembly(), "verify"]) { WorkingDirectory = _verbs.Folder },
            atFirstLine: verify =>
            {
                verify.Signal(15); // SIGINT is ignored by what a shell starts in the background.
                SpinWait.SpinUntil(
                    () => verify.Output.Contains("Cancelling", StringComparison.Ordinal) || verify.HasExited, TimeSpan.FromMinutes(1));
            });

        Assert.Equal(130, await process.ExitAsync(TestContext.Current.CancellationToken));
        Assert.Contains("Cancelled.", process.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Says_in_one_line_that_the_server_runs()
    {
        using var host = await _verbs.StartAsync();

        var (code, output) = await _verbs.RunAsync("verify");

        Assert.Equal(1, code);
        Assert.StartsWith("Another process already uses ", output, StringComparison.Ordinal);
        Assert.Single(output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }
}
