using System.Text;
using Monolith.Media.Imaging;
using NetVips;

namespace Monolith.Modules.Tests.Media.Imaging;

[Trait("host", "none")]
public sealed class LibvipsTests
{
    public LibvipsTests() => Assert.Null(Libvips.Problem); // Looking starts it.

    [Fact]
    public void Is_there_for_these_tests() => Assert.True(ImageEngine.IsAvailable);

    // The second lock: even content that got past our own sniffing finds no loader.
    [Theory]
    [InlineData("svgload_buffer", "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"9\" height=\"9\"/>")]
    [InlineData("gifload_buffer", "GIF89a")]
    [InlineData("tiffload_buffer", "II*\0")]
    public void Keeps_every_other_loader_shut(string loader, string content)
    {
        var refusal = Assert.Throws<VipsException>(() => Operation.Call(loader, Encoding.UTF8.GetBytes(content)));

        Assert.Contains("blocked", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("jpegload")]
    [InlineData("pngload")]
    [InlineData("webpload")]
    public void Opens_no_file_by_its_name(string loader)
    {
        var refusal = Assert.Throws<VipsException>(() => Operation.Call(loader, "/etc/passwd"));

        Assert.Contains("blocked", refusal.Message, StringComparison.Ordinal);
    }
}
