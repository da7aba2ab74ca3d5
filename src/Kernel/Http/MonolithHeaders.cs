namespace Monolith.Kernel.Http;

/// <summary>Names the HTTP headers that are ours.</summary>
public static class MonolithHeaders
{
    /// <summary>On every answer to a write, and accepted by every read: <c>shard:position</c>. A read that carries it never sees anything older.</summary>
    public const string Token = "Monolith-Token";
}
