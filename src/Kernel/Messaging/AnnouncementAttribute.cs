namespace Monolith.Kernel.Messaging;

/// <summary>Names an announcement for good, as other systems see it: <c>users.user-registered.v1</c>.</summary>
/// <param name="name">Begins with the module's name. Another shape needs another name.</param>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class AnnouncementAttribute(string name) : Attribute
{
    /// <summary>The stable name.</summary>
    public string Name { get; } = name;
}
