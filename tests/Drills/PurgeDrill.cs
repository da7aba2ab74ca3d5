using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace Monolith.Drills;

/// <summary>
/// Keeps the edge from being told what to forget, while photos are shown and deleted: nothing is shown for longer than was promised, and no
/// purge is lost.
/// </summary>
internal sealed class PurgeDrill(TimeSpan away) : Drill
{
    private const int Visitors = 2;
    private const int LongestPause = 3000; // milliseconds between two photos

    // s-maxage, and for how long Varnish shows what it asks for behind.
    private static readonly TimeSpan _keep = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan _grace = TimeSpan.FromSeconds(2);

    // From the deletion's acknowledgement to the files being gone, and how exactly we look.
    private static readonly TimeSpan _leeway = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan _calm = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan _longestDrain = TimeSpan.FromSeconds(120);

    private readonly ConcurrentQueue<Deleted> _deleted = new();
    private volatile bool _isShut;

    protected override async Task RunAsync(Ledger ledger, CancellationToken cancellationToken)
    {
        if (VarnishTestServer.Missing is { } missing)
        {
            throw new InvalidOperationException(missing);
        }

        var port = FreePort.Next();
        await using var varnish = await VarnishTestServer.StartAsync(
            port, vcl => vcl.Replace("req.grace = 60s", $"req.grace = {_grace.TotalSeconds}s", StringComparison.Ordinal));
        using var door = new Door(varnish.Port);
        string[] settings =
        [
            $"Adapters:Edge=varnish://127.0.0.1:{door.Port}?password-file={varnish.SecretFile}&keep={_keep.TotalSeconds}s&again=1s"
                + $"&url={varnish.Address.GetLeftPart(UriPartial.Authority)}",
            "Logging:LogLevel:Monolith.Jobs=Error", // Each try of each job otherwise.
        ];
        using var host = await HostProcess.StartAsync(Folder, settings, cancellationToken, port);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var visits = Enumerable.Range(0, Visitors).Select(_ => VisitAsync(end.Token)).ToList();
        await Task.Delay(_calm, cancellationToken);

        _isShut = true;
        door.Shut();
        await Task.Delay(away, cancellationToken);
        var isDegraded = (
            await host.Http.GetStringAsync("/health/ready", cancellationToken)).Contains("\"edge\":\"Degraded\"", StringComparison.Ordinal);
        var backlog = _deleted.Count(d => d.WhileShut);
        _isShut = false;
        door.Open();
        await end.CancelAsync();
        await Task.WhenAll(visits.Select(Visitor.EndAsync));
        var drained = await DrainAsync(host, cancellationToken);

        Require(ledger, isDegraded, "/health/ready does not say that the edge takes no purge");
        Require(ledger, backlog > 0, "Nothing was deleted while the edge took no purge");
        Require(ledger, await host.StopAsync(cancellationToken) == 0, "The host did not end with 0");
        using (var verify = HostProcess.Run(Folder, ["verify", .. settings]))
        {
            Require(ledger, await verify.ExitAsync(cancellationToken) == 0, $"verify says:\n{verify.Output}");
        }

        Print($"""
            shut            {away.TotalSeconds} s; {door.Refused} tries meanwhile
            deleted         {_deleted.Count} photos that the edge had, {backlog} of them while it took no purge
            shown for       {Sum(_deleted.Where(d => !d.WhileShut).Select(d => d.Shown ?? default))} after a deletion while it did
            while shut      {Sum(_deleted.Where(d => d.WhileShut).Select(d => d.Shown ?? default))}
            promised        {(_keep + _grace).TotalMilliseconds:F0} ms and the time that deleting takes
            drained         all {_deleted.Count} purges answered, each twice, {drained.TotalMilliseconds:F0} ms after it took them again
            faults          {ledger.Faults.Count}
            """);

        // Uploads, shows, deletes, and looks for how long it is shown.
        async Task VisitAsync(CancellationToken end)
        {
            var visitor = new Visitor(ledger);
            var registration = visitor.RegisterAsync(host.Http, end);
            var account = ledger.Accounts.Last(); // Noted before it is sent, and the next visitor begins after that.
            await registration;
            await visitor.LogInAsync(host.Http, end);
            var looks = new List<Task>();
            try
            {
                while (true)
                {
                    if (await ShowAsync(ledger, host, visitor, account, varnish, end) is { } deleted)
                    {
                        _deleted.Enqueue(deleted);
                        looks.Add(LookAsync(ledger, varnish, deleted, cancellationToken));
                    }

                    await Task.Delay(Random.Shared.Next(LongestPause), end);
                }
            }
            finally
            {
                await Task.WhenAll(looks); // Each to its end: it has a limit of its own.
            }
        }
    }

