using System.Security.Cryptography;

namespace Monolith.Kernel.Tests.Idempotency;

/// <summary>The body that is hashed on its way in, and the answer that is held back on its way out.</summary>
public sealed class KeyedStreamsTests : IDisposable
{
    private const int Limit = 1 << 20;

    private readonly MemoryStream _client = new();

    public void Dispose() => _client.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(40_000)]
    public async Task A_body_has_the_same_hash_however_much_of_it_was_read(int read)
    {
        var content = Enumerable.Range(0, 40_000).Select(i => (byte)i).ToArray();
        await using var body = new HashedBody(new MemoryStream(content), IncrementalHash.CreateHash(HashAlgorithmName.SHA256));
        var part = new byte[read];
        await body.ReadExactlyAsync(part, CancellationToken.None);

        Assert.Equal(SHA256.HashData(content), await body.FinishAsync(CancellationToken.None));
        Assert.Equal(
            SHA256.HashData(content), await body.FinishAsync(CancellationToken.None)); // Asked for again, by a repetition that fails.
        Assert.Equal(content[..read], part);
    }

    [Fact]
    public async Task An_answer_is_held_up_to_its_limit()
    {
        await using var answer = new HeldAnswer(_client);
        await answer.WriteAsync(new byte[Limit - 1], CancellationToken.None);
        await answer.WriteAsync(new byte[] { 7 }, CancellationToken.None);
        await answer.FlushAsync(CancellationToken.None);

        Assert.True(answer.IsHeld);
        Assert.Equal(Limit, answer.ToArray().Length);
        Assert.Empty(_client.ToArray());
    }

    [Fact]
    public async Task An_answer_above_the_limit_goes_to_the_client_whole_and_in_order()
    {
        await using var answer = new HeldAnswer(_client);
        await answer.WriteAsync(new byte[] { 1, 2 }, CancellationToken.None);
        await answer.WriteAsync(new byte[Limit], CancellationToken.None);
        await answer.WriteAsync(new byte[] { 3 }, CancellationToken.None);
        await answer.FlushAsync(CancellationToken.None);

        Assert.False(answer.IsHeld);
        Assert.Equal([1, 2, 0], _client.ToArray()[..3]);
        Assert.Equal((Limit + 3, 3), (_client.ToArray().Length, _client.ToArray()[^1]));
    }

    public static TheoryData<string, Action<Stream>> Unsupported => new()
    {
        { "Length", stream => _ = stream.Length },
        { "Position", stream => _ = stream.Position },
        { "set Position", stream => stream.Position = 1 },
        { "Seek", stream => stream.Seek(0, SeekOrigin.Begin) },
        { "SetLength", stream => stream.SetLength(1) },
        { "Read", stream => _ = stream.Read(new byte[1], 0, 1) },
        { "Write", stream => stream.Write(new byte[1], 0, 1) },
    };

    [Theory]
    [MemberData(nameof(Unsupported), DisableDiscoveryEnumeration = true)]
    public void Neither_can_seek_or_block(string member, Action<Stream> call)
    {
        using var body = new HashedBody(Stream.Null, IncrementalHash.CreateHash(HashAlgorithmName.SHA256));
        using var answer = new HeldAnswer(_client);

        foreach (var stream in new Stream[] { body, answer })
        {
            Assert.False(stream.CanSeek);
            Assert.True(Record.Exception(() => call(stream)) is NotSupportedException, member);
        }
    }

    [Fact]
    public async Task Each_goes_one_way()
    {
        await using var body = new HashedBody(Stream.Null, IncrementalHash.CreateHash(HashAlgorithmName.SHA256));
        await using var answer = new HeldAnswer(_client);

        Assert.Equal((true, false), (body.CanRead, body.CanWrite));
        Assert.Equal((false, true), (answer.CanRead, answer.CanWrite));
        await Assert.ThrowsAsync<NotSupportedException>(() => body.WriteAsync(new byte[1], CancellationToken.None).AsTask());
        await Assert.ThrowsAsync<NotSupportedException>(() => answer.ReadAsync(new byte[1], CancellationToken.None).AsTask());
    }
}
