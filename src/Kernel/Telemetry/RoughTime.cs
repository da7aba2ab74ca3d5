using System.Globalization;

namespace Monolith.Kernel.Telemetry;

/// <summary>Writes how long something has lasted, for people: one figure and its unit.</summary>
public static class RoughTime
{
    /// <summary>Writes a duration, rounded down: 45 s, 3 min, 5 h, 2 days; 1 s where it is shorter.</summary>
    public static string Of(TimeSpan time) => time switch
    {
        { TotalMinutes: < 1 } => Invariant($"{Math.Max(1, Math.Floor(time.TotalSeconds)):0} s"),
        { TotalHours: < 1 } => Invariant($"{Math.Floor(time.TotalMinutes):0} min"),
        { TotalDays: < 2 } => Invariant($"{Math.Floor(time.TotalHours):0} h"),
        _ => Invariant($"{Math.Floor(time.TotalDays):0} days"),
    };

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
