using System.Runtime.InteropServices;
using Monolith.Media.Imaging;

namespace Monolith.Modules.Tests.Media.Imaging;

[Trait("host", "none")]
public sealed class VipsLibraryTests
{
    [Fact]
    public void Says_in_one_line_what_to_install_when_there_is_no_libvips()
    {
        var refusal = Assert.Throws<DllNotFoundException>(() => VipsLibrary.Load("/nowhere/libvips.so.42"));

        Assert.Contains("apt install libvips42", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("/nowhere/libvips.so.42", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refusal.Message);
    }

    [Fact]
    public void Is_there_for_these_tests()
    {
        Assert.True(ImageEngine.IsAvailable, VipsLibrary.Problem);
        Start();
    }

    // The second lock: even content that got past our own sniffing finds no loader.
    [Theory]
    [InlineData("svgload_buffer", "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"9\" height=\"9\"/>")]
    [InlineData("gifload_buffer", "GIF89a")]
    [InlineData("tiffload_buffer", "II*\0")]
    [InlineData("radload_buffer", "#?RADIANCE")]
    public void Keeps_every_other_loader_shut(string loader, string content)
    {
        Start();
        var input = Marshal.StringToCoTaskMemUTF8(content);
        using var operation = new VipsOperation(loader, "");

        var refusal = Assert.Throws<VipsException>(() => operation.With("buffer", input, content.Length).Run());
        Marshal.FreeCoTaskMem(input);

        Assert.Contains("blocked", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("jpegload")]
    [InlineData("pngload")]
    [InlineData("webpload")]
    public void Opens_no_file_by_its_name(string loader)
    {
        Start();
        using var operation = new VipsOperation(loader, "filename=/etc/passwd");

        var refusal = Assert.Throws<VipsException>(() => operation.Run());

        Assert.Contains("blocked", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Takes_a_misspelt_option_for_our_mistake_and_not_the_images()
    {
        Start();

        Assert.Throws<InvalidOperationException>(() => new VipsOperation("sharpen", "sigmund=1"));
        Assert.Throws<InvalidOperationException>(() => new VipsOperation("shrapen", ""));
    }

    // To be available is to be found: what is called without an engine is started first.
    private static void Start() => Assert.Null(VipsLibrary.Problem);
}
