using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace Monolith.Drills;

/// <summary>
/// Kills the edge while many read: soon no reader is sent there any more, none gets an error after that, and it is used again when it has
/// proved itself.
/// </summary>
internal sealed class EdgeDrill(int rounds) : Drill
{
    private const int Photos = 6;
    private const int Readers = 8;
    private const int Rise = 3;

    // The promise of docs/ladder/r5-cdn.md.
    private static readonly TimeSpan _promise = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan _interval = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan _calm = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan _longest = TimeSpan.FromSeconds(60);

    private readonly ConcurrentQueue<Read> _reads = new();
    private volatile Read? _last;
    private volatile bool _isUnavailable;

    protected override async Task RunAsync(Ledger ledger, CancellationToken cancellationToken)
    {
        if (VarnishTestServer.Missing is { } missing)
        {
            throw new InvalidOperationException(missing);
        }

        var port = FreePort.Next();
        await using var varnish = await VarnishTestServer.StartAsync(port);
        string[] settings = [$"Adapters:Edge={varnish.Url($"&url={varnish.Address.GetLeftPart(UriPartial.Authority)}")}"];
        using var host = await HostProcess.StartAsync(Folder, settings, cancellationToken, port);
        var account = await UploadAsync(ledger, host, cancellationToken);
        await IsHealthyAsync(host, cancellationToken);

        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var readers = Enumerable.Range(0, Readers).Select(_ => ReadAsync(ledger, host, account, end.Token)).ToList();
        var (lost, back) = (new List<TimeSpan>(), new List<TimeSpan>());
        await Task.Delay(_calm, cancellationToken);
        for (var round = 0; round < rounds && ledger.Faults.Count == 0; round++)
        {
            _isUnavailable = true;
            varnish.Kill();
            var killed = Stopwatch.GetTimestamp();
            await UntilAsync(() => _last is { WasAtEdge: false }, "Readers are still sent to the edge", cancellationToken);
            lost.Add(Stopwatch.GetElapsedTime(killed));
            await Task.Delay(_calm, cancellationToken);

            // Who was told an address before has asked for it by now.
            var late = _reads.Count(
                r => r.Fault is not null && Stopwatch.GetElapsedTime(killed, r.Told) > lost[^1] + TimeSpan.FromSeconds(1));
            Require(ledger, lost[^1] <= _promise, $"Readers were sent to the lost edge for {lost[^1].TotalSeconds:F1} s");
            Require(ledger, late == 0, $"{late} reads failed though no reader should have been sent to the edge any more");

            await varnish.RestartAsync();
            var returned = Stopwatch.GetTimestamp();
            await UntilAsync(() => _last is { WasAtEdge: true }, "The edge is not used again", cancellationToken);
            back.Add(Stopwatch.GetElapsedTime(returned));
            Require(
                ledger, back[^1] >= _interval * (Rise - 1),
                $"The edge was used again after {back[^1].TotalSeconds:F1} s, before it had given {Rise} good answers");
            _isUnavailable = false;
            await Task.Delay(_calm, cancellationToken);
        }

        await end.CancelAsync();
        await Task.WhenAll(readers.Select(Visitor.EndAsync));
        await IsHealthyAsync(host, cancellationToken);
        Require(ledger, await host.StopAsync(cancellationToken) == 0, "The host did not end with 0");
        Print($"""
            kills           {rounds}
            reads           {_reads.Count}, {_reads.Count(r => r.WasAtEdge)} of them at the edge
            at the edge     {Sum(_reads.Where(r => r is { Fault: null, WasAtEdge: true }).Select(r => r.Took))}
            at the origin   {Sum(_reads.Where(r => r is { Fault: null, WasAtEdge: false }).Select(r => r.Took))}
            refused         {_reads.Count(r => r.Fault is not null)} by the dead edge, before its loss was noticed; none after
            left            after {Sum(lost)}
            used again      after {Sum(back)}
            faults          {ledger.Faults.Count}
            """);
    }

