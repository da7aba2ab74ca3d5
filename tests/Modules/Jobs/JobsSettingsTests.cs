using Microsoft.Extensions.Configuration;
using Monolith.Jobs;

namespace Monolith.Modules.Tests.Jobs;

[Trait("host", "none")]
public sealed class JobsSettingsTests
{
    [Fact]
    public void Works_on_as_many_jobs_at_once_as_there_are_processors_unless_told_otherwise()
    {
        var (usual, noFaults) = Read();
        var (told, noFaultsEither) = Read(("Jobs:Concurrency", "1000"));

        Assert.Equal((Environment.ProcessorCount, 1000), (usual, told));
        Assert.Empty(noFaults.Concat(noFaultsEither));
    }

    [Theory]
    [InlineData("Jobs:Concurrency", "0")]
    [InlineData("Jobs:Concurrency", "1001")]
    [InlineData("Jobs:Concurrency", "many")]
    [InlineData("Jobs:Concurency", "4")]
    public void Refuses_what_it_cannot_be_told(string key, string value)
    {
        var (_, faults) = Read((key, value));

        Assert.StartsWith($"{key}:", Assert.Single(faults), StringComparison.Ordinal);
    }

    private static (int Concurrency, IReadOnlyList<string> Faults) Read(params (string Key, string Value)[] settings)
    {
        var faults = new Faults();
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(settings.ToDictionary(s => s.Key, s => (string?)s.Value))
            .Build();
        return (JobsSettings.Read(configuration.GetSection("Jobs"), faults).Concurrency, faults.Lines);
    }
}
