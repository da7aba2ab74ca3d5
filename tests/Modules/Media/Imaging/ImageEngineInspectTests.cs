using Monolith.Media.Imaging;

namespace Monolith.Modules.Tests.Media.Imaging;

[Trait("host", "none")]
public sealed class ImageEngineInspectTests
{
    [Fact]
    public async Task Reads_size_and_format_off_the_header()
    {
        var png = Pictures.Slopes(31, 17);

        Assert.Equal(new ImageInfo(ImageFormat.Png, 31, 17), Inspect(png));
        Assert.Equal(new ImageInfo(ImageFormat.Jpeg, 31, 17), Inspect(await Pictures.JpegAsync(png)));
        Assert.Equal(new ImageInfo(ImageFormat.Webp, 31, 17), Inspect(await Pictures.WebpAsync(png)));
    }

    [Theory]
    [InlineData(1, 31, 17)]
    [InlineData(3, 31, 17)]
    [InlineData(6, 17, 31)]
    [InlineData(8, 17, 31)]
    [InlineData(99, 31, 17)]
    public async Task Tells_the_size_as_a_viewer_shows_it(short orientation, int width, int height)
    {
        var jpeg = Pictures.WithExif(await Pictures.JpegAsync(Pictures.Slopes(31, 17)), orientation);

        Assert.Equal(new ImageInfo(ImageFormat.Jpeg, width, height), Inspect(jpeg));
    }

    [Fact]
    public void Refuses_more_pixels_than_the_limit_though_no_side_is_too_long() =>
        Assert.Equal("The image has more than 50,000,000 pixels.", Unprocessable(Pictures.Engine.Inspect(Png.Bomb(7_104))));

    [Fact]
    public void Refuses_what_claims_far_more_pixels_than_it_has_bytes() =>
        Assert.Equal(
            "The image claims more than 1,000 pixels for every byte of its file.",
            Unprocessable(Pictures.Engine.Inspect(Png.Bomb(7_000))));

    [Fact]
    public void Takes_an_image_that_is_exactly_as_long_as_the_limit()
    {
        Assert.Equal(16_384, Inspect(Pictures.Slopes(16_384, 1)).Width);
        Assert.Equal(
            "A side of the image is longer than 16,384 pixels.", Unprocessable(Pictures.Engine.Inspect(Pictures.Slopes(16_385, 1))));
    }

    [Fact]
    public void Refuses_an_animation() =>
        Assert.Equal("The image has more frames than 1.", Unprocessable(Pictures.Engine.Inspect(Pictures.Animation())));

    [Theory]
    [InlineData(new byte[] { 0xFF, 0xD8, 0xFF })]
    [InlineData(new byte[] { 0xFF, 0xD8, 0xFF, 0xE0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 })]
    [InlineData(new byte[] { 0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A })]
    [InlineData(new byte[] { 0x52, 0x49, 0x46, 0x46, 0, 0, 0, 0, 0x57, 0x45, 0x42, 0x50, 0x56, 0x50, 0x38, 0x20 })]
    public void Refuses_a_head_with_nothing_behind_it(byte[] content) =>
        Assert.Equal("The image is broken or cut short.", Unprocessable(Pictures.Engine.Inspect(content)));

    private static ImageInfo Inspect(byte[] image) =>
        Pictures.Engine.Inspect(image).TryGet(out var info, out var error) ? info : throw new InvalidOperationException(error.Detail);

    internal static string Unprocessable<T>(Result<T> result)
    {
        Assert.False(result.TryGet(out _, out var error));
        Assert.Equal(("unprocessable-image", ErrorKind.Unprocessable), (error!.Code, error.Kind));
        return error.Detail;
    }
}
