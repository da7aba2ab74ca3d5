using Monolith.Operations.Backups;
using Monolith.Operations.Deployments;

namespace Monolith.Operations.Tests.Backups;

/// <summary>A store in pieces, of which each run writes those that are new.</summary>
public sealed class ChunkStoreTests : IDisposable
{
    private static readonly byte[] _key = [.. Enumerable.Range(0, 32).Select(i => (byte)(i * 3))];

    private readonly string _root = Directory.CreateTempSubdirectory("monolith-").FullName;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Theory]
    [InlineData(1, false)]
    [InlineData(Sealer.FrameSize, false)]
    [InlineData((5 * Sealer.FrameSize) + 1, false)]
    [InlineData((5 * Sealer.FrameSize) + 1, true)]
    public async Task Puts_together_what_was_taken_apart(int length, bool isSealed)
    {
        var (chunks, content) = (Chunks(isSealed), ContentOf(length));

        var added = await WriteAsync(chunks, content, ["one"]);

        Assert.Equal((length + Sealer.FrameSize - 1) / Sealer.FrameSize, added);
        Assert.Equal(content, await AssembleAsync(chunks, ["one"], length));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Writes_each_piece_once_and_again_only_what_changed(bool isSealed)
    {
        var (chunks, first) = (Chunks(isSealed), ContentOf(6 * Sealer.FrameSize));
        first.AsSpan(0, Sealer.FrameSize).CopyTo(first.AsSpan(3 * Sealer.FrameSize)); // one piece twice
        var second = first.ToArray();
        second[(2 * Sealer.FrameSize) + 9] ^= 1;
        byte[] third = [.. second, 7];

        Assert.Equal(5, await WriteAsync(chunks, first, ["one"]));
        Assert.Equal(1, await WriteAsync(chunks, second, ["one", "two"]));
        Assert.Equal(1, await WriteAsync(chunks, third, ["one", "two", "three"]));

        Assert.Equal(first, await AssembleAsync(chunks, ["one"], first.Length));
        Assert.Equal(second, await AssembleAsync(chunks, ["one", "two"], second.Length));
        Assert.Equal(third, await AssembleAsync(chunks, ["one", "two", "three"], third.Length));
    }

    [Fact]
    public async Task Tells_of_a_sealed_piece_nothing_that_its_hash_would_tell()
    {
        var content = ContentOf(Sealer.FrameSize);

        await WriteAsync(Chunks(isSealed: true), content, ["one"]);

        var index = await File.ReadAllBytesAsync(Path.Combine(_root, "one", "store-0.index"), Cancelled);
        Assert.Equal(-1, index.AsSpan().IndexOf(System.Security.Cryptography.SHA256.HashData(content)));
        Assert.Equal(-1, (await File.ReadAllBytesAsync(PackOf("one"), Cancelled)).AsSpan().IndexOf(content.AsSpan(0, 16)));
    }

    [Theory]
    [InlineData(false, Sealer.HeaderSize, "Frame 0 of one/store-0.pack is damaged.")]
    [InlineData(false, Sealer.HeaderSize + Sealer.FrameSize, "Frame 1 of one/store-0.pack is damaged.")]
    [InlineData(true, 0, "Frame 0 of one/store-0.pack is damaged.")] // all of them: each depends on the header
    [InlineData(true, Sealer.HeaderSize + Sealer.FrameSize + Sealer.TagSize, "Frame 1 of one/store-0.pack is damaged.")]
    public async Task Names_the_piece_that_is_damaged(bool isSealed, int at, string reason)
    {
        var (chunks, content) = (Chunks(isSealed), ContentOf(3 * Sealer.FrameSize));
        await WriteAsync(chunks, content, ["one"]);
        await using (var pack = File.Open(PackOf("one"), FileMode.Open))
        {
            pack.Position = at;
            var byteThere = pack.ReadByte();
            pack.Position = at;
            pack.WriteByte((byte)(byteThere ^ 1));
        }

        var refused = await Assert.ThrowsAsync<VerbFailedException>(() => AssembleAsync(chunks, ["one"], content.Length));

        Assert.Equal(reason, refused.Message);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Names_the_piece_where_a_pack_ends_too_early(bool isSealed)
    {
        var (chunks, content) = (Chunks(isSealed), ContentOf(3 * Sealer.FrameSize));
        await WriteAsync(chunks, content, ["one"]);
        await using (var pack = File.Open(PackOf("one"), FileMode.Open))
        {
            pack.SetLength(pack.Length - 1);
        }

        var refused = await Assert.ThrowsAsync<VerbFailedException>(() => AssembleAsync(chunks, ["one"], content.Length));

        Assert.Equal("Frame 2 of one/store-0.pack is damaged.", refused.Message);
    }

    [Fact]
    public async Task Takes_no_pack_of_another_run_or_another_store_for_its_own()
    {
        var (chunks, content) = (Chunks(isSealed: true), ContentOf(Sealer.FrameSize));
        await WriteAsync(chunks, content, ["one"]);
        Directory.CreateDirectory(Path.Combine(_root, "two"));
        foreach (var file in Directory.GetFiles(Path.Combine(_root, "one")))
        {
            File.Copy(file, Path.Combine(_root, "two", Path.GetFileName(file)));
        }

        await Assert.ThrowsAsync<VerbFailedException>(() => AssembleAsync(chunks, ["two"], content.Length));
    }

    [Fact]
    public async Task Stops_when_it_is_cancelled()
    {
        using var cancelled = new CancellationTokenSource();
        var (chunks, copy) = (Chunks(isSealed: false), Path.Combine(_root, "copy"));
        await File.WriteAllBytesAsync(copy, ContentOf(20 * Sealer.FrameSize), Cancelled);
        Directory.CreateDirectory(Path.Combine(_root, "one"));
        var seen = new List<long>();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => chunks.WriteAsync(copy, ["one"], 0, [], done =>
        {
            seen.Add(done);
            cancelled.Cancel();
        }, cancelled.Token));

        Assert.Equal([Sealer.FrameSize], seen);
    }

    private static byte[] ContentOf(int length)
    {
        var content = new byte[length];
        new Random(length).NextBytes(content);
        return content;
    }

    private ChunkStore Chunks(bool isSealed) => new(_root, isSealed ? _key : null);

    private string PackOf(string run) => Path.Combine(_root, run, "store-0.pack");

    private async Task<long> WriteAsync(ChunkStore chunks, byte[] content, string[] chain)
    {
        Directory.CreateDirectory(Path.Combine(_root, chain[^1]));
        var copy = Path.Combine(_root, "copy");
        await File.WriteAllBytesAsync(copy, content, Cancelled);
        var former = chain.Length > 1 ? await chunks.ReadIndexAsync(chain[^2], 0, Cancelled) : [];
        return await chunks.WriteAsync(copy, chain, 0, former, _ => { }, Cancelled);
    }

    private async Task<byte[]> AssembleAsync(ChunkStore chunks, string[] chain, long length)
    {
        var to = Path.Combine(_root, "assembled");
        await chunks.AssembleAsync(chain, 0, length, to, (_, _) => { }, Cancelled);
        return await File.ReadAllBytesAsync(to, Cancelled);
    }
}
