using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace Monolith.Kernel.Adapters;

/// <summary>Reads a section of the configuration; every fault goes to a list, and the default takes its place.</summary>
/// <param name="section">Which one.</param>
/// <param name="faults">Collects what is wrong.</param>
public sealed class SettingsReader(IConfigurationSection section, Faults faults)
{
    /// <summary>The name of the section itself: its last part.</summary>
    public string Key => section.Key;

    /// <summary>The sections below this one, in the order of the configuration.</summary>
    public IEnumerable<SettingsReader> Children => section.GetChildren().Select(child => new SettingsReader(child, faults));

    /// <summary>Goes down to a section below this one, which need not be there.</summary>
    public SettingsReader Of(string key) => new(section.GetSection(key), faults);

    /// <summary>Refuses every key but those that are known, each with the nearest one that is.</summary>
    public void RefuseUnknown(IReadOnlyCollection<string> known)
    {
        foreach (var child in section.GetChildren().Where(c => !known.Contains(c.Key, StringComparer.OrdinalIgnoreCase)))
        {
            faults.AddUnknown(child.Path, "key", child.Key, known);
        }
    }

    /// <summary>Reads a text; null when it is not given.</summary>
    public string? Text(string key) => section[key];

    /// <summary>Reads a whole number within a range, both ends included.</summary>
    public int Whole(string key, int @default, int min, int max) => Read(
        key,
        @default,
        text => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max
            ? number
            : null,
        $"must be a whole number from {min} to {max}");

    /// <summary>Reads a whole number of seconds within a range, both ends included.</summary>
    public TimeSpan Seconds(string key, TimeSpan @default, int min, int max) =>
        TimeSpan.FromSeconds(Whole(key, (int)@default.TotalSeconds, min, max));

    /// <summary>Reads a number from 0 to a maximum, with or without decimals.</summary>
    /// <param name="key">Which setting.</param>
    /// <param name="max">The highest that is right.</param>
    /// <param name="unit">Of what it is a number: <c>pixels</c>.</param>
    public double Number(string key, double max, string unit) => Read(
        key,
        0d,
        text => double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && number <= max
            ? number
            : null,
        $"must be a number of {unit} from 0 to {max}");

    /// <summary>Reads a duration above zero.</summary>
    public TimeSpan Duration(string key, TimeSpan @default) => Read(
        key,
        @default,
        text => TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var duration) && duration > TimeSpan.Zero ? duration : null,
        "must be a duration such as \"14.00:00:00\" (days.hours:minutes:seconds)");

    /// <summary>Reads one of several words; the first of them is the default.</summary>
    /// <param name="key">Which setting.</param>
    /// <param name="what">What the words are: <c>fit</c>.</param>
    /// <param name="known">Words and what they mean.</param>
    public T OneOf<T>(string key, string what, params IReadOnlyList<(string Word, T Value)> known)
    {
        if (section[key] is { } word)
        {
            foreach (var each in known.Where(k => k.Word == word))
            {
                return each.Value;
            }

            faults.AddUnknown($"{section.Path}:{key}", what, word, known.Select(k => k.Word));
        }

        return known[0].Value;
    }

    /// <summary>Says that the section itself is wrong.</summary>
    public void Add(string message) => faults.Add(section.Path, message);

    /// <summary>Says that a setting of it is wrong.</summary>
    public void Add(string key, string message) => faults.Add($"{section.Path}:{key}", message);

    private T Read<T>(string key, T @default, Func<string, T?> parse, string fault)
        where T : struct
    {
        if (section[key] is not { } text)
        {
            return @default;
        }

        if (parse(text) is { } value)
        {
            return value;
        }

        Add(key, fault);
        return @default;
    }
}
