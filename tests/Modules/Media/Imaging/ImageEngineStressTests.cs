using Monolith.Media.Imaging;
using NetVips;

namespace Monolith.Modules.Tests.Media.Imaging;

[CollectionDefinition(nameof(ImageEngineStressTests), DisableParallelization = true)]
[Collection(nameof(ImageEngineStressTests))]
[Trait("host", "none")]
public sealed class ImageEngineStressTests
{
    // Blurring that far takes many seconds, and all of it lies ahead when the token is cancelled.
    private static readonly Recipe _endless = new(4_000, 4_000, Fit.Inside) { Blur = 300, Sharpen = 9 };

    [Theory]
    [InlineData(1)]
    [InlineData(6)]
    public async Task Stops_in_the_middle_when_cancelled(short orientation)
    {
        var photo = Pictures.WithExif(await Pictures.PhotoAsync(), orientation);
        using var cancel = new CancellationTokenSource();

        var making = Pictures.Engine.MakeAsync(photo, _endless, cancel.Token);
        await IsAtWorkAsync();
        var start = Environment.CpuUsage.TotalTime;
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => making);

        AssertWorkedLess(TimeSpan.FromSeconds(5), start);
    }

    [Fact]
    public async Task Refuses_a_bomb_without_setting_it_off()
    {
        var bomb = Png.Bomb(30_000);
        Assert.True(bomb.Length < 300_000);
        Pictures.Engine.Inspect(Pictures.Slopes(9, 9));
        var start = Environment.CpuUsage.TotalTime;

        var inspected = Pictures.Engine.Inspect(bomb);
        var verified = await Pictures.Engine.VerifyAsync(bomb, TestContext.Current.CancellationToken);
        var made = await Pictures.Engine.MakeAsync(bomb, Recipe.Thumb, TestContext.Current.CancellationToken);

        // Decoding it takes seconds; what refuses it takes about a millisecond.
        AssertWorkedLess(TimeSpan.FromSeconds(1), start);
        Assert.Equal("A side of the image is longer than 16,384 pixels.", ImageEngineInspectTests.Unprocessable(inspected));
        Assert.Equal("A side of the image is longer than 16,384 pixels.", ImageEngineInspectTests.Unprocessable(verified));
        Assert.Equal("A side of the image is longer than 16,384 pixels.", ImageEngineInspectTests.Unprocessable(made));
    }

    [Fact]
    public async Task Does_not_begin_when_cancelled_before()
    {
        var cancelled = new CancellationToken(canceled: true);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Pictures.Engine.VerifyAsync(Pictures.Slopes(9, 9), cancelled));
    }

    [Fact]
    public async Task Refuses_what_takes_too_long_and_names_the_limit()
    {
        var clock = new FakeClock();
        using var hasty = Pictures.EngineWith(new ImageLimits { MaxDuration = TimeSpan.FromMilliseconds(150) }, clock);
        var photo = await Pictures.PhotoAsync();

        var making = hasty.MakeAsync(photo, _endless, TestContext.Current.CancellationToken);
        await IsAtWorkAsync();
        clock.Advance(TimeSpan.FromMilliseconds(150));
        var made = await making;
        var after = await hasty.VerifyAsync(Pictures.Slopes(9, 9), TestContext.Current.CancellationToken);

        Assert.False(made.TryGet(out _, out var error));
        Assert.Equal("unprocessable-image", error!.Code);
        Assert.Equal("The image took longer than 0.15 seconds to process.", error.Detail);
        Assert.True(after.TryGet(out _, out _));
    }

    [Fact]
    public async Task Survives_flipped_bits()
    {
        var png = Pictures.Slopes(120, 90);
        byte[][] images =
        [
            png,
            Pictures.Save(png, i => i.PngsaveBuffer(interlace: true)),
            Pictures.Save(png, i => i.JpegsaveBuffer(q: 90)),
            Pictures.WithExif(await Pictures.JpegAsync(png), 6),
            await Pictures.WebpAsync(png),
            Pictures.Save(png, i => i.WebpsaveBuffer(lossless: true)),
        ];
        var (whole, refused) = (0, 0);
        var random = 2_463_534_242u;

        foreach (var image in images)
        {
            for (var round = 0; round < 40; round++)
            {
                var damaged = image.ToArray();
                for (var flips = 0; flips <= round / 4; flips++)
                {
                    random ^= random << 13;
                    random ^= random >> 17;
                    random ^= random << 5;

                    // Half of them in the first 200 bytes, where the structure is.
                    var place = (random >> 3) % (flips % 2 == 0 ? Math.Min(200, damaged.Length) : damaged.Length);
                    damaged[place] ^= (byte)(1 << (int)(random & 7));
                }

                var verified = (await Pictures.Engine.VerifyAsync(damaged, TestContext.Current.CancellationToken)).TryGet(out _, out _);
                var made = (
                    await Pictures.Engine.MakeAsync(damaged, Recipe.Blurred, TestContext.Current.CancellationToken)).TryGet(out _, out _);
                _ = verified && made ? whole++ : refused++;
            }
        }

        TestContext.Current.TestOutputHelper!.WriteLine($"{whole} taken, {refused} refused");
        Assert.Equal(240, whole + refused);
        Assert.True(refused > 60);
    }

    [Fact]
    public async Task Gives_all_memory_back_whatever_happens()
    {
        var image = await Pictures.JpegAsync(Pictures.Slopes(1_000, 750));
        var half = image.AsMemory(0, image.Length / 2);

        for (var round = 0; round < 4; round++)
        {
            await Parallel.ForEachAsync(
                Enumerable.Range(0, 40),
                new ParallelOptions { MaxDegreeOfParallelism = 4, CancellationToken = TestContext.Current.CancellationToken },
                async (i, cancellationToken) =>
                {
                    var recipe = (i % 3) switch { 0 => Recipe.Thumb, 1 => Recipe.Web, _ => Recipe.Blurred };
                    var made = await Pictures.Engine.MakeAsync(i % 5 == 0 ? half : image, recipe, cancellationToken);
                    Assert.True(made.TryGet(out _, out _) != (i % 5 == 0));
                });
            TestContext.Current.TestOutputHelper!.WriteLine(
                $"libvips holds {Stats.Mem} bytes, the process {Environment.WorkingSet >> 20} MiB");
        }

        // The workers of libvips give their last buffers back a moment after the result is there.
        await Eventually.IsSoAsync(
            () => Stats.Mem == 0, () => $"{Stats.Mem} bytes are held");
    }

    // Nothing else runs beside these tests, so the work is done for this image. Planning it, which looks at the token itself, takes less.
    private static Task IsAtWorkAsync()
    {
        var start = Environment.CpuUsage.TotalTime;
        return Eventually.IsSoAsync(() => Environment.CpuUsage.TotalTime - start > TimeSpan.FromSeconds(2));
    }

    // Of this process and not of the world: what else the machine does is not counted.
    private static void AssertWorkedLess(TimeSpan limit, TimeSpan start) =>
        Assert.InRange(Environment.CpuUsage.TotalTime - start, TimeSpan.Zero, limit);
}
