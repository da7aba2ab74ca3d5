using System.Collections.Concurrent;

namespace Monolith.Drills;

/// <summary>What the host has acknowledged, kept outside of it: in memory, and in a file for the one who looks into a fault.</summary>
internal sealed class Ledger(string path) : IDisposable
{
    private readonly StreamWriter _file = new(path, append: true) { AutoFlush = true };
    private readonly ConcurrentQueue<string> _faults = new();
    private int _acknowledged;
    private int _unanswered;
    private int _repeats;

    /// <summary>Every user who registered, or tried to.</summary>
    public ConcurrentQueue<Account> Accounts { get; } = new();

    /// <summary>How many writes were answered with success.</summary>
    public int Acknowledged => _acknowledged;

    /// <summary>How many writes the host died under: they may have happened.</summary>
    public int Unanswered => _unanswered;

    /// <summary>How often a request was sent again because it was not answered.</summary>
    public int Repeats => _repeats;

    /// <summary>Whether a 503 that says when to come back is an honest answer now.</summary>
    public bool ExpectsRefusals { get; set; }

    /// <summary>How long it took until each of them was answered.</summary>
    public ConcurrentQueue<TimeSpan> Refusals { get; } = new();

    /// <summary>What must not be, as far as it was noticed.</summary>
    public IReadOnlyCollection<string> Faults => _faults;

    public void Acknowledge(string what)
    {
        Interlocked.Increment(ref _acknowledged);
        Write(what);
    }

    public void Repeat() => Interlocked.Increment(ref _repeats);

    public void LeaveOpen(string what)
    {
        Interlocked.Increment(ref _unanswered);
        Write($"unanswered: {what}");
    }

    public void Fault(string what)
    {
        _faults.Enqueue(what);
        Write($"FAULT: {what}");
        Console.WriteLine($"FAULT: {what}");
    }

    public void Dispose() => _file.Dispose();

    private void Write(string line)
    {
        lock (_file)
        {
            _file.WriteLine(line);
        }
    }
}

/// <summary>One account as its owner remembers it. Used by one visitor at a time.</summary>
internal sealed class Account(string email)
{
    public string Email { get; } = email;

    /// <summary>Whether the registration was acknowledged; otherwise it may have happened.</summary>
    public bool IsRegistered { get; set; }

    public string Id { get; set; } = "";

    /// <summary>Null until a login was acknowledged.</summary>
    public string? Token { get; set; }

    /// <summary>Number of the last acknowledged edit: it is the first name.</summary>
    public int Edit { get; set; }

    /// <summary>How many edits are in the log for certain.</summary>
    public int Edits { get; set; }

    /// <summary>Number of an edit that was not answered; null when there is none.</summary>
    public int? OpenEdit { get; set; }

    /// <summary>Ids of the acknowledged photos.</summary>
    public HashSet<string> Photos { get; } = [];

    /// <summary>Whether any was acknowledged.</summary>
    public bool HasPhotos { get; set; }

    /// <summary>How many uploads were not answered.</summary>
    public int OpenPhotos { get; set; }
}
