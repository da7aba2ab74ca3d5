using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using Monolith.Media.Imaging;

namespace Monolith.Media;

/// <summary>The section <c>Media</c> of the configuration.</summary>
/// <param name="MaxBytes">Of an upload.</param>
/// <param name="Presets">What is made of each photo, by name.</param>
internal sealed partial record MediaSettings(long MaxBytes, IReadOnlyDictionary<string, Recipe> Presets)
{
    // ACCEPTANCE M-2; larger files are for resumable uploads.
    private const int DefaultMaxBytes = 25 << 20;

    private static readonly Dictionary<string, Recipe> Defaults =
        new(StringComparer.Ordinal) { ["thumb"] = Recipe.Thumb, ["web"] = Recipe.Web, ["blur"] = Recipe.Blurred };

    /// <summary>Reads the section; every fault goes to the list.</summary>
    public static MediaSettings Read(IConfigurationSection section, Faults faults)
    {
        RefuseUnknown(section, "key", ["MaxBytes", "Presets"], faults);
        var presets = section.GetSection("Presets").GetChildren().ToDictionary(p => p.Key, p => ReadPreset(p, faults), StringComparer.Ordinal);
        return new MediaSettings(
            Whole(section, "MaxBytes", DefaultMaxBytes, 1, 1 << 30, faults), presets.Count > 0 ? presets : Defaults);
    }

    private static Recipe ReadPreset(IConfigurationSection preset, Faults faults)
    {
        // It becomes part of addresses and file names.
        if (!PresetName().IsMatch(preset.Key))
        {
            faults.Add(preset.Path, "is not a name for a preset; use up to 32 of a-z, 0-9 and -, beginning with a letter");
        }

        RefuseUnknown(preset, "key", ["Width", "Height", "Fit", "Sharpen", "Blur", "Quality"], faults);
        foreach (var side in new[] { "Width", "Height" }.Where(side => preset[side] is null))
        {
            faults.Add($"{preset.Path}:{side}", "is missing; give pixels");
        }

        // 4,096 is wider than nearly every screen, and keeps a variant of the largest image within the memory that one may take.
        return new Recipe(Whole(preset, "Width", 1, 1, 4096, faults), Whole(preset, "Height", 1, 1, 4096, faults), ReadFit(preset, faults))
        {
            Sharpen = Sigma(preset, "Sharpen", max: 10, faults),
            Blur = Sigma(preset, "Blur", max: 100, faults),
            Quality = Whole(preset, "Quality", 82, 1, 100, faults),
        };
    }

    private static Fit ReadFit(IConfigurationSection preset, Faults faults)
    {
        switch (preset["Fit"])
        {
            case null or "inside":
                return Fit.Inside;
            case "crop":
                return Fit.Crop;
            case var other:
                faults.AddUnknown($"{preset.Path}:Fit", "fit", other, ["inside", "crop"]);
                return Fit.Inside;
        }
    }

    private static void RefuseUnknown(IConfigurationSection section, string what, string[] known, Faults faults)
    {
        foreach (var child in section.GetChildren().Where(c => !known.Contains(c.Key, StringComparer.OrdinalIgnoreCase)))
        {
            faults.AddUnknown(child.Path, what, child.Key, known);
        }
    }

    private static int Whole(IConfigurationSection section, string key, int @default, int min, int max, Faults faults)
    {
        if (section[key] is not { } text)
        {
            return @default;
        }

        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max)
        {
            return number;
        }

        faults.Add($"{section.Path}:{key}", $"must be a whole number from {min} to {max}");
        return @default;
    }

    private static double Sigma(IConfigurationSection section, string key, double max, Faults faults)
    {
        if (section[key] is not { } text)
        {
            return 0;
        }

        if (double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var sigma) && sigma <= max)
        {
            return sigma;
        }

        faults.Add($"{section.Path}:{key}", $"must be a number of pixels from 0 to {max}");
        return 0;
    }

    [GeneratedRegex("^[a-z][a-z0-9-]{0,31}$")]
    private static partial Regex PresetName();
}
