using Monolith.Media.Imaging;
using NetVips;

namespace Monolith.Modules.Tests.Media.Imaging;

[Trait("host", "none")]
public sealed class ImageEngineMakeTests
{
    private static readonly Recipe _same = new(2_000, 2_000, Fit.Inside) { Output = null, Quality = 95 };

    public static readonly MatrixTheoryData<string, string> Formats = new(["Jpeg", "Png", "Webp"], ["Jpeg", "Png", "Webp"]);

    [Theory]
    [MemberData(nameof(Formats))]
    public async Task Turns_every_format_into_every_other(string from, string to)
    {
        var source = (await MakeAsync(Pictures.RedAndBlue(60, 40), _same with { Output = Enum.Parse<ImageFormat>(from) })).Bytes;

        var made = await MakeAsync(source, _same with { Output = Enum.Parse<ImageFormat>(to) });

        Assert.Equal((60, 40, to), (made.Width, made.Height, made.Format.ToString()));
        Assert.True(ImageFormats.TrySniff(made.Bytes, out var format));
        Assert.Equal(made.Format, format);
        Assert.True(IsRed(made, 0.1, 0.5) && IsBlue(made, 0.9, 0.5));
    }

    [Fact]
    public async Task Keeps_the_format_when_none_is_asked_for()
    {
        var png = Pictures.Slopes(20, 20);

        Assert.Equal(ImageFormat.Png, (await MakeAsync(png, _same)).Format);
        Assert.Equal(ImageFormat.Jpeg, (await MakeAsync(await Pictures.JpegAsync(png), _same)).Format);
    }

    // Red is on the left of the stored image; where a viewer shows it says EXIF 2.3, table 6.
    [Theory]
    [InlineData(1, 60, 40, 0.1, 0.5)]
    [InlineData(2, 60, 40, 0.9, 0.5)]
    [InlineData(3, 60, 40, 0.9, 0.5)]
    [InlineData(4, 60, 40, 0.1, 0.5)]
    [InlineData(5, 40, 60, 0.5, 0.1)]
    [InlineData(6, 40, 60, 0.5, 0.1)]
    [InlineData(7, 40, 60, 0.5, 0.9)]
    [InlineData(8, 40, 60, 0.5, 0.9)]
    public async Task Turns_the_pixels_as_exif_says(short orientation, int width, int height, double across, double down)
    {
        var source = Pictures.WithExif(await Pictures.JpegAsync(Pictures.RedAndBlue(60, 40)), orientation);

        var made = await MakeAsync(source, _same);

        Assert.Equal((width, height), (made.Width, made.Height));
        Assert.True(IsRed(made, across, down) && IsBlue(made, 1 - across, 1 - down));
        Assert.Equal(new ImageInfo(ImageFormat.Jpeg, width, height), Inspect(made.Bytes));
    }

    [Fact]
    public async Task Strips_everything_but_the_picture()
    {
        var jpeg = Pictures.Save(Pictures.Slopes(300, 200), i => i.JpegsaveBuffer(), i => i.IccTransform("p3", inputProfile: "srgb"));
        jpeg = Pictures.WithSegment(jpeg, 0xFE, "a comment with a name"u8);
        jpeg = Pictures.WithSegment(jpeg, 0xE1, "http://ns.adobe.com/xap/1.0/\0<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"u8);
        jpeg = Pictures.WithExif(jpeg, 6);
        var webp = Pictures.Save(jpeg, i => i.WebpsaveBuffer());
        byte[][] marks =
        [
            .. new[] { "Exif", "EXIF", "2026:01:02", "xmpmeta", "XMP ", "ICC_PROFILE", "ICCP", "iCCP", "eXIf", "comment" }
                .Select(System.Text.Encoding.ASCII.GetBytes),
        ];
        Assert.True(marks.Count(mark => jpeg.AsSpan().IndexOf(mark) >= 0) > 3);
        Assert.True(marks.Count(mark => webp.AsSpan().IndexOf(mark) >= 0) > 3);

        foreach (var format in Enum.GetValues<ImageFormat>())
        {
            var fromJpeg = await MakeAsync(jpeg, Recipe.Web with { Output = format });
            var fromWebp = await MakeAsync(webp, Recipe.Web with { Output = format });

            Assert.DoesNotContain(marks, mark => fromJpeg.Bytes.AsSpan().IndexOf(mark) >= 0);
            Assert.DoesNotContain(marks, mark => fromWebp.Bytes.AsSpan().IndexOf(mark) >= 0);
            Assert.Equal((200, 300), (fromWebp.Width, fromWebp.Height));
        }
    }

