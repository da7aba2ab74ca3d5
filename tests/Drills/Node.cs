using System.Diagnostics;

namespace Monolith.Drills;

/// <summary>One host that is killed and started again, and those who visit it while it is up.</summary>
internal sealed class Node(string folder, IReadOnlyList<string> settings, IReadOnlyList<Visitor> visitors)
{
    private HostProcess? _host;
    private Task _visits = Task.CompletedTask;

    public bool IsUp => _host is not null;

    /// <returns>How long it took until it was ready.</returns>
    public async Task<TimeSpan> StartAsync(CancellationToken cancellationToken)
    {
        var start = Stopwatch.GetTimestamp();
        _host = await HostProcess.StartAsync(folder, settings, cancellationToken);
        _visits = Task.WhenAll(visitors.Select(v => v.VisitAsync(_host.Http, cancellationToken)));
        return Stopwatch.GetElapsedTime(start);
    }

    /// <summary>Ends it with SIGKILL, if it is up, and waits until its visitors have noticed.</summary>
    public async Task KillAsync()
    {
        _host?.Kill();
        await _visits;
        _host?.Dispose();
        (_host, _visits) = (null, Task.CompletedTask);
    }
}
