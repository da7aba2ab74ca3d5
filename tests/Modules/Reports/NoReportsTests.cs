using Monolith.Modules.Tests.Jobs;

namespace Monolith.Modules.Tests.Reports;

/// <summary>A deployment that makes no reports, as by default.</summary>
[Trait("host", "own")]
public sealed class NoReportsTests(JobsApp app) : IClassFixture<JobsApp>
{
    [Theory]
    [InlineData("GET", "/v1/admin/reports")]
    [InlineData("GET", "/v1/admin/reports/usage")]
    [InlineData("GET", "/v1/admin/reports/usage?from=2026-07-01&to=2026-07-31&limit=10")]
    [InlineData("POST", "/v1/admin/reports/usage/rebuild")]
    public async Task Says_so_at_every_address_of_a_report(string method, string path)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);

        using var refused = await (await app.AdminAsync()).SendAsync(request, TestContext.Current.CancellationToken);

        await refused.IsProblemAsync(HttpStatusCode.NotFound, "no-reports");
    }

    [Theory]
    [InlineData("from=2026-07-02&to=2026-07-01")]
    [InlineData("from=yesterday")]
    [InlineData("user=me")]
    [InlineData("limit=0")]
    [InlineData("limit=201")]
    [InlineData("cursor=none")]
    public async Task Reads_no_question_that_cannot_be_right(string query)
    {
        using var refused = await (await app.AdminAsync()).GetAsync(
            $"/v1/admin/reports/usage?{query}", TestContext.Current.CancellationToken);

        await refused.IsProblemAsync(HttpStatusCode.BadRequest, "malformed");
    }
}
