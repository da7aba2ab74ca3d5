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
        Assert.StartsWith("0 findings in ", output, StringComparison.Ordinal);
        Assert.Equal(2, ids.Select(i => Buckets(i.Id) < 2048).Distinct().Count());
    }

    [Theory]
    [InlineData("a, b, c, and this deployment was spread over a, b", "a=sqlite:data/a.db", "b=sqlite:data/b.db", "c=sqlite:data/c.db")]
    [InlineData("what the configuration calls a is the store of b", "a=sqlite:data/b.db", "b=sqlite:data/a.db")]
    [InlineData("spread over one store at its first start", "a=sqlite:data/store.db", "b=sqlite:data/new.db")]
    public async Task Refuses_other_stores_than_those_of_the_first_start_in_one_line(string line, params string[] stores)
    {
        await RegisterAsync(1);
        await _verbs.LiveAsync(); // a deployment with one store, beside the other

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
}
