using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace Monolith.EndToEnd.Tests;

/// <summary>Real hosts that make reports, on a real PostgreSQL.</summary>
public sealed class ReportTests : IAsyncLifetime
{
    private const string Usage = "/v1/admin/reports/usage";
    private const string Password = "correct horse battery";

    // A lease is 30 s long, and a machine under load must not fail the test.
    private static readonly TimeSpan _limit = TimeSpan.FromMinutes(3);

    private readonly string _folder = Directory.CreateTempSubdirectory("monolith-").FullName;
    private PostgresTestServer _server = null!; // Set before each test.

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(PostgresTestServer.Missing is not null, PostgresTestServer.Missing ?? "");
        _server = await PostgresTestServer.StartAsync();
        foreach (var database in new[] { "a", "b" })
        {
            await _server.ExecuteAsync("postgres", $"create database {database} owner {PostgresTestServer.User}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Shows_by_week_what_users_of_two_shards_did_and_nothing_of_one_who_is_erased()
    {
        using var host = await StartAsync("web,worker");
        var admin = await AdminAsync(host);
        var members = new List<Person>();
        while (members.Count < 12 || members.Select(m => m.Shard).Distinct().Count() < 2)
        {
            members.Add(await JoinAsync(host, $"user{members.Count}@example.org"));
        }

        var (me, other) = (members[0], members.First(m => m.Shard != members[0].Shard));
        var photo = SmallJpeg.Make(Random.Shared);
        var address = await UploadAsync(host, me, photo);
        await UploadAsync(host, me, photo);
        using (var deleted = await SendAsync(host, me, HttpMethod.Delete, address))
        {
            Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        }

        var mine = await FindAsync(admin, me, u => Sum(u, "deletions") == 1);
        var theirs = await FindAsync(admin, other, u => Sum(u, "logIns") == 1);
        Assert.Equal(
            (1, 1, 2, 1, 2L * photo.Length, photo.Length),
            (Sum(mine, "activeDays"), Sum(mine, "logIns"), Sum(mine, "uploads"), Sum(mine, "deletions"), Sum(mine, "uploadedBytes"),
                (int)mine["storedBytes"]!));
        Assert.Equal((1, 0, 0), (Sum(theirs, "activeDays"), Sum(theirs, "uploads"), (int)theirs["storedBytes"]!));
        Assert.Equal(DayOfWeek.Monday, DateOnly.Parse((string)mine["weeks"]![0]!["week"]!, null).DayOfWeek);
        Assert.Equal(members.Count + 1, (await PagesAsync(admin, "?limit=5")).Count);
        Assert.Empty(await PagesAsync(admin, "?to=2020-01-01"));

        using (var erased = await SendAsync(host, me, HttpMethod.Delete, "/v1/users/me", new { currentPassword = Password }))
        {
            Assert.Equal(HttpStatusCode.NoContent, erased.StatusCode);
        }

        await GoneAsync(admin, me);
        await CaughtUpAsync(admin); // The deletion of the photo, which comes after.
        using (var rebuilding = await admin.PostAsync("/v1/admin/reports/usage/rebuild", null, Cancelled))
        {
            Assert.Equal(HttpStatusCode.Accepted, rebuilding.StatusCode);
        }

        await CaughtUpAsync(admin);
        var all = await PagesAsync(admin, "");
        Assert.Equal(members.Count, all.Count);
        Assert.DoesNotContain(all, u => (string?)u["userId"] == me.Id);
        var kept = await Task.WhenAll(new[] { "a", "b" }.Select(database => _server.ReadAsync(
            database, $"select count(*) from reports_usage.mt_doc_userusage d where d::text like '%{me.Id}%'")));
        Assert.Equal(["0", "0"], kept);
        Assert.Equal(0, await host.StopAsync(Cancelled));
    }

    [Fact]
    public async Task Another_worker_goes_on_with_a_report_when_the_one_that_runs_it_is_killed()
    {
        using var web = await StartAsync("web");
        var admin = await AdminAsync(web);
        using var first = await StartAsync("worker");
        await FindAsync(admin, await JoinAsync(web, "first@example.org"), _ => true);
        using var second = await StartAsync("worker");
        first.Kill();

        await FindAsync(admin, await JoinAsync(web, "second@example.org"), _ => true);

        var health = await web.Http.GetFromJsonAsync<JsonObject>("/health/ready", Cancelled);
        Assert.Equal("Healthy", (string?)health!["checks"]!["reports"]);
        Assert.Equal(0, await second.StopAsync(Cancelled));
    }

    [Fact]
    public async Task Is_refused_in_one_line_beside_a_store_that_nothing_can_stand_beside()
    {
        using var starting = HostProcess.Launch(_folder, ["Adapters:Reports=marten:"]);

        Assert.Equal(78, await starting.ExitAsync(Cancelled));
        Assert.Contains(
            "Adapters:Reports: \"marten:\" needs a store on postgres, and the store is sqlite", starting.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Migrates_by_the_verb_where_a_start_may_not()
    {
        string[] settings = [$"Adapters:Store={_server.Url("a", "?migrate=false")}", "Adapters:Reports=marten:"];
        using (var migrating = HostProcess.Run(_folder, ["migrate", .. settings]))
        {
            Assert.Equal(0, await migrating.ExitAsync(Cancelled));
            Assert.Contains("reports main: reports 0001_log-9", migrating.Output, StringComparison.Ordinal);
            Assert.Contains("reports main: reports_usage.mt_doc_userusage", migrating.Output, StringComparison.Ordinal);
        }

        using var host = await HostProcess.StartAsync(_folder, settings, Cancelled);
        using var again = HostProcess.Run(_folder, ["migrate", .. settings]);
        Assert.Equal(0, await again.ExitAsync(Cancelled));
        Assert.Contains("reports main: nothing to change", again.Output, StringComparison.Ordinal);
    }

    private Task<HostProcess> StartAsync(string roles) => HostProcess.StartAsync(
        _folder,
        [$"Adapters:Store:a={_server.Url("a")}", $"Adapters:Store:b={_server.Url("b")}", "Adapters:Reports=marten:", $"Roles={roles}"],
        Cancelled);

    private static async Task<HttpClient> AdminAsync(HostProcess host)
    {
        var admin = await JoinAsync(host, "admin@example.org");
        var http = new HttpClient { BaseAddress = host.Address };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", admin.Token);
        var link = host.Output.Split("token=")[1].Split('\n')[0].Trim();
        using var accepted = await http.PostAsJsonAsync("/v1/admin/invitation", new { token = link }, Cancelled);
        accepted.EnsureSuccessStatusCode();
        return http;
    }

    private static async Task<Person> JoinAsync(HostProcess host, string email)
    {
        var account = new { email, password = Password, firstName = "Ada", lastName = "Lovelace" };
        using var registered = await host.Http.PostAsJsonAsync("/v1/users", account, Cancelled);
        registered.EnsureSuccessStatusCode();
        var id = (string)(await registered.Content.ReadFromJsonAsync<JsonObject>(Cancelled))!["id"]!;
        using var session = await host.Http.PostAsJsonAsync("/v1/sessions", new { email, password = Password }, Cancelled);
        var token = (string)(await session.Content.ReadFromJsonAsync<JsonObject>(Cancelled))!["token"]!;
        return new Person(id, token, registered.Headers.GetValues("Monolith-Token").Single().Split(':')[0]);
    }

    private static async Task<string> UploadAsync(HostProcess host, Person person, byte[] photo)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/media") { Content = new ByteArrayContent(photo) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", person.Token);
        using var accepted = await host.Http.SendAsync(request, Cancelled);
        return accepted.EnsureSuccessStatusCode().Headers.Location!.ToString(); // A 202 has one.
    }

    private static async Task<HttpResponseMessage> SendAsync(
        HostProcess host, Person person, HttpMethod method, string path, object? body = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", person.Token);
        return await host.Http.SendAsync(request, Cancelled);
    }

    private static Task<JsonObject> FindAsync(HttpClient admin, Person person, Func<JsonObject, bool> isComplete) => UntilAsync(
        async () => (await PagesAsync(admin, $"?user={person.Id}")) is [var found] && isComplete(found) ? found : null);

    private static Task<string> GoneAsync(HttpClient admin, Person person) =>
        UntilAsync(async () => (await PagesAsync(admin, $"?user={person.Id}")).Count == 0 ? "gone" : null);

    private static Task<string> CaughtUpAsync(HttpClient admin) => UntilAsync(async () =>
        (await admin.GetFromJsonAsync<JsonArray>("/v1/admin/reports", Cancelled))!.All(
            s => (long)s!["position"]! == (long)s["head"]! && !(bool)s["isRebuilding"]!)
            ? "caught up"
            : null);

    private static async Task<List<JsonObject>> PagesAsync(HttpClient admin, string query)
    {
        var items = new List<JsonObject>();
        for (string? cursor = null; ;)
        {
            var more = cursor is null ? "" : $"{(query.Length == 0 ? "?" : "&")}cursor={Uri.EscapeDataString(cursor)}";
            var page = (await admin.GetFromJsonAsync<JsonObject>($"{Usage}{query}{more}", Cancelled))!;
            items.AddRange(page["items"]!.AsArray().Select(i => i!.AsObject()));
            if ((cursor = (string?)page["next"]) is null)
            {
                return items;
            }
        }
    }

    private static long Sum(JsonObject user, string figure) => user["weeks"]!.AsArray().Sum(w => (long)w![figure]!);

    private static async Task<T> UntilAsync<T>(Func<Task<T?>> probe)
        where T : class
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        limit.CancelAfter(_limit);
        while (true)
        {
            if (await probe() is { } found)
            {
                return found;
            }

            await Task.Delay(100, limit.Token);
        }
    }

    private sealed record Person(string Id, string Token, string Shard);
}
