namespace Monolith.Sessions;

/// <summary>How long sessions live (OWASP ASVS 7.3).</summary>
/// <param name="IdleTimeout">Without a request for this long, a session ends.</param>
/// <param name="AbsoluteTimeout">However much it is used, a session ends after this long.</param>
internal sealed record SessionSettings(TimeSpan IdleTimeout, TimeSpan AbsoluteTimeout)
{
    private static readonly TimeSpan _shortestIdleTimeout = TimeSpan.FromMinutes(2);

    public static SessionSettings Read(IConfigurationSection section, Faults faults)
    {
        var settings = new SettingsReader(section, faults);
        settings.RefuseUnknown([nameof(IdleTimeout), nameof(AbsoluteTimeout)]);
        var idle = settings.Duration(nameof(IdleTimeout), TimeSpan.FromDays(14));
        if (idle < _shortestIdleTimeout)
        {
            settings.Add(nameof(IdleTimeout), "must be two minutes or more: use is noted to the minute");
        }

        return new SessionSettings(idle, settings.Duration(nameof(AbsoluteTimeout), TimeSpan.FromDays(90)));
    }
}
