using Microsoft.Extensions.Configuration;
using Monolith.Media;
using Monolith.Media.Imaging;

namespace Monolith.Modules.Tests.Media;

[Trait("host", "none")]
public sealed class MediaSettingsTests
{
    [Fact]
    public void Has_three_presets_and_25_megabytes_unless_told_otherwise()
    {
        var (settings, faults) = Read([]);

        Assert.Equal(25 << 20, settings.MaxBytes);
        Assert.Equal(["blur", "thumb", "web"], settings.Presets.Keys.Order(StringComparer.Ordinal));
        Assert.Empty(faults);
    }

    [Fact]
    public void Ships_with_the_same_presets_as_are_built_in()
    {
        var shipped = new ConfigurationBuilder().AddJsonFile(Path.Combine(AppContext.BaseDirectory, "appsettings.json")).Build();
        var faults = new Faults();

        var settings = MediaSettings.Read(shipped.GetSection("media"), faults);

        Assert.Empty(faults.Lines);
        Assert.True(shipped.GetSection("media:presets").Exists());
        Assert.Equal(Read([]).Settings.Presets.OrderBy(p => p.Key), settings.Presets.OrderBy(p => p.Key));
    }

    [Fact]
    public void Reads_a_preset()
    {
        var (settings, faults) = Read(
            new() { ["Presets:hero:Width"] = "640", ["Presets:hero:Height"] = "480", ["Presets:hero:Blur"] = "1.5" });

        Assert.Empty(faults);
        Assert.Equal(new Recipe(640, 480, Fit.Inside) { Blur = 1.5 }, Assert.Single(settings.Presets).Value);
    }

    [Fact]
    public void Lists_every_fault()
    {
        var (_, faults) = Read(new()
        {
            ["MaxByte"] = "1",
            ["MaxBytes"] = "25 MB",
            ["Presets:hero:Width"] = "0",
            ["Presets:hero:Fit"] = "crob",
            ["Presets:hero:Sharpness"] = "1",
            ["Presets:hero:Blur"] = "-1",
            ["Presets:He/ro:Width"] = "1",
            ["Presets:He/ro:Height"] = "1",
        });

        string[] expected =
        [
            "Media:MaxByte: unknown key \"MaxByte\"; did you mean \"MaxBytes\"?",
            "Media:MaxBytes: must be a whole number from 1 to 1073741824",
            "Media:Presets:He/ro: is not a name for a preset; use up to 32 of a-z, 0-9 and -, beginning with a letter",
            "Media:Presets:hero:Blur: must be a number of pixels from 0 to 100",
            "Media:Presets:hero:Fit: unknown fit \"crob\"; did you mean \"crop\"?",
            "Media:Presets:hero:Height: is missing; give pixels",
            "Media:Presets:hero:Sharpness: unknown key \"Sharpness\"; did you mean \"Sharpen\"?",
            "Media:Presets:hero:Width: must be a whole number from 1 to 4096",
        ];
        Assert.Equal(expected, faults.Order(StringComparer.Ordinal));
    }

    private static (MediaSettings Settings, IReadOnlyList<string> Faults) Read(Dictionary<string, string?> section)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(
            section.Select(s => new KeyValuePair<string, string?>($"Media:{s.Key}", s.Value))).Build();
        var faults = new Faults();
        return (MediaSettings.Read(configuration.GetSection("Media"), faults), faults.Lines);
    }
}
