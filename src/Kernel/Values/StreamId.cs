namespace Monolith.Kernel.Values;

/// <summary>Names a stream of events and says where it lies. The name alone tells two streams apart, as it does in every store.</summary>
public readonly record struct StreamId
{
    /// <param name="bucket">Where it lies.</param>
    /// <param name="category">What kind of thing it is about: <c>user</c>, <c>photo</c>. Lower case, no hyphen.</param>
    /// <param name="key">Which one. Never personal: names of streams turn up in logs.</param>
    public StreamId(Bucket bucket, string category, string key) => (Bucket, Name) = (bucket, $"{category}-{key}");

    /// <summary>Where it lies.</summary>
    public Bucket Bucket { get; }

    /// <summary>Unique in the whole deployment: <c>category-key</c>.</summary>
    public string Name { get; }

    /// <summary>What kind of thing it is about.</summary>
    public ReadOnlySpan<char> Category => Name.AsSpan(0, Hyphen);

    /// <summary>Which one.</summary>
    public string Key => Name[(Hyphen + 1)..];

    private int Hyphen => Name.IndexOf('-', StringComparison.Ordinal);

    /// <summary>Names the stream of what an id names; it lies in the id's bucket.</summary>
    public static StreamId Of<TId>(string category, TId id)
        where TId : struct, IId<TId> => new(id.Bucket(), category, id.Value.ToString());

    /// <summary>Reads a stored name back.</summary>
    public static StreamId Parse(Bucket bucket, string name)
    {
        var hyphen = name.IndexOf('-', StringComparison.Ordinal);
        return new StreamId(bucket, name[..hyphen], name[(hyphen + 1)..]);
    }

    /// <inheritdoc />
    public bool Equals(StreamId other) => Name == other.Name;

    /// <inheritdoc />
    public override int GetHashCode() => Name is null ? 0 : Name.GetHashCode(StringComparison.Ordinal);

    /// <summary>Writes the name.</summary>
    public override string ToString() => Name;
}
