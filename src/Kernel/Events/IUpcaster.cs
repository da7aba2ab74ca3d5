using System.Text.Json.Nodes;

namespace Monolith.Kernel.Events;

/// <summary>
/// Turns the stored JSON of an event's former shape into that of the next one, so that no other code has to know the former.
/// </summary>
/// <remarks>
/// One in a module for each shape that was left behind; steps follow each other: v1 → v2 → v3. What is stored stays as it is: only the
/// copy that is read changes. Pure: the same JSON always gives the same JSON. Needs a constructor without arguments.
/// </remarks>
public interface IUpcaster
{
    /// <summary>Stored name of the former shape: <c>users.registered.v1</c>. No class has it any more.</summary>
    string From { get; }

    /// <summary>Stored name of the next shape, which a class or another step has.</summary>
    string To { get; }

    /// <summary>Changes the JSON of one event, in place or by giving another.</summary>
    JsonObject Upcast(JsonObject data);
}
