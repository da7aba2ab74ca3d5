namespace Monolith.Operations.Tests.Verbs;

/// <summary>Each kind of damage that verify and rebuild have a word for.</summary>
public sealed class VerifyTests : IAsyncLifetime
{
    private Place _place = null!; // Made before each test.

    public async ValueTask InitializeAsync() => _place = await Place.LivedAsync();

    public ValueTask DisposeAsync()
    {
        _place.Dispose();
        return default;
    }

    [Theory]
    [InlineData(
        "update events set data = x'7B' where stream = {0}", "stream photo-", ": its chain is broken: an event is not as it was stored")]
    [InlineData("delete from events where stream = {0} and version = 2", "stream photo-", ": event 2 is missing")]
    [InlineData("delete from events where stream = {0} and version > 1", "stream photo-", " events and should have ")]
    [InlineData(
        "update streams set name = 'thing-' || id where id = {0}", "stream thing-", ": no module has an aggregate of this category")]
    [InlineData("delete from documents where kind = 'media.photo.v1'", "document media.photo.v1/", ": is missing")]
    [InlineData(
        "update documents set version = 7 where kind = 'users.profile.v1'", "document users.profile.v1/",
        ": is of version 7, and its stream at 1")]
    [InlineData(
        "update documents set body = x'7B7D' where kind = 'users.user.v1'", "document users.user.v1/",
        ": differs from what its stream gives")]
    [InlineData(
        "delete from entries where kind = 'media.photo-view.v1'", "document media.photo-view.v1/",
        ": cannot be found by what it should be")]
    [InlineData(
        "insert into documents (kind, id, version, body) values ('jobs.job.v1', 'zz', 1, x'7B7D')", "document jobs.job.v1/zz",
        ": has no stream")]
    public async Task Names_what_differs_from_its_events(string damage, string what, string how)
    {
        _place.Execute(string.Format(
            System.Globalization.CultureInfo.InvariantCulture, damage, "(select id from streams where name like 'photo-%')"));

        var found = await _place.RunAsync("verify");

        Assert.Equal(2, found.Code);
        Assert.Contains(
            found.Output.Split('\n'),
            line => line.StartsWith(what, StringComparison.Ordinal) && line.Contains(how, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("delete from documents where kind = 'media.photo.v1'")]
    [InlineData("update documents set version = 7 where kind = 'users.profile.v1'")]
    [InlineData("delete from entries where kind = 'media.photo-view.v1'")]
    [InlineData("insert into documents (kind, id, version, body) values ('jobs.job.v1', 'zz', 1, x'7B7D')")]
    public async Task Is_content_with_what_rebuild_made_of_it(string damage)
    {
        var before = _place.Documents();
        _place.Execute(damage);

        (await _place.RunAsync("rebuild")).Done();

        Assert.StartsWith("0 findings", (await _place.RunAsync("verify")).Done(), StringComparison.Ordinal);
        Assert.Equal(before, _place.Documents());
    }

    [Fact]
    public async Task Rebuilds_the_kind_that_is_named_and_no_other()
    {
        _place.Execute("delete from documents where kind in ('users.user.v1', 'users.profile.v1')");

        var rebuilt = (await _place.RunAsync("rebuild", "--kind", "users.profile.v1")).Done();

        Assert.StartsWith("2 documents rebuilt from ", rebuilt, StringComparison.Ordinal);
        Assert.Equal(
            ["users.profile.v1"], _place.Read("select distinct kind from documents where kind in ('users.user.v1', 'users.profile.v1')"));
    }

    [Fact]
    public async Task Counts_on_after_a_stream_that_only_a_backup_can_mend()
    {
        _place.Execute("update events set data = x'7B' where stream = (select id from streams where name like 'photo-%')");
        _place.Execute("delete from documents where kind = 'users.user.v1'");

        var rebuilt = await _place.RunAsync("rebuild");

        Assert.Equal(2, rebuilt.Code);
        Assert.StartsWith("2 documents rebuilt from ", rebuilt.Output, StringComparison.Ordinal);
        Assert.Contains(", 1 streams left as they are", rebuilt.Output, StringComparison.Ordinal);
        Assert.EndsWith("; left as it is", Assert.Single(rebuilt.Errors.Split('\n')), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, "is missing")]
    [InlineData(true, "is not as it was stored")]
    public async Task Names_each_blob_that_is_gone_or_otherwise(bool isThere, string finding)
    {
        var files = _place.BlobFiles();
        foreach (var file in files)
        {
            File.Delete(file);
            if (isThere)
            {
                await File.WriteAllTextAsync(file, "another picture", TestContext.Current.CancellationToken);
            }
        }

        var found = await _place.RunAsync("verify");

        Assert.Equal(2, found.Code);
        Assert.Equal(
            files.Count,
            found.Output.Split('\n').Count(
                line => line.StartsWith("blob ", StringComparison.Ordinal) && line.EndsWith(finding, StringComparison.Ordinal)));
        Assert.Contains($"{files.Count} findings in ", found.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("rebuild --kind users.profil.v1", 64, "did you mean \"users.profile.v1\"?")]
    [InlineData("rebuild --kind x", 64, "unknown kind \"x\"")]
    [InlineData("events show user", 64, "\"user\" is no stream; one is called category-key")]
    [InlineData("events show -user", 64, "unknown option \"-user\"")]
    [InlineData("events show user-nowhere", 1, "There is no stream user-nowhere.")]
    [InlineData("events replay media.make-variant", 64, "did you mean \"media.make-variants\"?")]
    [InlineData("events replay media.make-variants --position first", 64, "\"first\" is no position.")]
    [InlineData("events replay media.make-variants --position -1", 64, "\"-1\" is no position.")]
    [InlineData("verify nowhere", 1, "holds no complete backup")]
    [InlineData("verify Adapters:Blobs=fil:x", 78, "unknown scheme \"fil\"; did you mean \"file\"?")]
    public async Task Answers_in_one_line_what_it_cannot_do(string words, int code, string reason) =>
        (await _place.RunAsync(words.Split(' '))).FailsWith(code, reason);

    [Theory]
    [InlineData("events replay media.make-variants", "0 events handled, 0 failed again")]
    [InlineData("events replay users.statistics", "0 events handled, 0 failed again")]
    [InlineData("migrate", "store main: nothing to change")]
    public async Task Says_that_there_was_nothing_to_do(string words, string answer) =>
        Assert.Equal(answer, (await _place.RunAsync(words.Split(' '))).Done());

    [Fact]
    public async Task Rebuilds_a_followed_view_that_nothing_differs_from()
    {
        // The server may have stopped before the view was as far as the log.
        (await _place.RunAsync("rebuild", "--kind", "users.statistics")).Done();

        var again = (await _place.RunAsync("rebuild", "--kind", "users.statistics")).Done();

        Assert.Matches("^[1-9][0-9]* views rebuilt, 0 of the former ones differed, ", again);
    }
}
