using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Monolith.Host.Operations;

namespace Monolith.Modules.Tests.Health;

/// <summary>Disks that fill up and empty again, as the log and the metrics tell it.</summary>
[Trait("host", "none")]
public sealed class DiskWatchTests : ILogger<DiskWatch>, IDisposable
{
    private static readonly TimeSpan _pause = TimeSpan.FromSeconds(5);

    private readonly FakeClock _clock = new();
    private readonly FakeDisk[] _disks = [new("store.db"), new("blobs")];
    private readonly List<string> _lines = [];
    private readonly DiskWatch _watch;

    public DiskWatchTests() => _watch = new DiskWatch(_disks, _clock, this);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => _watch.Dispose();

    [Fact]
    public async Task Are_told_once_when_they_get_low_and_once_when_there_is_room_again()
    {
        await _watch.StartAsync(Cancelled);
        await LookAsync();
        _disks[0].IsLow = true;
        await LookAsync();
        await LookAsync();
        _disks[1].IsLow = true;
        await LookAsync();
        _disks[0].IsLow = false;
        await LookAsync();
        await _watch.StopAsync(Cancelled);

        Assert.Equal(
            [
                "Error The disk of store.db has 10 bytes left, less than the reserve of 100: reading goes on, writing is refused",
                "Error The disk of blobs has 10 bytes left, less than the reserve of 100: reading goes on, writing is refused",
                "Information The disk of store.db has 1000 bytes left: writing goes on",
            ],
            _lines);
    }

    [Fact]
    public async Task Are_told_at_the_start_when_they_are_low_already()
    {
        _disks[1].IsLow = true;

        await _watch.StartAsync(Cancelled);
        await Eventually.IsSoAsync(() => _clock.Timers == 1);
        await Eventually.IsSoAsync(() => _lines.Count == 1);
        await _watch.StopAsync(Cancelled);

        Assert.StartsWith("Error The disk of blobs", _lines[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Are_measured_each_by_its_place()
    {
        var measured = new Dictionary<string, long>(StringComparer.Ordinal);
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Name == "monolith.disk.free")
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((_, free, tags, _) => measured[$"{tags[0].Value}"] = free);
        _disks[1].IsLow = true;

        listener.Start();
        listener.RecordObservableInstruments();

        Assert.Equal((1000, 10), (measured["store.db"], measured["blobs"]));
    }

    IDisposable? ILogger.BeginScope<TState>(TState state) => null;

    bool ILogger.IsEnabled(LogLevel logLevel) => true;

    void ILogger.Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _lines.Add($"{logLevel} {formatter(state, exception)}");

    // Lets the watch look once more: it waits for the timer again when it has.
    private async Task LookAsync()
    {
        var looks = _disks.Sum(d => d.Looks);
        await Eventually.IsSoAsync(() => _clock.Timers == 1);
        await Eventually.IsSoAsync(() =>
        {
            _clock.Advance(_pause);
            return _disks.Sum(d => d.Looks) >= looks + (2 * _disks.Length); // a whole look that began after the change
        });
    }
}
