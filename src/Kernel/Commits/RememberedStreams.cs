namespace Monolith.Kernel.Commits;

/// <summary>What is remembered of a stream.</summary>
internal sealed class RememberedStream
{
    public RememberedStream(string name) => (Name, Place) = (name, new LinkedListNode<RememberedStream>(this));

    public string Name { get; }

    /// <summary>Among all of them, the least used first.</summary>
    public LinkedListNode<RememberedStream> Place { get; }

    /// <summary>The newest state that is known to be stored; null when none is.</summary>
    public RememberedState? Stored { get; set; }

    /// <summary>The newest state, stored or on its way; null while it is being read.</summary>
    public RememberedState? Newest { get; set; }

    /// <summary>The highest version that was heard of since; 0 when none was.</summary>
    public long SeenVersion { get; set; }

    /// <summary>How many of its commits are on their way.</summary>
    public int InFlight { get; set; }

    /// <summary>Timestamp of the clock.</summary>
    public long UsedAt { get; set; }

    /// <summary>How much memory it takes, in bytes.</summary>
    public long Size { get; set; }
}

/// <summary>Streams by their names, bounded in bytes: the least used go first. Not safe from several threads.</summary>
/// <param name="limit">In bytes, by what the states say.</param>
/// <param name="clock">Tells what is idle.</param>
internal sealed class RememberedStreams(long limit, TimeProvider clock)
{
    private readonly Dictionary<string, RememberedStream> _byName = new(StringComparer.Ordinal);
    private readonly LinkedList<RememberedStream> _leastUsedFirst = new();

    public int Count => _byName.Count;

    /// <summary>How much memory they take, in bytes.</summary>
    public long Size { get; private set; }

    /// <summary>Finds a stream, which is not taken for a use of it.</summary>
    public RememberedStream? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>Finds a stream, and notes that it is used.</summary>
    public RememberedStream? Use(string name)
    {
        if (Find(name) is not { } stream)
        {
            return null;
        }

        stream.UsedAt = clock.GetTimestamp();
        _leastUsedFirst.Remove(stream.Place);
        _leastUsedFirst.AddLast(stream.Place);
        return stream;
    }

    /// <summary>Adds a stream that is not there.</summary>
    public RememberedStream Add(string name)
    {
        var stream = new RememberedStream(name) { UsedAt = clock.GetTimestamp() };
        _byName.Add(name, stream);
        _leastUsedFirst.AddLast(stream.Place);
        Resize(stream);
        return stream;
    }

    /// <summary>Whether it is still this one that is remembered.</summary>
    public bool Holds(RememberedStream stream) => Find(stream.Name) == stream;

    /// <summary>Forgets a stream; one that is not held is fine.</summary>
    public void Remove(RememberedStream stream)
    {
        if (Holds(stream))
        {
            _byName.Remove(stream.Name);
            _leastUsedFirst.Remove(stream.Place);
            Size -= stream.Size;
        }
    }

    /// <summary>Forgets those of which something holds.</summary>
    public void RemoveAll(Func<RememberedStream, bool> isSo)
    {
        foreach (var stream in _byName.Values.Where(isSo).ToList())
        {
            Remove(stream);
        }
    }

    /// <summary>Forgets what was not used for so long.</summary>
    public void RemoveIdle(TimeSpan idle)
    {
        RemoveAll(s => s.InFlight == 0 && clock.GetElapsedTime(s.UsedAt) >= idle);
    }

    /// <summary>Measures a stream whose states changed, and makes room where that is needed.</summary>
    public void Resize(RememberedStream stream)
    {
        if (!Holds(stream))
        {
            return;
        }

        var size = Math.Max(stream.Newest?.Size ?? 0, stream.Stored?.Size ?? 0) + RememberedState.SizeOf(stream.Name, 0, 0);
        (Size, stream.Size) = (Size + size - stream.Size, size);
        for (var next = _leastUsedFirst.First; Size > limit && next is not null;)
        {
            // What is on its way is few and soon settled; without it the next decision would be made on what is outdated.
            (var least, next) = (next.Value, next.Next);
            if (least.InFlight == 0)
            {
                Remove(least);
            }
        }
    }
}
