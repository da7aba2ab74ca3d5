namespace Monolith.Sessions;

/// <summary>How long sessions live (ACCEPTANCE S-3; ASVS 7.3).</summary>
/// <param name="IdleTimeout">Without a request for this long, a session ends.</param>
/// <param name="AbsoluteTimeout">However much it is used, a session ends after this long.</param>
internal sealed record SessionSettings(TimeSpan IdleTimeout, TimeSpan AbsoluteTimeout)
{
    private static readonly TimeSpan ShortestIdleTimeout = TimeSpan.FromMinutes(2);

    public static SessionSettings Read(IConfigurationSection section, Faults faults)
    {
        foreach (var child in section.GetChildren().Where(c => c.Key is not (nameof(IdleTimeout) or nameof(AbsoluteTimeout))))
        {
            faults.AddUnknown(child.Path, "key", child.Key, [nameof(IdleTimeout), nameof(AbsoluteTimeout)]);
        }

        var idle = Duration(section, nameof(IdleTimeout), TimeSpan.FromDays(14), faults);
        if (idle < ShortestIdleTimeout)
        {
            faults.Add($"{section.Path}:{nameof(IdleTimeout)}", "must be two minutes or more: use is noted to the minute");
        }

        return new SessionSettings(
            idle,
            Duration(section, nameof(AbsoluteTimeout), TimeSpan.FromDays(90), faults));
    }

    private static TimeSpan Duration(IConfigurationSection section, string key, TimeSpan @default, Faults faults)
    {
        if (section[key] is not { } text)
        {
            return @default;
        }

        if (TimeSpan.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var duration) && duration > TimeSpan.Zero)
        {
            return duration;
        }

        faults.Add($"{section.Path}:{key}", "must be a duration such as \"14.00:00:00\" (days.hours:minutes:seconds)");
        return @default;
    }
}
