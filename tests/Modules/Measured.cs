using System.Diagnostics.Metrics;

namespace Monolith.Modules.Tests;

/// <summary>Adds up what a counter of the process counts from now on.</summary>
internal sealed class Measured : IDisposable
{
    private readonly MeterListener _listener = new();
    private long _sum;

    public Measured(string name)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Name == name)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((_, measurement, _, _) => Interlocked.Add(ref _sum, measurement));
        _listener.Start();
    }

    public long Sum => Interlocked.Read(ref _sum);

    public void Dispose() => _listener.Dispose();
}
