using System.Security.Cryptography;
using Monolith.Media;

namespace Monolith.Modules.Tests.Media;

/// <summary>An upload on its way to the disk: hashed, counted, and no more than the limit.</summary>
[Trait("host", "none")]
public sealed class IntakeTests
{
    private static readonly byte[] _content = [.. Enumerable.Range(0, 1000).Select(i => (byte)i)];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0, 1000)]
    [InlineData(16, 1000)]
    [InlineData(16, 7)]
    [InlineData(1000, 300)]
    public async Task Gives_what_was_read_already_and_then_the_rest(int head, int piece)
    {
        await using var intake = IntakeOf(head, limit: 1000);

        var read = await ReadAsync(intake, piece);

        Assert.Equal(_content, read);
        Assert.Equal((1000, Convert.ToHexStringLower(SHA256.HashData(_content))), (intake.Position, intake.TakeHash()));
    }

    [Theory]
    [InlineData(999, 1000)]
    [InlineData(999, 1)]
    [InlineData(15, 1000)] // less than was read already
    public async Task Ends_an_upload_that_is_larger_than_the_limit(long limit, int piece)
    {
        await using var intake = IntakeOf(16, limit);

        await Assert.ThrowsAsync<IntakeTooLargeException>(() => ReadAsync(intake, piece));
    }

    [Fact]
    public async Task Leaves_the_request_open_for_what_is_left_of_it()
    {
        var rest = new MemoryStream(_content);
        await using (new Intake(default, rest, 1000))
        {
        }

        Assert.True(rest.CanRead);
    }

    private static Intake IntakeOf(int head, long limit) => new(_content.AsMemory(0, head), new MemoryStream(_content[head..]), limit);

    private static async Task<byte[]> ReadAsync(Intake intake, int piece)
    {
        var (all, buffer) = (new List<byte>(), new byte[piece]);
        while (await intake.ReadAsync(buffer.AsMemory(), Cancelled) is > 0 and var count)
        {
            all.AddRange(buffer[..count]);
        }

        return [.. all];
    }
}
