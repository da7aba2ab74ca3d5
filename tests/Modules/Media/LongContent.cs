
namespace Monolith.Modules.Tests.Media;

/// <summary>A body that begins like a JPEG and goes on for long, and says so beforehand or not.</summary>
internal sealed class LongContent(long length, bool isDeclared) : HttpContent
{
    private static readonly byte[] _zeros = new byte[64 << 10];

    /// <summary>How much was sent so far.</summary>
    public long Sent { get; private set; }

    /// <summary>Called after the first megabyte.</summary>
    public Func<Task>? Pause { get; init; }

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        await stream.WriteAsync(new byte[] { 0xFF, 0xD8, 0xFF, 0xE0 }, cancellationToken);
        for (Sent = 4; Sent < length;)
        {
            var next = (int)Math.Min(_zeros.Length, length - Sent);
            await stream.WriteAsync(_zeros.AsMemory(0, next), cancellationToken);
            Sent += next;
            if (Sent > 1 << 20 && Pause is not null)
            {
                await stream.FlushAsync(cancellationToken);
                await Pause();
            }
        }
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override bool TryComputeLength(out long computed)
    {
        computed = length;
        return isDeclared;
    }
}
