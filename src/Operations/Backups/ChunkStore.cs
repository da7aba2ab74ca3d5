using System.Buffers.Binary;
using System.Security.Cryptography;
using Monolith.Operations.Deployments;

namespace Monolith.Operations.Backups;

/// <summary>Where a piece of a store lies.</summary>
/// <param name="Id">Hash of the piece; with the key, when the backup is sealed, so that it tells nothing.</param>
/// <param name="Run">Which run wrote it, by its place in the chain.</param>
/// <param name="Frame">Which frame of that run's pack it is.</param>
internal readonly record struct Chunk(string Id, int Run, int Frame);

/// <summary>Keeps copies of a store as pieces of 16 KiB, of which a run writes only those that the run before it did not have.</summary>
/// <param name="root">Of the backup.</param>
/// <param name="key">Null when it is not sealed.</param>
internal sealed class ChunkStore(string root, byte[]? key)
{
    private const int EntrySize = 32 + 4 + 4;

    /// <summary>Writes the pack and the index of a run.</summary>
    /// <param name="copy">The copy of the store.</param>
    /// <param name="chain">Names of the runs, this one last.</param>
    /// <param name="shard">Which store.</param>
    /// <param name="former">The pieces that there are already.</param>
    /// <param name="progress">Told how many bytes were looked at.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>How many pieces are new.</returns>
    public async Task<long> WriteAsync(
        string copy, IReadOnlyList<string> chain, int shard, IReadOnlyList<Chunk> former, Action<long> progress,
        CancellationToken cancellationToken)
    {
        var known = former.DistinctBy(c => c.Id).ToDictionary(c => c.Id, StringComparer.Ordinal);
        var (run, name, added) = (chain.Count - 1, $"{chain[^1]}/{PackOf(shard)}", 0);
        await using var source = File.OpenRead(copy);
        await using var pack = File.Create(Path.Combine(root, name));
        await using var index = File.Create(Path.Combine(root, chain[^1], IndexOf(shard)));
        var header = RandomNumberGenerator.GetBytes(Sealer.HeaderSize);
        await pack.WriteAsync(header, cancellationToken);
        using var sealer = key is null ? null : new Sealer(key, name, header);
        var (open, box, entry) = (new byte[Sealer.FrameSize], new byte[Sealer.FrameSize + Sealer.TagSize], new byte[EntrySize]);
        while (await source.ReadAtLeastAsync(open, open.Length, throwOnEndOfStream: false, cancellationToken) is > 0 and var length)
        {
            open.AsSpan(length).Clear(); // the end of a store whose size is no multiple of a frame
            var id = IdOf(open);
            if (!known.TryGetValue(id, out var chunk))
            {
                known[id] = chunk = new Chunk(id, run, added++);
                sealer?.Seal(chunk.Frame, isLast: false, open, box);
                await pack.WriteAsync(sealer is null ? open : box, cancellationToken);
            }

            Convert.FromHexString(id).CopyTo(entry.AsSpan());
            BinaryPrimitives.WriteInt32BigEndian(entry.AsSpan(32), chunk.Run);
            BinaryPrimitives.WriteInt32BigEndian(entry.AsSpan(36), chunk.Frame);
            await index.WriteAsync(entry, cancellationToken);
            progress(source.Position);
        }

        pack.Flush(flushToDisk: true);
        index.Flush(flushToDisk: true);
        return added;
    }

    /// <summary>Reads the index of a run.</summary>
    public async Task<IReadOnlyList<Chunk>> ReadIndexAsync(string run, int shard, CancellationToken cancellationToken)
    {
        var bytes = await File.ReadAllBytesAsync(Path.Combine(root, run, IndexOf(shard)), cancellationToken);
        return [
            .. Enumerable.Range(0, bytes.Length / EntrySize).Select(i => bytes.AsMemory(i * EntrySize, EntrySize)).Select(e => new Chunk(
            Convert.ToHexStringLower(e.Span[..32]), BinaryPrimitives.ReadInt32BigEndian(e.Span[32..]),
            BinaryPrimitives.ReadInt32BigEndian(e.Span[36..])))];
    }

    /// <summary>Puts a copy of a store together again.</summary>
    /// <exception cref="VerbFailedException">A piece is damaged.</exception>
    public async Task AssembleAsync(
        IReadOnlyList<string> chain, int shard, long length, string to, Action<long, long> progress, CancellationToken cancellationToken)
    {
        using var packs = new Packs(root, chain, shard, key);
        await using var target = File.Create(to);
        var open = new byte[Sealer.FrameSize];
        foreach (var chunk in await ReadIndexAsync(chain[^1], shard, cancellationToken))
        {
            packs.Read(chunk, open);
            if (IdOf(open) != chunk.Id)
            {
                throw new VerbFailedException($"Frame {chunk.Frame} of {chain[chunk.Run]}/{PackOf(shard)} is damaged.");
            }

            await target.WriteAsync(open.AsMemory(0, (int)Math.Min(open.Length, length - target.Position)), cancellationToken);
            progress(target.Position, length);
        }

        target.Flush(flushToDisk: true);
    }

    internal static string PackOf(int shard) => $"store-{shard}.pack";

    private static string IndexOf(int shard) => $"store-{shard}.index";

    private string IdOf(byte[] open) => Convert.ToHexStringLower(key is null ? SHA256.HashData(open) : HMACSHA256.HashData(key, open));

    private sealed class Packs(string root, IReadOnlyList<string> chain, int shard, byte[]? key) : IDisposable
    {
        private readonly Dictionary<int, (FileStream File, Sealer? Sealer)> _open = [];
        private readonly byte[] _box = new byte[Sealer.FrameSize + Sealer.TagSize];

        public void Read(Chunk chunk, byte[] open)
        {
            var (file, sealer) = Of(chunk.Run);
            var box = sealer is null ? open : _box;
            file.Position = Sealer.HeaderSize + ((long)chunk.Frame * box.Length);
            try
            {
                file.ReadExactly(box);
                sealer?.Open(chunk.Frame, isLast: false, box, open);
            }
            catch (Exception e) when (e is EndOfStreamException or AuthenticationTagMismatchException)
            {
                throw new VerbFailedException($"Frame {chunk.Frame} of {chain[chunk.Run]}/{PackOf(shard)} is damaged.");
            }
        }

        public void Dispose()
        {
            foreach (var (file, sealer) in _open.Values)
            {
                file.Dispose();
                sealer?.Dispose();
            }
        }

        private (FileStream File, Sealer? Sealer) Of(int run)
        {
            if (!_open.TryGetValue(run, out var pack))
            {
                var name = $"{chain[run]}/{PackOf(shard)}";
                var file = File.OpenRead(Path.Combine(root, name));
                var header = new byte[Sealer.HeaderSize];
                file.ReadExactly(header);
                _open[run] = pack = (file, key is null ? null : new Sealer(key, name, header));
            }

            return pack;
        }
    }
}
