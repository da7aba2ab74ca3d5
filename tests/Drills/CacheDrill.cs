using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace Monolith.Drills;

/// <summary>
/// Kills the cache of two hosts while many read and some write: no user gets an error, none reads what was replaced, none waits much
/// longer.
/// </summary>
internal sealed class CacheDrill(int rounds) : Drill
{
    private const int Accounts = 8;
    private const int Readers = 8;
    private const double Slower = 3;

    private static readonly TimeSpan _phase = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan _recovery = TimeSpan.FromSeconds(30);

    private readonly ConcurrentBag<TimeSpan> _with = [];
    private readonly ConcurrentBag<TimeSpan> _without = [];
    private volatile ConcurrentBag<TimeSpan>? _now;
    private int _edits;

    protected override async Task RunAsync(Ledger ledger, CancellationToken cancellationToken)
    {
        if (RedisTestServer.Missing is { } missing)
        {
            throw new InvalidOperationException(missing);
        }

        await using var ground = await PostgresGround.StartAsync();
        await using var redis = await RedisTestServer.StartAsync();
        string[] settings =
            [.. ground.Settings, .. new[] { "Cache", "Sessions", "Throttling" }.Select(port => $"Adapters:{port}={redis.Url()}")];
        var hosts = await Task.WhenAll(
            Enumerable.Range(0, ground.Nodes).Select(_ => HostProcess.StartAsync(Folder, settings, cancellationToken)));
        try
        {
            for (var i = 0; i < Accounts; i++)
            {
                var visitor = new Visitor(ledger);
                await visitor.RegisterAsync(hosts[0].Http, cancellationToken);
                await visitor.LogInAsync(hosts[0].Http, cancellationToken);
            }

            using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var accounts = ledger.Accounts.ToList();
            var work = Enumerable.Range(0, Readers).Select(i => ReadAsync(ledger, hosts[i % hosts.Length].Http, accounts, end.Token))
                .Append(EditAsync(ledger, hosts, accounts[0], end.Token)).ToList();
            await Task.Delay(_phase, cancellationToken); // the first requests of a process are slower
            var recoveries = new List<TimeSpan>();
            for (var round = 0; round < rounds && ledger.Faults.Count == 0; round++)
            {
                _now = _with;
                await Task.Delay(_phase, cancellationToken);
                _now = _without;
                redis.Kill();
                await Task.Delay(_phase, cancellationToken);
                _now = null;
                await redis.RestartAsync();
                recoveries.Add(await HealthyAsync(hosts, cancellationToken));
            }

            await end.CancelAsync();
            await Task.WhenAll(work.Select(Visitor.EndAsync));
            var (before, after) = (Percentile99(_with), Percentile99(_without));
            if (after > before * Slower)
            {
                ledger.Fault(
                    $"The 99th percentile rose from {before.TotalMilliseconds:F1} to {after.TotalMilliseconds:F1} ms, above {Slower} "
                        + $"times");
            }

            Print($"""
                kills           {rounds}
                with it         {_with.Count} reads: {Sum(_with)}, p99 {before.TotalMilliseconds:F1} ms
                without it      {_without.Count} reads: {Sum(_without)}, p99 {after.TotalMilliseconds:F1} ms
                edits           {_edits}, each seen at once on the other host by a reader with its token
                used again      after {Sum(recoveries)}
                faults          {ledger.Faults.Count}
                """);
        }
        finally
        {
            Array.ForEach(hosts, h => h.Dispose());
        }
    }

    private async Task ReadAsync(Ledger ledger, HttpClient http, List<Account> accounts, CancellationToken cancellationToken)
    {
        while (true)
        {
            var reader = accounts[Random.Shared.Next(accounts.Count)];
            using var request = Request(reader, HttpMethod.Get, $"/v1/users/{accounts[Random.Shared.Next(accounts.Count)].Id}");
            var (start, bag) = (Stopwatch.GetTimestamp(), _now);
            using var answer = await http.SendAsync(request, cancellationToken);
            await RequireAsync(ledger, answer, "A read", cancellationToken);
            bag?.Add(Stopwatch.GetElapsedTime(start));
        }
    }

    private async Task EditAsync(Ledger ledger, HostProcess[] hosts, Account account, CancellationToken cancellationToken)
    {
        while (true)
        {
            _edits++; // The name at registration is 0, and an edit that changes nothing has no token.
            var (host, other) = _edits % 2 == 0 ? (hosts[0], hosts[1]) : (hosts[1], hosts[0]);
            using var look = Request(account, HttpMethod.Get, "/v1/users/me");
            using var seen = await host.Http.SendAsync(look, cancellationToken);
            await RequireAsync(ledger, seen, "A look before an edit", cancellationToken);
            using var edit = Request(account, HttpMethod.Patch, "/v1/users/me");
            edit.Headers.IfMatch.Add(seen.Headers.ETag!); // Every answer about a user has one.
            edit.Content = JsonContent.Create(new { firstName = $"{_edits}" });
            using var edited = await host.Http.SendAsync(edit, cancellationToken);
            await RequireAsync(ledger, edited, $"Edit {_edits}", cancellationToken);
            using var again = Request(account, HttpMethod.Get, $"/v1/users/{account.Id}");
            again.Headers.Add("Monolith-Token", edited.Headers.GetValues("Monolith-Token"));
            using var shown = await other.Http.SendAsync(again, cancellationToken);
            var name = (string?)(await shown.Content.ReadFromJsonAsync<JsonObject>(cancellationToken))?["firstName"];
            if (name != $"{_edits}")
            {
                ledger.Fault($"Edit {_edits} shows as {name} on the other host");
            }

            await Task.Delay(20, cancellationToken);
        }
    }

    private static async Task RequireAsync(Ledger ledger, HttpResponseMessage answer, string what, CancellationToken cancellationToken)
    {
        if (answer.StatusCode != HttpStatusCode.OK)
        {
            ledger.Fault($"{what} was answered with {(int)answer.StatusCode}: {await answer.Content.ReadAsStringAsync(cancellationToken)}");
            throw new InvalidOperationException($"{what} failed");
        }
    }

    private static async Task<TimeSpan> HealthyAsync(HostProcess[] hosts, CancellationToken cancellationToken)
    {
        var start = Stopwatch.GetTimestamp();
        foreach (var host in hosts)
        {
            while (
                !(
                    await host.Http.GetStringAsync("/health/ready", cancellationToken)).Contains("\"cache\":\"Healthy\"",
                    StringComparison.Ordinal))
            {
                if (Stopwatch.GetElapsedTime(start) > _recovery)
                {
                    throw new TimeoutException(
                        $"The cache was not used again within {_recovery.TotalSeconds} s; the host wrote:\n{host.Output}");
                }

                await Task.Delay(20, cancellationToken);
            }
        }

        return Stopwatch.GetElapsedTime(start);
    }

    private static HttpRequestMessage Request(Account account, HttpMethod method, string path) =>
        new(method, path) { Headers = { Authorization = new AuthenticationHeaderValue("Bearer", account.Token) } };

    private static TimeSpan Percentile99(ConcurrentBag<TimeSpan> durations)
    {
        var sorted = durations.Order().ToList();
        return sorted.Count == 0
            ? throw new InvalidOperationException("Nothing was read.")
            : sorted[(int)Math.Ceiling(0.99 * sorted.Count) - 1];
    }
}
