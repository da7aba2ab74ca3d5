namespace Monolith.Benchmarks.Peer;

/// <summary>One of the applications that have the same use cases.</summary>
/// <param name="Name">What it is called in the report.</param>
/// <param name="Address">Where it listens.</param>
/// <param name="ProcessId">Of its process.</param>
/// <param name="Path">Of its users.</param>
/// <param name="OwnPath">Where users read and change their own data; null where that is by their id like everything else.</param>
internal sealed record Candidate(string Name, string Address, int ProcessId, string Path, string? OwnPath = null)
{
    /// <summary>Few enough for 32 connections to meet on one of them now and then.</summary>
    public const int Users = 64;

    /// <summary>Whether requests are made in a session.</summary>
    public bool HasSessions => OwnPath is not null;

    /// <summary>Those that are read and changed while it is measured.</summary>
    public IReadOnlyList<Member> Members { get; init; } = [];

    /// <summary>Where a member reads and changes its own data.</summary>
    public string Own(Member member) => OwnPath ?? $"{Path}/{member.Id}";
}

/// <param name="Id">As the application writes it.</param>
/// <param name="Token">Of its session; anything where there are none.</param>
internal sealed record Member(string Id, string Token);
