using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Monolith.EndToEnd.Tests;

/// <summary>Several nodes behind the balancers of <c>deploy/</c>.</summary>
public sealed partial class BalancerTests(Fleet fleet) : IClassFixture<Fleet>
{
    private const string Password = "correct horse battery";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Four_nodes_that_start_for_the_first_time_at_once_are_one_deployment()
    {
        var web = fleet.Behind("haproxy").Http;
        var (_, token) = await JoinAsync(web);

        foreach (var node in fleet.Nodes)
        {
            Assert.Equal(HttpStatusCode.OK, await StatusAsync(node.Http, token));
        }

        // One key for forms: with two, a node would refuse the forms of the other.
        await fleet.Postgres!.ExecuteAsync("monolith", """
            do $$ begin
                assert (select count(*) from monolith.documents where kind = 'host.protection-key.v1') = 1;
            end $$
            """); // Behind() skips where there is none.
    }

    [Fact]
    public async Task A_session_that_ended_on_one_node_works_on_no_other_a_second_later()
    {
        _ = fleet.Behind("haproxy"); // Skips where there are no nodes.
        var (here, there) = (fleet.Nodes[0].Http, fleet.Nodes[1].Http);
        for (var i = 0; i < 5; i++)
        {
            var (_, token) = await JoinAsync(here);
            await Eventually.IsSoAsync(async () => await StatusAsync(there, token) == HttpStatusCode.OK); // It is remembered from now on.

            using var end = Authorized(HttpMethod.Delete, token, "/v1/sessions/current");
            using var ended = await here.SendAsync(end, Cancelled);
            Assert.Equal(HttpStatusCode.NoContent, ended.StatusCode);

            // A promise about time: no request that begins later than this is served, however slow the machine is.
            var since = Stopwatch.StartNew();
            for (var began = since.Elapsed; await StatusAsync(there, token) != HttpStatusCode.Unauthorized; began = since.Elapsed)
            {
                Assert.True(began <= TimeSpan.FromSeconds(1), $"served {began} after the session had ended");
            }
        }
    }

    [Theory]
    [InlineData("haproxy")]
    [InlineData("nginx")]
    public async Task Every_node_serves_every_user(string product)
    {
        var web = fleet.Behind(product).Http;
        var (_, token) = await JoinAsync(web);
        var before = await Task.WhenAll(fleet.Nodes.Take(2).Select(ServedAsync));

        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(HttpStatusCode.OK, await StatusAsync(web, token));
        }