    [Fact]
    public async Task Converts_the_colours_of_a_profile_before_it_is_stripped()
    {
        var green = Png.Draw(20, 20, (_, _) => [40, 200, 40]);
        var wide = Pictures.Save(green, i => i.PngsaveBuffer(), i => i.IccTransform("p3", inputProfile: "srgb"));

        var made = await MakeAsync(wide, _same);

        Assert.True(Distance([40, 200, 40], Pictures.PixelAt(made.Bytes, 0.5, 0.5)) < 6);
        Assert.True(Distance([40, 200, 40], Pictures.PixelAt(wide, 0.5, 0.5)) > 20); // what is stored, not what it means
    }

    [Theory]
    [InlineData(Enums.Interpretation.Srgb)]
    [InlineData(Enums.Interpretation.Bw)]
    [InlineData(Enums.Interpretation.Cmyk)]
    public async Task Does_without_a_profile_that_is_broken(Enums.Interpretation colours)
    {
        var jpeg = Pictures.Save(Pictures.Slopes(64, 64), i => i.JpegsaveBuffer(q: 90), i => i.Colourspace(colours));
        jpeg = Pictures.WithSegment(jpeg, 0xE2, [.. "ICC_PROFILE\0\x01\x01"u8, .. new byte[200]]);

        Assert.Equal(64, (await MakeAsync(jpeg, Recipe.Web)).Width);
    }

    [Fact]
    public async Task Makes_a_cmyk_jpeg_visible_on_a_screen()
    {
        var cmyk = Pictures.Save(
            Pictures.RedAndBlue(60, 40),
            i => i.JpegsaveBuffer(q: 95, subsampleMode: Enums.ForeignSubsample.Off),
            i => i.Colourspace(Enums.Interpretation.Cmyk));

        var made = await MakeAsync(cmyk, Recipe.Web);

        Assert.Equal(3, Pictures.PixelAt(made.Bytes, 0.5, 0.5).Length);
        Assert.True(IsRed(made, 0.1, 0.5) && IsBlue(made, 0.9, 0.5));
    }

    [Fact]
    public async Task Keeps_grey_grey()
    {
        var grey = Png.Draw(64, 48, (x, _) => [(byte)(x * 4)], Png.Grey);

        foreach (var recipe in new[] { Recipe.Thumb, Recipe.Web, Recipe.Blurred })
        {
            var pixel = Pictures.PixelAt((await MakeAsync(grey, recipe)).Bytes, 0.5, 0.5);
            Assert.Equal(pixel[0], pixel[^1]);
            Assert.InRange(pixel[0], 120, 140);
        }
    }

    [Fact]
    public async Task Brings_sixteen_bits_down_to_eight()
    {
        var deep = Png.Draw(64, 48, (_, _) => [200, 0, 100, 0, 50, 0], Png.Rgb, bits: 16);

        foreach (var format in Enum.GetValues<ImageFormat>())
        {
            var made = await MakeAsync(deep, Recipe.Web with { Output = format });
            Assert.True(Distance([200, 100, 50], Pictures.PixelAt(made.Bytes, 0.5, 0.5)) < 8);
        }
    }

    [Fact]
    public async Task Keeps_transparency_where_the_format_can_and_turns_it_white_where_not()
    {
        var half = Png.Draw(80, 40, (x, _) => x < 40 ? [220, 20, 20, 255] : [0, 0, 0, 0], Png.Rgba);

        foreach (var recipe in new[] { Recipe.Thumb, Recipe.Web, Recipe.Blurred })
        {
            var webp = await MakeAsync(half, recipe);
            Assert.Equal((255, 0), (Pictures.PixelAt(webp.Bytes, 0.05, 0.5)[3], Pictures.PixelAt(webp.Bytes, 0.95, 0.5)[3]));

            var jpeg = await MakeAsync(half, recipe with { Output = ImageFormat.Jpeg });
            Assert.True(IsRed(jpeg, 0.05, 0.5));
            Assert.True(Distance([255, 255, 255], Pictures.PixelAt(jpeg.Bytes, 0.95, 0.5)) < 6);
        }
    }

