using System.Globalization;

namespace Monolith.Operations.Deployments;

/// <summary>
/// Tells on the error stream how far a long verb is: one line that changes on a terminal, a line every few seconds elsewhere.
/// </summary>
internal sealed class Progress : IDisposable
{
    private static readonly TimeSpan _onTerminal = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan _elsewhere = TimeSpan.FromSeconds(5);

    private readonly string _what;
    private readonly TextWriter _to;
    private readonly bool _isTerminal;
    private readonly TimeProvider _clock;
    private readonly long _started;
    private long _told;
    private bool _isLineOpen;

    /// <param name="what">What is counted: <c>events</c>.</param>
    public Progress(string what)
        : this(what, Console.Error, !Console.IsErrorRedirected, TimeProvider.System)
    {
    }

    internal Progress(string what, TextWriter to, bool isTerminal, TimeProvider clock)
    {
        (_what, _to, _isTerminal, _clock) = (what, to, isTerminal, clock);
        _started = _told = clock.GetTimestamp();
    }

    /// <summary>Since it was made.</summary>
    public TimeSpan Elapsed => _clock.GetElapsedTime(_started);

    /// <summary>Takes note, and tells it when the time has come.</summary>
    /// <param name="done">So many are done.</param>
    /// <param name="all">The total; 0 when it is unknown.</param>
    public void Report(long done, long all = 0)
    {
        if (_clock.GetElapsedTime(_told) < (_isTerminal ? _onTerminal : _elsewhere))
        {
            return;
        }

        _told = _clock.GetTimestamp();
        var line = LineOf(done, all);
        if (_isTerminal)
        {
            _to.Write($"\r{line}\u001b[K"); // erases the rest of a longer line before
            _isLineOpen = true;
        }
        else
        {
            _to.WriteLine(line);
        }
    }

    /// <summary>Clears the line, so that what follows begins on its own.</summary>
    public void Dispose()
    {
        if (_isLineOpen)
        {
            _to.Write("\r\u001b[K");
            _isLineOpen = false;
        }
    }

    private string LineOf(long done, long all)
    {
        var rate = done / Math.Max(0.001, Elapsed.TotalSeconds);
        var line = string.Create(CultureInfo.InvariantCulture, $"{done:N0}{(all > 0 ? $" of {all:N0}" : "")} {_what}, {rate:N0}/s");
        if (all <= done || rate <= 0)
        {
            return line;
        }

        // Days are hours too: a large store on a slow disk takes more than one.
        var left = TimeSpan.FromSeconds(Math.Ceiling((all - done) / rate));
        return string.Create(CultureInfo.InvariantCulture, $"{line}, {(long)left.TotalHours:00}:{left:mm\\:ss} left");
    }
}