        var after = await Task.WhenAll(fleet.Nodes.Take(2).Select(ServedAsync));
        Assert.All(before.Zip(after), node => Assert.True(node.Second > node.First, $"{node.First} requests before, {node.Second} after"));
        Assert.Equal(before.Sum() + 20, after.Sum());
    }

    [Theory]
    [InlineData("haproxy", 11)]
    [InlineData("nginx", 31)]
    public async Task Nodes_see_the_client_and_believe_nothing_that_it_says_of_itself(string product, int network)
    {
        var address = fleet.Behind(product).Http.BaseAddress!; // It has one.
        var (email, _) = await JoinAsync(fleet.Behind(product).Http);
        using var busy = From($"127.0.{network}.1", address);
        using var other = From($"127.0.{network + 1}.1", address);

        var last = HttpStatusCode.OK;
        for (var i = 0; last != HttpStatusCode.TooManyRequests; i++)
        {
            Assert.True(i < 300, "Never slowed down: its network was taken for many.");
            using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/users") { Content = Registration(email) };
            request.Headers.Add("X-Forwarded-For", $"198.51.{i}.7");
            using var taken = await busy.SendAsync(request, Cancelled);
            last = taken.StatusCode;
        }

        for (var i = 0; i < 2; i++)
        {
            using var spared = await other.PostAsync("/v1/users", Registration(email), Cancelled);
            Assert.Equal(HttpStatusCode.Conflict, spared.StatusCode);
        }
    }

    [Theory]
    [InlineData("haproxy")]
    [InlineData("nginx")]
    public async Task Nodes_are_replaced_in_turn_and_no_user_is_refused_or_signed_out(string product)
    {
        var web = fleet.Behind(product).Http;
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        var faults = new List<string>();
        var visits = new List<Task<int>>();
        for (var i = 0; i < 4; i++)
        {
            var (_, token) = await JoinAsync(web);
            visits.Add(VisitAsync(web, token, faults, end.Token));
        }

        for (var node = 0; node < 2; node++)
        {
            var slow = new[] { await SlowAsync(web), await SlowAsync(web) }; // one on each node, as the less busy is chosen
            var replacing = fleet.ReplaceAsync(node, Cancelled);
            await UntilDrainingAsync(node);
            await Task.Delay(TimeSpan.FromSeconds(2.5), Cancelled); // until HAProxy has noticed: what is under way must outlive that
            Assert.Equal(["HTTP/1.1 201", "HTTP/1.1 201"], await Task.WhenAll(slow.Select(s => s.FinishAsync())));
            Assert.Equal(0, await replacing);
            await UntilServesAsync(node, web);
        }

        await end.CancelAsync();
        var served = await Task.WhenAll(visits);
        Assert.Empty(faults);
        Assert.All(served, count => Assert.True(count > 20, $"only {count} visits"));
    }

    private static async Task<int> VisitAsync(HttpClient web, string token, List<string> faults, CancellationToken end)
    {
        var count = 0;
        for (; !end.IsCancellationRequested; count++)
        {
            await SendAsync(web, () => Authorized(HttpMethod.Get, token), tries: 1, faults);
            await SendAsync(web, () => Rename(token, count), tries: 2, faults);
            await Task.Delay(20, Cancelled);
        }

        return count;
    }

    // A write that was not answered is repeated by the client, under its key: a balancer must not.
    private static async Task SendAsync(HttpClient web, Func<HttpRequestMessage> make, int tries, List<string> faults)
    {
        for (var left = tries - 1; ; left--)
        {
            using var request = make();
            using var answer = await web.SendAsync(request, Cancelled);
            if (answer.IsSuccessStatusCode)
            {
                return;
            }

            TestContext.Current.TestOutputHelper?.WriteLine($"{request.Method} {(int)answer.StatusCode}");
            if (left == 0 || answer.StatusCode != HttpStatusCode.BadGateway)
            {
                lock (faults)
                {
                    faults.Add($"{request.Method} {(int)answer.StatusCode}");
                }

                return;
            }
        }
    }

    private static HttpRequestMessage Rename(string token, int count)
    {
        var request = Authorized(HttpMethod.Patch, token);
        request.Content = JsonContent.Create(new { firstName = $"Ada {count}" });
        request.Headers.TryAddWithoutValidation("If-Match", "*");
        request.Headers.TryAddWithoutValidation("Idempotency-Key", $"{count}");
        return request;
    }

    private async Task UntilDrainingAsync(int node)
    {
        while (true)
        {
            using var ready = await fleet.Nodes[node].Http.GetAsync("/health/ready", Cancelled);
            if (ready.StatusCode == HttpStatusCode.ServiceUnavailable)
            {
                return;
            }
        }
    }

    private async Task UntilServesAsync(int node, HttpClient web)
    {
        var (before, tries) = (await ServedAsync(fleet.Nodes[node]), 0);
        for (var (_, token) = await JoinAsync(web); await ServedAsync(fleet.Nodes[node]) == before; tries++)
        {
            Assert.True(tries < 300, "The balancer does not come back to the node.");
            await StatusAsync(web, token);
            await Task.Delay(50, Cancelled);
        }
    }

    private static async Task<long> ServedAsync(HostProcess node)
    {
        var metrics = await node.Http.GetStringAsync("/metrics", Cancelled);
        return Served().Matches(metrics).Sum(m => long.Parse(m.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture));
    }

    private static async Task<HttpStatusCode> StatusAsync(HttpClient http, string token)
    {
        using var request = Authorized(HttpMethod.Get, token, "/v1/sessions/current");
        using var answer = await http.SendAsync(request, Cancelled);
        return answer.StatusCode;
    }

    private static HttpRequestMessage Authorized(HttpMethod method, string token, string path = "/v1/users/me") =>
        new(method, path) { Headers = { Authorization = new AuthenticationHeaderValue("Bearer", token) } };

    private static async Task<(string Email, string Token)> JoinAsync(HttpClient http)
    {
        var email = NewEmail();
        using var registered = await http.PostAsync("/v1/users", Registration(email), Cancelled);
        registered.EnsureSuccessStatusCode();
        using var session = await http.PostAsJsonAsync("/v1/sessions", new { email, password = Password }, Cancelled);
        return (email, (string)(await session.Content.ReadFromJsonAsync<JsonObject>(Cancelled))!["token"]!);
    }

    private static string NewEmail() => $"{Guid.CreateVersion7(TimeProvider.System.GetUtcNow()):N}@example.org";

    private static JsonContent Registration(string email) =>
        JsonContent.Create(new { email, password = Password, firstName = "Ada", lastName = "Lovelace" });

    private static HttpClient From(string client, Uri address) => new(new SocketsHttpHandler
    {
        ConnectCallback = async (context, cancellationToken) =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(IPAddress.Parse(client), 0));
            await socket.ConnectAsync(IPAddress.Loopback, context.DnsEndPoint.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        },
    })
    { BaseAddress = address };

    /// <summary>Begins a registration whose end comes later.</summary>
    private static async Task<SlowRequest> SlowAsync(HttpClient web)
    {
        var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", web.BaseAddress!.Port, Cancelled); // It has one.
        var body = await Registration(NewEmail()).ReadAsStringAsync(Cancelled);
        var head =
            $"POST /v1/users HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: "
                + $"{body.Length}\r\n\r\n";
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(head + body[..50]), Cancelled);
        return new SlowRequest(client, body[50..]);
    }

    private sealed record SlowRequest(TcpClient Client, string Rest)
    {
        /// <returns>The beginning of the status line.</returns>
        public async Task<string> FinishAsync()
        {
            using var client = Client;
            await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(Rest), Cancelled);
            using var answer = new StreamReader(client.GetStream());
            return (await answer.ReadLineAsync(Cancelled))?[..12] ?? "nothing";
        }
    }

    [GeneratedRegex(@"http_server_request_duration_seconds_count\{[^}]*http_route=""/v1/sessions/current""[^}]*\} (\d+)")]
    private static partial Regex Served();
}
