using System.Diagnostics;
using System.Globalization;
using Monolith.Media;
using Monolith.Media.Imaging;

namespace Monolith.Benchmarks;

/// <summary>Variants of a photo of 12 megapixels, against the engine's own command line.</summary>
internal static class ImageLines
{
    public static async IAsyncEnumerable<Line> RunAsync(Rounds rounds)
    {
        using var scratch = new Scratch();
        await using var installation = await Installation.OpenAsync(scratch.Folder);
        var (photo, path) = (Array.Empty<byte>(), Path.Combine(scratch.Folder, "photo.jpg"));
        await RunAsync(Path.Combine(Repository.Root, "eng", "photo"), path);
        photo = await File.ReadAllBytesAsync(path);
        var engine = installation.Get<ImageEngine>();
        foreach (var (preset, recipe) in installation.Get<MediaSettings>().Presets)
        {
            yield return await rounds.RunAsync(
                new Line("images", $"variant {preset}", "ms", 0, 0, 0, ""),
                new Contender(
                    "",
                    () => MeasureAsync(async () => (await engine.MakeAsync(photo, recipe, CancellationToken.None)).TryGet(out _, out _))),
                new Contender(
                    "vipsthumbnail and vips as processes", () => MeasureAsync(() => ByCommandLineAsync(recipe, path, scratch.Folder))));
        }
    }

    private static async Task ByCommandLineAsync(Recipe recipe, string path, string folder)
    {
        var (made, format) = (Path.Combine(folder, "made.v"), FormattableString.Invariant($"[strip,Q={recipe.Quality},effort=2]"));
        var result = Path.Combine(folder, "made.webp");
        var isPlain = recipe is { Sharpen: 0, Blur: 0 };
        var size = recipe.Fit is Fit.Crop ? $"{recipe.Width}x{recipe.Height}" : $"{recipe.Width}x{recipe.Height}>";
        string[] crop = recipe.Fit is Fit.Crop ? ["-m", "centre"] : [];
        await RunAsync("vipsthumbnail", [path, "-s", size, .. crop, "-o", isPlain ? result + format : made]);
        if (recipe.Sharpen > 0)
        {
            await RunAsync("vips", "sharpen", made, result + format, "--sigma", recipe.Sharpen.ToString(CultureInfo.InvariantCulture));
        }

        if (recipe.Blur > 0)
        {
            await RunAsync("vips", "gaussblur", made, result + format, recipe.Blur.ToString(CultureInfo.InvariantCulture));
        }
    }

    private static async Task<double> MeasureAsync(Func<Task> work)
    {
        var start = Stopwatch.GetTimestamp();
        await work();
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments))!; // Not by the shell, so it is a new process.
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{program} ended with {process.ExitCode}.");
        }
    }
}
