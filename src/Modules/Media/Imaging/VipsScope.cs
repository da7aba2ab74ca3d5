using System.Buffers;

namespace Monolith.Media.Imaging;

/// <summary>One closed piece of work: holds the input in its place, stops when told, frees everything at its end.</summary>
/// <remarks>Not for more than one thread. A single step inside of an encoder cannot be stopped; the limits keep it short.</remarks>
internal sealed class VipsScope(ReadOnlyMemory<byte> input, CancellationToken stop) : IDisposable
{
    private readonly MemoryHandle _pin = input.Pin();
    private readonly Stack<IDisposable> _held = new();

    /// <summary>Opens the input: its header only, unless it is used further.</summary>
    public VipsImage Load(ImageFormat format, string options)
    {
        using var operation = new VipsOperation($"{Nickname(format)}load_buffer", options);
        return Hold(operation.With("buffer", Address, input.Length).Run().Image("out"));
    }

    public VipsImage Apply(VipsImage image, string name, string options = "")
    {
        stop.ThrowIfCancellationRequested();
        using var operation = new VipsOperation(name, options);
        return Hold(operation.With("in", image).Run().Image("out"));
    }

    /// <summary>Makes every pixel and forgets it.</summary>
    public void ReadThrough(VipsImage image)
    {
        stop.ThrowIfCancellationRequested();
        using var operation = new VipsOperation("avg", "");
        operation.With("in", image).Run();
    }

    public byte[] Save(VipsImage image, ImageFormat format, string options)
    {
        stop.ThrowIfCancellationRequested();

        // When its input fails or is stopped, the WebP saver of 8.14.1 never frees it: give it finished pixels, which cannot fail.
        var input = format is ImageFormat.Webp ? Hold(image.Render()) : image;
        using var operation = new VipsOperation($"{Nickname(format)}save_buffer", options);
        var bytes = operation.With("in", input).Run().Bytes("buffer");
        return format is ImageFormat.Webp ? WebpContainer.Strip(bytes) : bytes;
    }

    public void Dispose()
    {
        while (_held.TryPop(out var held))
        {
            held.Dispose();
        }

        _pin.Dispose();
    }

    private unsafe nint Address => (nint)_pin.Pointer;

    private VipsImage Hold(VipsImage image)
    {
        _held.Push(image);
        _held.Push(stop.Register(image.Kill));
        return image;
    }

    private static string Nickname(ImageFormat format) => format switch
    {
        ImageFormat.Jpeg => "jpeg",
        ImageFormat.Png => "png",
        ImageFormat.Webp => "webp",
        _ => throw new ArgumentOutOfRangeException(nameof(format)),
    };
}