    private static async Task<Account> UploadAsync(Ledger ledger, HostProcess host, CancellationToken cancellationToken)
    {
        var visitor = new Visitor(ledger);
        await visitor.RegisterAsync(host.Http, cancellationToken);
        await visitor.LogInAsync(host.Http, cancellationToken);
        for (var i = 0; i < Photos; i++)
        {
            await visitor.UploadAsync(host.Http, cancellationToken);
        }

        return ledger.Accounts.Single();
    }

    // As an application does: it asks us for the photo, and the host that we name for the picture.
    private async Task ReadAsync(Ledger ledger, HostProcess host, Account account, CancellationToken cancellationToken)
    {
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
        var photos = account.Photos.ToList();
        while (true)
        {
            using var request = Visitor.Request(account, HttpMethod.Get, $"/v1/media/{photos[Random.Shared.Next(photos.Count)]}", null);
            using var answer = await host.Http.SendAsync(request, cancellationToken);
            Require(ledger, answer.StatusCode == HttpStatusCode.OK, $"A photo was answered with {(int)answer.StatusCode}");
            var view = await answer.Content.ReadFromJsonAsync<JsonObject>(cancellationToken);
            var variants = view!["variants"]!.AsArray().Select(v => (string?)v!["url"]).OfType<string>().ToList(); // A photo has both.
            if (variants.Count > 0)
            {
                var url = new Uri(host.Address, variants[Random.Shared.Next(variants.Count)]);
                await FetchAsync(ledger, client, url, url.Authority != host.Address.Authority, cancellationToken);
            }

            await Task.Delay(Random.Shared.Next(40), cancellationToken);
        }
    }

    private async Task FetchAsync(Ledger ledger, HttpClient client, Uri url, bool isAtEdge, CancellationToken cancellationToken)
    {
        var told = Stopwatch.GetTimestamp();
        string? fault = null;
        try
        {
            using var picture = await client.GetAsync(url, cancellationToken);
            await picture.Content.ReadAsByteArrayAsync(cancellationToken);
            fault = picture.StatusCode == HttpStatusCode.OK ? null : $"{(int)picture.StatusCode}";
        }
        catch (Exception e) when (e is HttpRequestException or IOException
            || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            fault = e.Message;
        }

        _last = new Read(told, isAtEdge, fault, Stopwatch.GetElapsedTime(told));
        _reads.Enqueue(_last);
        if (fault is not null && (!_isUnavailable || !isAtEdge))
        {
            ledger.Fault($"A reader was refused {(isAtEdge ? "by an edge that is there" : "at the origin")}: {fault}");
        }
    }

    private static async Task IsHealthyAsync(HostProcess host, CancellationToken cancellationToken)
    {
        var start = Stopwatch.GetTimestamp();
        while (
            !(
                await host.Http.GetStringAsync("/health/ready", cancellationToken)).Contains("\"edge\":\"Healthy\"",
                StringComparison.Ordinal))
        {
            await PauseAsync(start, "The edge is not healthy", cancellationToken);
        }
    }

    private static async Task UntilAsync(Func<bool> isSo, string otherwise, CancellationToken cancellationToken)
    {
        for (var start = Stopwatch.GetTimestamp(); !isSo();)
        {
            await PauseAsync(start, otherwise, cancellationToken);
        }
    }

    private static Task PauseAsync(long start, string otherwise, CancellationToken cancellationToken) =>
        Stopwatch.GetElapsedTime(start) < _longest
        ? Task.Delay(10, cancellationToken)
        : throw new TimeoutException($"{otherwise} after {_longest.TotalSeconds} s");

    /// <param name="Told">When we named the address.</param>
    /// <param name="WasAtEdge">Whether it was one at the edge.</param>
    /// <param name="Fault">What went wrong there; null when nothing did.</param>
    /// <param name="Took">Until the picture was there.</param>
    private sealed record Read(long Told, bool WasAtEdge, string? Fault, TimeSpan Took);
}
