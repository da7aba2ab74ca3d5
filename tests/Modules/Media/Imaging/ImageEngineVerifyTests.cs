using Monolith.Media.Imaging;

namespace Monolith.Modules.Tests.Media.Imaging;

[Trait("host", "none")]
public sealed class ImageEngineVerifyTests
{
    public static readonly TheoryData<string> Kinds = ["jpeg", "progressive jpeg", "png", "interlaced png", "webp", "lossless webp"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Refuses_an_image_that_is_cut_short_anywhere(string kind)
    {
        var image = Make(kind);

        Assert.True((await VerifyAsync(image)).TryGet(out var info, out _));
        Assert.Equal((300, 200), (info!.Width, info.Height));
        foreach (var percent in new[] { 1, 10, 50, 90, 99 })
        {
            Assert.False((await VerifyAsync(image.AsMemory(0, image.Length * percent / 100))).TryGet(out _, out var error), $"{percent} %");
            Assert.Equal("unprocessable-image", error!.Code);
        }
    }

    // A PNG has its last pixel 12 bytes before its end; the other two notice even one byte.
    [Theory]
    [InlineData("jpeg", 1)]
    [InlineData("progressive jpeg", 1)]
    [InlineData("png", 13)]
    [InlineData("interlaced png", 13)]
    [InlineData("webp", 1)]
    [InlineData("lossless webp", 1)]
    public async Task Notices_the_last_few_bytes(string kind, int missing)
    {
        var image = Make(kind);

        Assert.False((await VerifyAsync(image.AsMemory(0, image.Length - missing))).TryGet(out _, out _));
    }

    [Theory]
    [InlineData(10)]
    [InlineData(50)]
    [InlineData(99)]
    public async Task Refuses_a_large_photo_that_is_cut_short(int percent)
    {
        var photo = await Pictures.PhotoAsync();

        Assert.True((await VerifyAsync(photo)).TryGet(out _, out _));
        Assert.False((await VerifyAsync(photo.AsMemory(0, (int)((long)photo.Length * percent / 100)))).TryGet(out _, out _));
    }

    [Fact]
    public async Task Takes_an_image_with_something_behind_it() =>
        Assert.True((await VerifyAsync((byte[])[.. Make("jpeg"), .. "a film, as telephones append it"u8])).TryGet(out _, out _));

    [Fact]
    public async Task Makes_nothing_of_half_a_photo_either()
    {
        var photo = await Pictures.PhotoAsync();

        var made = await Pictures.Engine.MakeAsync(photo.AsMemory(0, photo.Length / 2), Recipe.Web, TestContext.Current.CancellationToken);

        Assert.False(made.TryGet(out _, out var error));
        Assert.Equal("The image is broken or cut short.", error!.Detail);
    }

    private static byte[] Make(string kind)
    {
        var png = Pictures.Slopes(300, 200);
        return kind switch
        {
            "jpeg" => Pictures.Save(png, i => i.JpegsaveBuffer(q: 90)),
            "progressive jpeg" => Pictures.Save(png, i => i.JpegsaveBuffer(q: 90, interlace: true)),
            "png" => png,
            "interlaced png" => Pictures.Save(png, i => i.PngsaveBuffer(interlace: true)),
            "webp" => Pictures.Save(png, i => i.WebpsaveBuffer(q: 90)),
            "lossless webp" => Pictures.Save(png, i => i.WebpsaveBuffer(lossless: true)),
            _ => throw new ArgumentOutOfRangeException(nameof(kind)),
        };
    }

    private static Task<Result<ImageInfo>> VerifyAsync(ReadOnlyMemory<byte> image) =>
        Pictures.Engine.VerifyAsync(image, TestContext.Current.CancellationToken);
}
