namespace Monolith.Jobs;

/// <summary>The settings below <c>Jobs</c>.</summary>
/// <param name="Concurrency">
/// How many jobs this process works on at once; 1 to 1,000, as many as it has processors unless it is given.
/// </param>
internal sealed record JobsSettings(int Concurrency)
{
    public static JobsSettings Read(IConfigurationSection section, Faults faults)
    {
        var settings = new SettingsReader(section, faults);
        settings.RefuseUnknown([nameof(Concurrency)]);
        return new JobsSettings(settings.Whole(nameof(Concurrency), Environment.ProcessorCount, 1, 1000));
    }
}