    [Fact]
    public async Task Lets_no_colour_of_transparent_pixels_bleed_into_a_blur()
    {
        var half = Png.Draw(80, 40, (x, _) => x < 40 ? [220, 220, 220, 255] : [0, 0, 0, 0], Png.Rgba);

        var made = await MakeAsync(half, _same with { Blur = 4 });

        var pixel = Pictures.PixelAt(made.Bytes, 0.5, 0.5);
        Assert.InRange(pixel[3], 90, 165);
        Assert.InRange(pixel[0], 210, 230);
    }

    [Fact]
    public async Task Makes_something_of_a_single_pixel()
    {
        var pixel = Png.Draw(1, 1, (_, _) => [220, 20, 20]);

        var thumb = await MakeAsync(pixel, Recipe.Thumb);
        var web = await MakeAsync(pixel, Recipe.Web);
        var blurred = await MakeAsync(pixel, Recipe.Blurred);

        Assert.Equal((256, 256, 1, 1, 1, 1), (thumb.Width, thumb.Height, web.Width, web.Height, blurred.Width, blurred.Height));
        Assert.True(IsRed(thumb, 0.5, 0.5) && IsRed(web, 0, 0) && IsRed(blurred, 0, 0));
    }

    [Theory]
    [InlineData(1, 256, 256, 1600, 1200)]
    [InlineData(6, 256, 256, 1200, 1600)]
    public async Task Makes_the_presets_of_a_photo(short orientation, int thumbWidth, int thumbHeight, int webWidth, int webHeight)
    {
        var photo = Pictures.WithExif(await Pictures.PhotoAsync(), orientation);

        var thumb = await MakeAsync(photo, Recipe.Thumb);
        var web = await MakeAsync(photo, Recipe.Web);
        var blurred = await MakeAsync(photo, Recipe.Blurred);

        Assert.Equal((thumbWidth, thumbHeight), (thumb.Width, thumb.Height));
        Assert.Equal((webWidth, webHeight), (web.Width, web.Height));
        Assert.Equal((webWidth, webHeight), (blurred.Width, blurred.Height));
        Assert.True(blurred.Bytes.Length * 5 < web.Bytes.Length, "no detail is left in a blur");
    }

    [Theory]
    [InlineData(50, 3_000)]
    [InlineData(3_000, 50)]
    public async Task Crops_a_long_image_around_its_centre(int width, int height)
    {
        var made = await MakeAsync(Pictures.RedAndBlue(width, height), Recipe.Thumb);

        Assert.Equal((256, 256), (made.Width, made.Height));
        Assert.True(IsRed(made, 0.1, 0.5) && IsBlue(made, 0.9, 0.5));
    }

    [Fact]
    public async Task Sharpens_and_blurs_an_edge()
    {
        var edge = Png.Draw(64, 64, (x, _) => x < 32 ? [100] : [150], Png.Grey);
        const double JustLeft = 31 / 64.0;

        var sharpened = Pictures.PixelAt((await MakeAsync(edge, _same with { Sharpen = 1 })).Bytes, JustLeft, 0.5)[0];
        var blurred = Pictures.PixelAt((await MakeAsync(edge, _same with { Blur = 3 })).Bytes, JustLeft, 0.5)[0];

        Assert.True(sharpened < 97, $"{sharpened}");
        Assert.InRange(blurred, 110, 128);
    }

    private static async Task<MadeImage> MakeAsync(byte[] image, Recipe recipe) =>
        (await Pictures.Engine.MakeAsync(image, recipe, TestContext.Current.CancellationToken)).TryGet(out var made, out var error)
            ? made
            : throw new InvalidOperationException(error.Detail);

    private static ImageInfo Inspect(byte[] image) =>
        Pictures.Engine.Inspect(image).TryGet(out var info, out var error) ? info : throw new InvalidOperationException(error.Detail);

    private static bool IsRed(MadeImage image, double across, double down) =>
        Pictures.PixelAt(image.Bytes, across, down) is [> 150, < 90, < 90, ..];

    private static bool IsBlue(MadeImage image, double across, double down) =>
        Pictures.PixelAt(image.Bytes, across, down) is [< 90, < 90, > 120, ..];

    private static int Distance(byte[] one, byte[] other) => one.Zip(other, (a, b) => Math.Abs(a - b)).Max();
}
