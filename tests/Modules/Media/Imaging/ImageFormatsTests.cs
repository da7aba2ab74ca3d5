using System.Text;
using Monolith.Media.Imaging;

namespace Monolith.Modules.Tests.Media.Imaging;

[Trait("host", "none")]
public sealed class ImageFormatsTests
{
    [Theory]
    [InlineData("")]
    [InlineData("hello.jpg")]
    [InlineData("<svg xmlns=\"http://www.w3.org/2000/svg\"/>")]
    [InlineData("<?xml version=\"1.0\"?><svg/>")]
    [InlineData("%PDF-1.7 and more")]
    [InlineData("GIF89a and more")]
    [InlineData("P6 1 1 255 abc")]
    [InlineData("BM and more and more")]
    [InlineData("II*\0 and more and more")]
    [InlineData("RIFF....WAVEfmt ")]
    [InlineData("RIFF....WEB")]
    [InlineData("push graphic-context")]
    public void Knows_nothing_but_the_three_formats(string content)
    {
        Assert.False(ImageFormats.TrySniff(Encoding.Latin1.GetBytes(content), out _));
        Assert.False(Pictures.Engine.Inspect(Encoding.Latin1.GetBytes(content)).TryGet(out _, out var error));
        Assert.Equal(("unsupported-media", ErrorKind.UnsupportedMedia), (error!.Code, error.Kind));
    }

    [Fact]
    public async Task Knows_each_format_by_its_first_twelve_bytes()
    {
        var png = Pictures.Slopes(9, 7);
        (byte[] Image, ImageFormat Format)[] images =
        [
            (png, ImageFormat.Png),
            (await Pictures.JpegAsync(png), ImageFormat.Jpeg),
            (await Pictures.WebpAsync(png), ImageFormat.Webp),
        ];

        foreach (var (image, expected) in images)
        {
            Assert.True(ImageFormats.TrySniff(image.AsSpan(0, ImageFormats.HeadLength), out var format));
            Assert.Equal(expected, format);
        }
    }
}
