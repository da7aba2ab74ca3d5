namespace Monolith.Kernel.Http;

/// <summary>Names the HTTP headers that are ours.</summary>
public static class MonolithHeaders
{
    /// <summary>
    /// On every answer to a write, and accepted by every request: a <see cref="Values.ConsistencyToken"/>. A read that carries it never
    /// sees anything older.
    /// </summary>
    public const string Token = "Monolith-Token";

    /// <summary>
    /// On an answer made of followed views: for how many seconds, at most, it may have been overtaken; 0 when it was not.
    /// </summary>
    public const string AgeOfData = "Age-Of-Data";

    /// <summary>
    /// On a request that changes something: sent again with the same key, it is answered again and not carried out again. 1 to 255 visible
    /// ASCII characters.
    /// </summary>
    public const string IdempotencyKey = "Idempotency-Key";

    /// <summary>On an answer that was given before: <c>true</c>.</summary>
    public const string IdempotentReplayed = "Idempotent-Replayed";
}
