using System.Net.Http.Headers;

namespace Monolith.EndToEnd.Tests;

/// <summary>A web node and a worker on one PostgreSQL, and a collector of both.</summary>
public sealed class TraceTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("monolith-").FullName;
    private PostgresTestServer _server = null!; // Set before each test.
    private OtlpReceiver _collector = null!; // As above.

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(PostgresTestServer.Missing is not null, PostgresTestServer.Missing ?? "");
        _server = await PostgresTestServer.StartAsync();
        await _server.ExecuteAsync("postgres", $"create database monolith owner {PostgresTestServer.User}");
        _collector = await OtlpReceiver.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_collector is not null)
        {
            await _collector.DisposeAsync();
            await _server.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Goes_from_an_upload_over_the_reaction_and_the_job_to_the_variant_through_two_processes()
    {
        using var web = await StartAsync("web", "traces=1");
        using var worker = await StartAsync("worker", "traces=1");
        await UploadAsync(web);

        await Eventually.IsSoAsync(
            () => Find("media.make-variant.v1").Count() == 3 && Find("POST /v1/media").Any() && Find("media.make-variants").Any(),
            () => $"the jobs\n{string.Join('\n', _collector.Spans)}");

        var upload = Find("POST /v1/media").Single();
        var reaction = Find("media.make-variants").Single();
        var jobs = Find("media.make-variant.v1").ToList();
        Assert.Equal("202", upload.Attributes["http.response.status_code"]);
        Assert.Equal("/v1/media", upload.Attributes["http.route"]);
        Assert.Equal("web", upload.Resource["monolith.roles"]);
        Assert.Equal("users,sessions,media,jobs", upload.Resource["monolith.modules"]);
        Assert.All([reaction, .. jobs], s => Assert.Equal((upload.Trace, "worker"), (s.Trace, s.Resource["monolith.roles"])));
        Assert.Contains(upload.Id, Above(reaction));
        Assert.All(jobs, job => Assert.Contains(reaction.Id, Above(job)));
        Assert.All(Find("MakeVariant"), made => Assert.Contains(made.Parent, jobs.Select(j => j.Id)));
        await Eventually.IsSoAsync(
            () => _collector.Lines.Count(l => l.Text.StartsWith("Made variant", StringComparison.Ordinal) && l.Trace == upload.Trace) == 3,
            () => $"the lines of the jobs\n{string.Join('\n', _collector.Lines)}");
    }

    [Fact]
    public async Task Is_not_exported_further_where_the_request_was_not()
    {
        using var web = await StartAsync("web", "traces=0");
        using var worker = await StartAsync("worker", "traces=1");
        await UploadAsync(web);

        // The reaction and the jobs are over, and so would their spans be: the worker sends what it has before it ends.
        Assert.Equal(0, await worker.StopAsync(Cancelled));

        Assert.Empty(Find("media.make-variants"));
        Assert.Empty(Find("MakeVariant"));
    }

    private IEnumerable<OtlpSpan> Find(string name) => _collector.Spans.Where(s => s.Name == name);

    private IEnumerable<string> Above(OtlpSpan span)
    {
        var spans = _collector.Spans.ToDictionary(s => s.Id);
        while (spans.TryGetValue(span.Parent, out var above))
        {
            yield return above.Id;
            span = above;
        }
    }

    private Task<HostProcess> StartAsync(string roles, string traces) => HostProcess.StartAsync(
        _folder,
        [
            $"Roles={roles}", $"Adapters:Store={_server.Url("monolith")}",
            $"Adapters:Telemetry=otlp://127.0.0.1:{_collector.Port}?interval=100ms&{traces}",
        ],
        Cancelled);

    private static async Task UploadAsync(HostProcess web)
    {
        var token = await PhotoVisit.SignInAsync(web.Http);
        web.Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var content = new ByteArrayContent(SmallJpeg.Make(Random.Shared));
        content.Headers.ContentType = new MediaTypeHeaderValue("image/jpeg");
        using var uploaded = await web.Http.PostAsync("/v1/media", content, Cancelled);
        await PhotoVisit.FinishedAsync(web.Http, uploaded.EnsureSuccessStatusCode().Headers.Location!.ToString()); // A 202 has one.
    }
}
