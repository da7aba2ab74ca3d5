using Monolith.Operations.Backups;

namespace Monolith.Operations.Tests.Backups;

/// <summary>What is sealed can be read with the key alone, and only as it was written.</summary>
public sealed class SealedStreamTests
{
    private const int Sealed = Sealer.FrameSize + Sealer.TagSize;

    private static readonly byte[] _key = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(Sealer.FrameSize - 1)]
    [InlineData(Sealer.FrameSize)]
    [InlineData(Sealer.FrameSize + 1)]
    [InlineData((3 * Sealer.FrameSize) + 7)]
    public async Task Gives_back_what_was_sealed_whatever_its_length(int length)
    {
        var content = ContentOf(length);

        var box = await SealAsync(content);

        Assert.Equal(content, await OpenAsync(box));
        var frames = Math.Max(1, (length + Sealer.FrameSize - 1) / Sealer.FrameSize);
        Assert.Equal(Sealer.HeaderSize + length + (frames * Sealer.TagSize), box.Length);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1000)]
    [InlineData(Sealer.FrameSize * 2)]
    public async Task Gives_the_same_however_little_is_read_at_once(int piece)
    {
        var content = ContentOf(Sealer.FrameSize + 500);
        var box = await SealAsync(content, piece);

        await using var open = new OpeningStream(new MemoryStream(box), _key, "blobs/a");
        var (read, buffer) = (new List<byte>(), new byte[piece]);
        while (await open.ReadAsync(buffer.AsMemory(), Cancelled) is > 0 and var count)
        {
            read.AddRange(buffer[..count]);
        }

        Assert.Equal(content, read);
    }

    [Fact]
    public async Task Seals_the_same_content_otherwise_each_time()
    {
        var content = ContentOf(100);

        Assert.NotEqual(await SealAsync(content), await SealAsync(content));
    }

    [Theory]
    [InlineData(0)] // of the header
    [InlineData(Sealer.HeaderSize)]
    [InlineData(Sealer.HeaderSize + Sealer.FrameSize)] // of the tag
    [InlineData(Sealer.HeaderSize + Sealed + 3)]
    public async Task Opens_nothing_of_which_a_bit_was_changed(int at)
    {
        var box = await SealAsync(ContentOf(Sealer.FrameSize + 10));
        box[at] ^= 1;

        await RefusesAsync(box);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(Sealer.HeaderSize - 1)]
    [InlineData(Sealer.HeaderSize)]
    [InlineData(Sealer.HeaderSize + 1)]
    [InlineData(Sealer.HeaderSize + Sealed)] // a whole frame, of which the next is missing
    [InlineData(Sealer.HeaderSize + Sealed + Sealer.TagSize)]
    public async Task Opens_nothing_that_was_cut_off(int length)
    {
        var box = await SealAsync(ContentOf(Sealer.FrameSize + 10));

        await RefusesAsync(box[..length]);
    }

    [Fact]
    public async Task Opens_no_frames_in_another_order_or_with_more_behind()
    {
        var box = await SealAsync(ContentOf(3 * Sealer.FrameSize));
        var frames = box[Sealer.HeaderSize..].Chunk(Sealed).ToList();

        await RefusesAsync([.. box[..Sealer.HeaderSize], .. frames[1], .. frames[0], .. frames[2]]);
        await RefusesAsync([.. box[..Sealer.HeaderSize], .. frames[0], .. frames[2]]);
        await RefusesAsync([.. box, 0]);
        await RefusesAsync([.. box, .. frames[2]]);
    }

    [Fact]
    public async Task Opens_nothing_with_another_key_or_under_another_name()
    {
        var box = await SealAsync(ContentOf(10));
        byte[] another = [.. _key[..31], 0];

        await RefusesAsync(box, key: another);
        await RefusesAsync(box, name: "blobs/b");
    }

    [Fact]
    public async Task Closes_what_it_reads_from()
    {
        var inner = new MemoryStream([1, 2, 3]);
        await using (new SealingStream(inner, _key, "blobs/a"))
        {
            Assert.True(inner.CanRead);
        }

        Assert.False(inner.CanRead);
    }

    private static byte[] ContentOf(int length)
    {
        var content = new byte[length];
        new Random(length).NextBytes(content);
        return content;
    }

    private static async Task<byte[]> SealAsync(byte[] content, int piece = 81_920)
    {
        await using var stream = new SealingStream(new MemoryStream(content), _key, "blobs/a");
        using var box = new MemoryStream();
        await stream.CopyToAsync(box, piece, Cancelled);
        return box.ToArray();
    }

    private static async Task<byte[]> OpenAsync(byte[] box, byte[]? key = null, string name = "blobs/a")
    {
        await using var stream = new OpeningStream(new MemoryStream(box), key ?? _key, name);
        using var content = new MemoryStream();
        await stream.CopyToAsync(content, Cancelled);
        return content.ToArray();
    }

    private static async Task RefusesAsync(byte[] box, byte[]? key = null, string name = "blobs/a")
    {
        var refused = await Assert.ThrowsAsync<InvalidDataException>(() => OpenAsync(box, key, name));

        Assert.Equal($"{name} is not as it was sealed", refused.Message);
    }
}
