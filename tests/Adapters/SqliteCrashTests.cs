using System.Diagnostics;
using System.Globalization;
using Monolith.Adapters.Embedded;

namespace Monolith.Adapters.Tests;

public sealed class SqliteCrashTests : IDisposable
{
    private const string PlaceVariable = "MONOLITH_TEST_CRASH_PLACE";

    private static readonly StreamId _stream = new(new Bucket(1), "test", "crash");

    private readonly string _directory = Directory.CreateTempSubdirectory("monolith-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task Keeps_what_was_acknowledged_when_the_process_is_killed()
    {
        var acknowledged = Path.Combine(_directory, "acknowledged");
        var start = new ProcessStartInfo(
            Environment.ProcessPath!, // A running process has a path.
            [
                .. IsHosted ? [typeof(SqliteCrashTests).Assembly.Location] : Array.Empty<string>(),
                "-explicit", "only", "-method", $"*.{nameof(Writes_until_it_is_killed)}",
            ])
        {
            Environment = { [PlaceVariable] = _directory },
            RedirectStandardOutput = true,
        };
        using (var process = Process.Start(start)!) // Null only for a shell that hands over to a running process.
        {
            var limit = Stopwatch.StartNew();
            while (!File.Exists(acknowledged) || new FileInfo(acknowledged).Length < 500)
            {
                Assert.False(process.HasExited || limit.Elapsed > TimeSpan.FromSeconds(60), "The process that should write ended or hung.");
                await Task.Delay(TimeSpan.FromMilliseconds(5), Cancellation);
            }

            process.Kill();
            await process.WaitForExitAsync(Cancellation);
        }

        using var store = new SqliteStore(Path.Combine(_directory, "store.db"), TimeProvider.System);
        await store.OpenAsync(Cancellation);

        var last = (await File.ReadAllLinesAsync(acknowledged, Cancellation)).Length - 1; // The last line may be cut off.
        var events = await store.ReadStreamAsync(_stream, 0, int.MaxValue, Cancellation);
        Assert.True(events.Count >= last, $"{last} commits were acknowledged and {events.Count} are there.");
        Assert.Equal(Enumerable.Range(1, events.Count).Select(i => (long)i), events.Select(e => e.Version));
        Assert.IsType<Committed>(Assert.Single(await store.CommitAsync([Appending(events.Count)], Cancellation)));
    }

    [Fact(Explicit = true)]
    public async Task Writes_until_it_is_killed()
    {
        var place = Environment.GetEnvironmentVariable(PlaceVariable);
        Assert.SkipWhen(place is null, "Started by the test above only.");
        using var store = new SqliteStore(Path.Combine(place, "store.db"), TimeProvider.System);
        await store.OpenAsync(Cancellation);

        for (var version = 0; ; version++)
        {
            Assert.IsType<Committed>(Assert.Single(await store.CommitAsync([Appending(version)], Cancellation)));
            await File.AppendAllTextAsync(
                Path.Combine(place, "acknowledged"), version.ToString(CultureInfo.InvariantCulture) + Environment.NewLine, Cancellation);
        }
    }

    // Whether "dotnet" runs our assembly, or our own executable does.
    private static bool IsHosted => Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet";

    private static Commit Appending(long expectedVersion) => new()
    {
        Id = Id.New(TimeProvider.System, _stream.Bucket),
        Bucket = _stream.Bucket,
        Appends =
        [
            new Append(_stream, expectedVersion,
                [new NewEvent(Id.New(TimeProvider.System, _stream.Bucket), "tests.happened.v1", "{}"u8.ToArray(), default, default)]),
        ],
    };
}
