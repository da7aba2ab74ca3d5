using System.Globalization;
using System.Runtime.InteropServices;
using Monolith.Drills;

using var stop = new CancellationTokenSource();
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
try
{
    return args switch
    {
        ["kill9", .. var more] when RoundsOf(more) is { } rounds => await Run(new KillDrill(rounds, EmbeddedAsync).RunAsync),
        ["kill9-postgres", .. var more] when RoundsOf(more) is { } rounds => await Run(new KillDrill(rounds, PostgresAsync).RunAsync),
        ["database"] => await Run(new DatabaseDrill(TimeSpan.FromSeconds(30)).RunAsync),
        ["blobs"] => await Run(new BlobsDrill(TimeSpan.FromSeconds(30)).RunAsync),
        ["web", .. var more] when RoundsOf(more, usually: 5) is { } rounds => await Run(new WebDrill(rounds).RunAsync),
        ["replace", .. var more] when RoundsOf(more, usually: 1) is { } rounds => await Run(new ReplaceDrill(rounds).RunAsync),
        ["cache", .. var more] when RoundsOf(more, usually: 5) is { } rounds => await Run(new CacheDrill(rounds).RunAsync),
        ["edge", .. var more] when RoundsOf(more, usually: 3) is { } rounds => await Run(new EdgeDrill(rounds).RunAsync),
        ["purge", .. var more] when RoundsOf(more, usually: 10) is { } minutes =>
            await Run(new PurgeDrill(TimeSpan.FromMinutes(minutes)).RunAsync),
        ["broker", .. var more] when RoundsOf(more, usually: 3) is { } rounds => await Run(new BrokerDrill(rounds).RunAsync),
        ["backlog"] => await Run(new BacklogDrill(TimeSpan.FromSeconds(30)).RunAsync),
        ["worker", .. var more] when RoundsOf(more, usually: 5) is { } rounds => await Run(new WorkerDrill(rounds).RunAsync),
        _ => Usage(),
    };
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    return 130;
}

async Task<int> Run(Func<CancellationToken, Task<bool>> drill) => await drill(stop.Token) ? 0 : 1;

static int? RoundsOf(string[] arguments, int usually = 20) => arguments switch
{
    [] => usually,
    [var text] when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var rounds) && rounds > 0 => rounds,
    _ => null,
};

static Task<Ground> EmbeddedAsync(string folder) => Task.FromResult<Ground>(new EmbeddedGround(folder));

static async Task<Ground> PostgresAsync(string folder) => await PostgresGround.StartAsync();

static int Usage()
{
    Console.Error.WriteLine(
        "usage: eng/drill kill9|kill9-postgres|web|replace|cache|edge|broker|worker [ROUNDS], eng/drill purge [MINUTES], or eng/drill "
            + "database|blobs|backlog; eng/drill --help says more");
    return 64;
}

// Cancelled rather than ended, so that the host that was started is stopped too.
void Stop(PosixSignalContext signal)
{
    signal.Cancel = true;
    stop.Cancel();
}
