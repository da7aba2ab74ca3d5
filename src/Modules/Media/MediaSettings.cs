using System.Text.RegularExpressions;
using Monolith.Media.Imaging;

namespace Monolith.Media;

/// <summary>The section <c>Media</c> of the configuration.</summary>
/// <param name="MaxBytes">Of an upload.</param>
/// <param name="Presets">What is made of each photo, by name.</param>
internal sealed partial record MediaSettings(long MaxBytes, IReadOnlyDictionary<string, Recipe> Presets)
{
    /// <summary>
    /// How long one upload or download may take: enough for a phone on a slow line; the server's minimum data rate ends what stands still.
    /// </summary>
    public static readonly TimeSpan TransferTime = TimeSpan.FromMinutes(10);

    // What phones make; larger files are for resumable uploads.
    private const int DefaultMaxBytes = 25 << 20;

    private static readonly Dictionary<string, Recipe> _defaults =
        new(StringComparer.Ordinal) { ["thumb"] = Recipe.Thumb, ["web"] = Recipe.Web, ["blur"] = Recipe.Blurred };

    /// <summary>Reads the section; every fault goes to the list.</summary>
    public static MediaSettings Read(IConfigurationSection section, Faults faults)
    {
        var settings = new SettingsReader(section, faults);
        settings.RefuseUnknown(["MaxBytes", "Presets"]);
        var presets = settings.Of("Presets").Children.ToDictionary(p => p.Key, ReadPreset, StringComparer.Ordinal);
        return new MediaSettings(settings.Whole("MaxBytes", DefaultMaxBytes, 1, 1 << 30), presets.Count > 0 ? presets : _defaults);
    }

    private static Recipe ReadPreset(SettingsReader preset)
    {
        // It becomes part of addresses and file names.
        if (!PresetName().IsMatch(preset.Key))
        {
            preset.Add("is not a name for a preset; use up to 32 of a-z, 0-9 and -, beginning with a letter");
        }

        preset.RefuseUnknown(["Width", "Height", "Fit", "Sharpen", "Blur", "Quality"]);
        foreach (var side in new[] { "Width", "Height" }.Where(side => preset.Text(side) is null))
        {
            preset.Add(side, "is missing; give pixels");
        }

        // 4,096 is wider than nearly every screen, and keeps a variant of the largest image within the memory that one may take.
        return new Recipe(
            preset.Whole("Width", 1, 1, 4096), preset.Whole("Height", 1, 1, 4096),
            preset.OneOf("Fit", "fit", ("inside", Fit.Inside), ("crop", Fit.Crop)))
        {
            Sharpen = preset.Number("Sharpen", max: 10, "pixels"),
            Blur = preset.Number("Blur", max: 100, "pixels"),
            Quality = preset.Whole("Quality", 82, 1, 100),
        };
    }

    [GeneratedRegex("^[a-z][a-z0-9-]{0,31}$")]
    private static partial Regex PresetName();
}
