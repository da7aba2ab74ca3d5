using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace Monolith.EndToEnd.Tests;

public sealed class DamageTests : IDisposable
{
    private readonly Verbs _verbs = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => _verbs.Dispose();

    [Fact]
    public async Task A_damaged_document_is_made_from_its_stream_a_damaged_event_is_named_and_everything_else_is_served()
    {
        string ada, grace;
        using (var host = await _verbs.StartAsync())
        {
            ada = await Verbs.RegisterAsync(host.Http, "ada@example.org");
            grace = await Verbs.RegisterAsync(host.Http, "grace@example.org");
            Assert.Equal(0, await host.StopAsync(Cancelled));
        }

        // As a torn write leaves it: the beginning of a body, and another one that is no JSON at all.
        _verbs.Execute($"""
            update documents set body = substr(body, 1, length(body) / 2) where id = '{ada}' and kind like 'users.%';
            update documents set body = x'FF00FF' where id = '{grace}' and kind like 'users.%';
            update events set data = substr(data, 1, length(data) / 2) where stream = (select id from streams where name = 'user-{grace}');
            """);
        using var again = await _verbs.StartAsync();
        using var reader = await SignInAsync(again, "eve@example.org");

        var profile = await reader.GetFromJsonAsync<JsonObject>($"/v1/users/{ada}", Cancelled);
        using var own = await again.Http.PostAsJsonAsync(
            "/v1/sessions", new { email = "ada@example.org", password = "correct horse battery" }, Cancelled);
        using var lost = await reader.GetAsync($"/v1/users/{grace}", Cancelled);

        Assert.Equal("Ada", (string?)profile!["firstName"]);
        Assert.Equal(HttpStatusCode.Created, own.StatusCode);
        Assert.Equal(
            (500, "damaged"), ((int)lost.StatusCode, (string?)(await lost.Content.ReadFromJsonAsync<JsonObject>(Cancelled))!["code"]));
        Assert.Contains($"users.profile.v1/{ada} is damaged", again.Output, StringComparison.Ordinal);
        Assert.Contains($"users.profile.v1/{grace} and its stream is damaged", again.Output, StringComparison.Ordinal);
        Assert.Equal(0, await again.StopAsync(Cancelled));

        var verified = await _verbs.RunAsync("verify");
        Assert.Equal(2, verified.Code);
        Assert.Contains($"document users.profile.v1/{ada}: differs", verified.Output, StringComparison.Ordinal);
        Assert.Contains($"stream user-{grace}: its chain is broken", verified.Output, StringComparison.Ordinal);
        await _verbs.RunAsync("rebuild");
        Assert.DoesNotContain(ada, (await _verbs.RunAsync("verify")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_reaction_parks_an_event_that_cannot_be_read_and_goes_on()
    {
        using (var host = await _verbs.StartAsync())
        {
            await Verbs.RegisterAsync(host.Http, "ada@example.org");
            await Verbs.UploadAsync(host.Http, "ada@example.org");
            Assert.Equal(0, await host.StopAsync(Cancelled));
        }

        _verbs.Execute("""
            update events set data = x'7B' where type = (select id from types where name = 'media.photo-uploaded.v1');
            delete from documents where kind = 'kernel.follower.v1';
            """);
        using var again = await _verbs.StartAsync();
        await Verbs.UploadAsync(again.Http, "ada@example.org");

        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (_verbs.Read("select id from documents where kind = 'kernel.parked.v1' and id like 'media.make-variants/%'").Count == 0
            || _verbs.Read("select cast(version as text) from streams where name like 'photo-%' order by id desc limit 1") is not ["4"])
        {
            Assert.False(limit.IsCancellationRequested, again.Output);
            await Task.Delay(100, Cancelled);
        }
    }

    [Theory]
    [InlineData("events")]
    [InlineData("documents")]
    [InlineData("streams")]
    public async Task A_broken_page_ends_the_start_with_one_line_or_is_told_to_whom_it_concerns(string table)
    {
        await _verbs.LiveAsync();
        var page = long.Parse(
            _verbs.Read($"select cast(rootpage as text) from sqlite_schema where name = '{table}'")[0],
            System.Globalization.CultureInfo.InvariantCulture);
        await using (var file = File.OpenWrite(Path.Combine(_verbs.Folder, "data", "store.db")))
        {
            file.Position = (page - 1) * 4096;
            file.Write(new byte[4096].Select(_ => (byte)0xA5).ToArray());
        }

        using var host = HostProcess.Launch(_verbs.Folder, ["--Logging:LogLevel:Default=None"]);

        Assert.Equal(78, await host.ExitAsync(Cancelled));
        Assert.Contains("damaged", Assert.Single(host.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
    }

    private static async Task<HttpClient> SignInAsync(HostProcess host, string email)
    {
        await Verbs.RegisterAsync(host.Http, email);
        using var session = await host.Http.PostAsJsonAsync("/v1/sessions", new { email, password = "correct horse battery" }, Cancelled);
        var http = new HttpClient { BaseAddress = host.Address };
        http.DefaultRequestHeaders.Authorization = new System.Net.Http.Headers.AuthenticationHeaderValue(
            "Bearer", (string)(await session.Content.ReadFromJsonAsync<JsonObject>(Cancelled))!["token"]!);
        return http;
    }
}
