namespace Monolith.Operations.Moves;

/// <summary>Which documents and messages were changed, since the last look or before.</summary>
internal sealed class Changes
{
    /// <summary>By kind and id.</summary>
    public HashSet<(string Kind, string Id)> Documents { get; } = [];

    /// <summary>By id.</summary>
    public HashSet<Guid> Messages { get; } = [];

    /// <summary>Whether messages with unknown ids were changed.</summary>
    public bool AnyMessage { get; private set; }

    /// <summary>How much there is to look at.</summary>
    public int Count => Documents.Count + Messages.Count;

    public void Add(IReadOnlyList<Commit> batch)
    {
        foreach (var commit in batch)
        {
            Documents.UnionWith(commit.Documents.Select(d => (d.Kind, d.Id)));
            Messages.UnionWith(commit.Messages.Select(m => m.Id));
        }
    }

    /// <param name="ids">Null when they are unknown.</param>
    public void AddMessages(IEnumerable<Guid>? ids)
    {
        AnyMessage |= ids is null;
        Messages.UnionWith(ids ?? []);
    }

    public void Add(Changes other)
    {
        Documents.UnionWith(other.Documents);
        Messages.UnionWith(other.Messages);
        AnyMessage |= other.AnyMessage;
    }
}
