using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace Monolith.EndToEnd.Tests;

/// <summary>Several stores instead of one, by configuration alone.</summary>
public sealed class ShardTests : IDisposable
{
    private static readonly string[] _two = ["--Adapters:Store:a=sqlite:data/a.db", "--Adapters:Store:b=sqlite:data/b.db"];

    private readonly Verbs _verbs = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => _verbs.Dispose();

    [Fact]
    public async Task Holds_users_in_both_stores_finds_them_after_a_restart_and_stands_the_audit()
    {
        var ids = await RegisterAsync(12);

        using (var host = await HostProcess.StartAsync(_verbs.Folder, _two, Cancelled))
        {
            foreach (var (email, id) in ids)
            {
                await LogInAsync(host.Http, email, id);
            }

            Assert.Equal(0, await host.StopAsync(Cancelled));
        }

        var (code, output) = await _verbs.RunAsync(["verify", .. _two]);
        Assert.Equal(0, code);
        Assert.StartsWith("0 findings in ", Verbs.LastLine(output), StringComparison.Ordinal);
        Assert.Equal(2, ids.Select(i => Buckets(i.Id) < 2048).Distinct().Count());
    }

    [Fact]
    public async Task A_third_store_joins_under_any_name_and_tokens_and_stored_answers_go_on_naming_the_right_shard()
    {
        string[] two = ["--Adapters:Store:b=sqlite:data/b.db", "--Adapters:Store:c=sqlite:data/c.db"];
        string[] three = ["--Adapters:Store:a=sqlite:data/a.db", .. two];
        var people = new List<Person>();
        using (var host = await HostProcess.StartAsync(_verbs.Folder, two, Cancelled))
        {
            for (var i = 0; i < 12; i++)
            {
                people.Add(await Person.JoinAsync(host.Http, $"user{i}@example.org"));
            }

            Assert.Equal(0, await host.StopAsync(Cancelled));
        }

        using (var host = await HostProcess.StartAsync(_verbs.Folder, three, Cancelled))
        {
            foreach (var person in people)
            {
                Assert.Equal(Buckets(person.Id) < 2048 ? "0" : "1", person.Token.Split(':')[0]); // b and c, whatever joins
                await person.ReadsItsOwnWriteAsync(host.Http);
                await person.HearsTheSameAnswerAsync(host.Http);
                await person.RenamesInTheSameLogAsync(host.Http);
            }

            Assert.Equal(0, await host.StopAsync(Cancelled));
        }

        Assert.Equal(["0", "1"], people.Select(p => p.Token.Split(':')[0]).Distinct().Order());
        var (code, output) = await _verbs.RunAsync(["verify", .. three]);
        Assert.Equal((0, true), (code, Verbs.LastLine(output).StartsWith("0 findings in ", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_store_that_was_alone_gets_a_name_when_another_joins()
    {
        await _verbs.LiveAsync();
        string[] named = ["--Adapters:Store:old=sqlite:data/store.db", "--Adapters:Store:extra=sqlite:data/extra.db"];

        using (var host = await HostProcess.StartAsync(_verbs.Folder, named, Cancelled))
        {
            await Verbs.UploadAsync(host.Http, "ada@example.org"); // who registered before
            Assert.Equal(0, await host.StopAsync(Cancelled));
        }

        Assert.Equal(0, (await _verbs.RunAsync(["verify", .. named])).Code);
    }

    [Theory]
    [InlineData("shard 1, which was called b, holds buckets, and none of the configured stores is it", "a=sqlite:data/a.db")]
    [InlineData(
        "shard 1, which was called b, holds buckets, and none of the configured stores is it", "a=sqlite:data/a.db",
        "b=sqlite:data/new.db")]
    [InlineData("b and c both say that they are shard 1", "a=sqlite:data/a.db", "b=sqlite:data/b.db", "c=sqlite:data/copy.db")]
    [InlineData("b belongs to another deployment than a", "a=sqlite:data/a.db", "b=sqlite:data/store.db")]
    public async Task Refuses_stores_that_are_missing_doubled_or_from_elsewhere_in_one_line(string line, params string[] stores)
    {
        await RegisterAsync(12);
        await _verbs.LiveAsync(); // a deployment with one store, beside the other
        File.Copy(Path.Combine(_verbs.Folder, "data", "b.db"), Path.Combine(_verbs.Folder, "data", "copy.db"));

        using var refused = HostProcess.Launch(_verbs.Folder, [.. stores.Select(s => $"--Adapters:Store:{s}")]);

        Assert.Equal(78, await refused.ExitAsync(Cancelled));
        var said = Assert.Single(refused.Output.Split('\n'), l => l.StartsWith("Adapters:", StringComparison.Ordinal));
        Assert.Contains(line, said, StringComparison.Ordinal);
    }

    private static int Buckets(string id) => Convert.ToInt32(id.Substring(15, 3), 16);

    private async Task<List<(string Email, string Id)>> RegisterAsync(int count)
    {
        using var host = await HostProcess.StartAsync(_verbs.Folder, _two, Cancelled);
        var ids = new List<(string, string)>();
        for (var i = 0; i < count; i++)
        {
            ids.Add(($"user{i}@example.org", await Verbs.RegisterAsync(host.Http, $"user{i}@example.org")));
        }

        Assert.Equal(0, await host.StopAsync(Cancelled));
        return ids;
    }

    private static async Task LogInAsync(HttpClient http, string email, string id)
    {
        using var session = await http.PostAsJsonAsync("/v1/sessions", new { email, password = "correct horse battery" }, Cancelled);
        var token = (string)(await session.Content.ReadFromJsonAsync<JsonObject>(Cancelled))!["token"]!;
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/users/me") { Headers = { Authorization = new("Bearer", token) } };
        using var me = await http.SendAsync(request, Cancelled);
        Assert.Equal(HttpStatusCode.OK, me.StatusCode);
        Assert.Equal(id, (string)(await me.Content.ReadFromJsonAsync<JsonObject>(Cancelled))!["id"]!);
    }

    /// <summary>A user who registered, logged in and changed a name under an idempotency key.</summary>
    private sealed record Person(string Id, string Bearer, string Key, string Token, string Answer)
    {
        public static async Task<Person> JoinAsync(HttpClient http, string email)
        {
            var id = await Verbs.RegisterAsync(http, email);
            using var session = await http.PostAsJsonAsync("/v1/sessions", new { email, password = "correct horse battery" }, Cancelled);
            var bearer = (string)(await session.Content.ReadFromJsonAsync<JsonObject>(Cancelled))!["token"]!;
            var person = new Person(id, bearer, $"key-{id}", "", "");
            using var renamed = await person.RenameAsync(http, person.Key, "\"1\"", "Grace");
            Assert.Equal(HttpStatusCode.OK, renamed.StatusCode);
            return person with { Token = TokenOf(renamed), Answer = await renamed.Content.ReadAsStringAsync(Cancelled) };
        }

        public async Task ReadsItsOwnWriteAsync(HttpClient http)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/users/me");
            request.Headers.Authorization = new("Bearer", Bearer);
            request.Headers.Add("Monolith-Token", Token);
            using var me = await http.SendAsync(request, Cancelled);
            Assert.Equal(HttpStatusCode.OK, me.StatusCode);
            Assert.Equal("Grace", (string)(await me.Content.ReadFromJsonAsync<JsonObject>(Cancelled))!["firstName"]!);
        }

        public async Task HearsTheSameAnswerAsync(HttpClient http)
        {
            using var again = await RenameAsync(http, Key, "\"1\"", "Grace");
            Assert.True(again.Headers.Contains("Idempotent-Replayed"));
            Assert.Equal((Token, Answer), (TokenOf(again), await again.Content.ReadAsStringAsync(Cancelled)));
        }

        public async Task RenamesInTheSameLogAsync(HttpClient http)
        {
            using var renamed = await RenameAsync(http, $"{Key}-2", "*", "Ada");
            Assert.Equal(Token.Split(':')[0], TokenOf(renamed).Split(':')[0]);
        }

        private static string TokenOf(HttpResponseMessage response) => Assert.Single(response.Headers.GetValues("Monolith-Token"));

        private Task<HttpResponseMessage> RenameAsync(HttpClient http, string key, string version, string firstName)
        {
            var request = new HttpRequestMessage(HttpMethod.Patch, "/v1/users/me") { Content = JsonContent.Create(new { firstName }) };
            request.Headers.Authorization = new("Bearer", Bearer);
            request.Headers.Add("Idempotency-Key", key);
            request.Headers.TryAddWithoutValidation("If-Match", version);
            return http.SendAsync(request, Cancelled);
        }
    }
}
