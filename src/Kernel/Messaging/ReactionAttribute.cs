namespace Monolith.Kernel.Messaging;

/// <summary>Makes a notification handler a reaction: each announcement since its beginning has exactly one effect through it.</summary>
/// <param name="name">Permanent, <c>module.what-it-does</c>: how far it came is kept under it.</param>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class ReactionAttribute(string name) : Attribute
{
    /// <summary>The stable name.</summary>
    public string Name { get; } = name;

    /// <summary>Whether a reaction that is new to a deployment leaves the past alone, as one that tells people something should.</summary>
    public bool StartsNow { get; init; }
}
