namespace Monolith.EndToEnd.Tests;

/// <summary>What is not chosen costs nothing.</summary>
public sealed class DefaultProcessTests : IDisposable
{
    // File names begin so: libraries of servers that the defaults do without.
    private static readonly string[] _foreign =
    [
        "Marten", "Wolverine", "JasperFx", "Weasel", "Confluent.", "librdkafka", "RabbitMQ.", "StackExchange.", "Pipelines.Sockets",
        "AWSSDK.", "Npgsql", "OpenTelemetry.Exporter.OpenTelemetryProtocol", "Google.Protobuf", "Grpc.",
    ];

    private readonly string _folder = Directory.CreateTempSubdirectory("monolith-").FullName;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Loads_no_library_of_a_server_that_it_does_without()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "what a process has loaded is read as Linux shows it");
        using var host = await HostProcess.StartAsync(_folder, [], Cancelled);
        await PhotoVisit.UploadAsync(host.Http, SmallJpeg.Make(Random.Shared));
        foreach (var path in new[] { "/", "/metrics", "/health/ready", "/openapi/v1.json", "/status" })
        {
            using var answer = await host.Http.GetAsync(path, Cancelled);
            Assert.True(answer.IsSuccessStatusCode, $"{path}: {answer.StatusCode}");
        }

        var loaded = host.MappedFiles.Select(file => Path.GetFileName(file)).Distinct().ToList();

        Assert.Contains("Monolith.Host.dll", loaded);
        Assert.DoesNotContain(loaded, file => _foreign.Any(f => file.StartsWith(f, StringComparison.OrdinalIgnoreCase)));
    }
}