    private async Task<Deleted?> ShowAsync(
        Ledger ledger, HostProcess host, Visitor visitor, Account account, VarnishTestServer varnish, CancellationToken cancellationToken)
    {
        var before = account.Photos.ToHashSet();
        await visitor.UploadAsync(host.Http, cancellationToken);
        if (account.Photos.Except(before).SingleOrDefault() is not { } photo)
        {
            return null;
        }

        Uri? url = null;
        while (url is null)
        {
            using var request = Visitor.Request(account, HttpMethod.Get, $"/v1/media/{photo}", null);
            using var answer = await host.Http.SendAsync(request, cancellationToken);
            var view = await answer.Content.ReadFromJsonAsync<JsonObject>(cancellationToken);
            var path = (string?)view!["variants"]!.AsArray().Single(v => (string?)v!["preset"] == "thumb")!["url"]; // A photo has these.
            url = path is null ? null : new Uri(varnish.Address, new Uri(host.Address, path).PathAndQuery);
            await Task.Delay(50, cancellationToken);
        }

        using (var shown = await host.Http.GetAsync(url, cancellationToken))
        {
            Require(ledger, shown.StatusCode == HttpStatusCode.OK, $"The edge does not show photo {photo}: {(int)shown.StatusCode}");
        }

        using var delete = Visitor.Request(account, HttpMethod.Delete, $"/v1/media/{photo}", null);
        using var gone = await host.Http.SendAsync(delete, cancellationToken);
        Require(ledger, gone.StatusCode == HttpStatusCode.NoContent, $"A deletion was answered with {(int)gone.StatusCode}");
        ledger.Acknowledge($"deleted {photo}");
        return new Deleted(photo, url, Stopwatch.GetTimestamp(), _isShut);
    }

    private static async Task LookAsync(Ledger ledger, VarnishTestServer varnish, Deleted photo, CancellationToken cancellationToken)
    {
        using var reader = new HttpClient();
        while (true)
        {
            using var answer = await reader.GetAsync(photo.Url, cancellationToken);
            if (answer.StatusCode == HttpStatusCode.NotFound)
            {
                photo.Shown = Stopwatch.GetElapsedTime(photo.At);
                return;
            }

            if (Stopwatch.GetElapsedTime(photo.At) > _keep + _grace + _leeway)
            {
                photo.Shown = Stopwatch.GetElapsedTime(photo.At);
                ledger.Fault(
                    $"Photo {photo.Id} is still shown {photo.Shown.Value.TotalSeconds:F1} s after it was deleted "
                        + $"({(int)answer.StatusCode}; {varnish.Address})");
                return;
            }

            await Task.Delay(250, cancellationToken);
        }
    }

    private async Task<TimeSpan> DrainAsync(HostProcess host, CancellationToken cancellationToken)
    {
        var start = Stopwatch.GetTimestamp();
        while (true)
        {
            var output = host.Output;
            var missing = _deleted.Where(d => output.Split($"Purged photo {d.Id} from the edge").Length < 3).ToList();
            if (missing.Count == 0)
            {
                return Stopwatch.GetElapsedTime(start);
            }

            if (Stopwatch.GetElapsedTime(start) > _longestDrain)
            {
                throw new TimeoutException(
                    $"{missing.Count} purges were not made within {_longestDrain.TotalSeconds} s, that of photo {missing[0].Id} for one");
            }

            await Task.Delay(500, cancellationToken);
        }
    }

    /// <param name="Id">Of the photo.</param>
    /// <param name="Url">Where the edge shows it.</param>
    /// <param name="At">When its deletion was acknowledged.</param>
    /// <param name="WhileShut">Whether the edge took no purge then.</param>
    private sealed record Deleted(string Id, Uri Url, long At, bool WhileShut)
    {
        /// <summary>For how long it was shown after that; null while it is not known.</summary>
        public TimeSpan? Shown { get; set; }
    }
}
