namespace Monolith.Support;

/// <summary>Computes the hash chains of a store again.</summary>
internal static class HashChains
{
    /// <summary>Names the streams whose head or version is not what their events say.</summary>
    public static async Task<IReadOnlyList<string>> BrokenAsync(IStore store, CancellationToken cancellationToken)
    {
        var broken = new List<string>();
        foreach (var stream in await store.ReadStreamHeadsAsync("", int.MaxValue, cancellationToken))
        {
            if (!await IsWholeAsync(store, stream, cancellationToken))
            {
                broken.Add($"{stream.Stream.Name}: the chain is broken");
            }
        }

        return broken;
    }

    private static async Task<bool> IsWholeAsync(IStore store, StreamHead stream, CancellationToken cancellationToken)
    {
        var (head, last) = (new byte[HashChain.HeadSize], 0L);
        foreach (var e in await store.ReadStreamAsync(stream.Stream, 0, int.MaxValue, cancellationToken))
        {
            if (e.Version != ++last)
            {
                return false;
            }

            HashChain.Advance(head, e.Id, e.Type, e.Data.Span);
        }

        return last == stream.Version && stream.Head.Span.SequenceEqual(head);
    }
}
