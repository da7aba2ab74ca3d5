using System.Globalization;

namespace Monolith.Jobs;

/// <summary>The settings below <c>Jobs</c>.</summary>
/// <param name="Concurrency">How many jobs this process works on at once; 1 to 1,000, as many as it has processors unless it is given.</param>
internal sealed record JobsSettings(int Concurrency)
{
    private static readonly string[] Known = [nameof(Concurrency)];

    public static JobsSettings Read(IConfigurationSection section, Faults faults)
    {
        foreach (var child in section.GetChildren().Where(c => !Known.Contains(c.Key, StringComparer.OrdinalIgnoreCase)))
        {
            faults.AddUnknown(child.Path, "key", child.Key, Known);
        }

        if (section[nameof(Concurrency)] is not { } text)
        {
            return new JobsSettings(Environment.ProcessorCount);
        }

        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var concurrency) || concurrency is < 1 or > 1000)
        {
            faults.Add($"{section.Path}:{nameof(Concurrency)}", "must be a number from 1 to 1000");
        }

        return new JobsSettings(concurrency);
    }
}
