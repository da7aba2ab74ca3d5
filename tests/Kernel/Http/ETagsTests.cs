using Microsoft.Extensions.DependencyInjection;

namespace Monolith.Kernel.Tests.Http;

/// <summary>Versions as strong entity tags, and the conditions that name them (RFC 9110 §13).</summary>
public sealed class ETagsTests
{
    private readonly AnsweringContext _http = new();

    [Theory]
    [InlineData("\"7\"", 7L)]
    [InlineData("*", null)]
    [InlineData("\"0\"", 0L)]
    public void Reads_the_version_that_a_change_means(string header, long? version)
    {
        _http.Context.Request.Headers.IfMatch = header;

        Assert.Equal(version, Read(_http.Context.Request.Expected()));
        Assert.Equal(version, Read(_http.Context.Request.ExpectedIfGiven()));
    }

    [Theory]
    [InlineData("W/\"7\"")]
    [InlineData("\"7-form\"")]
    [InlineData("\"-7\"")]
    [InlineData("\" 7\"")]
    [InlineData("\"\"")]
    [InlineData("7")]
    [InlineData("\"7\", \"8\"")]
    [InlineData("*, \"7\"")]
    [InlineData("\"99999999999999999999\"")]
    public void Takes_what_cannot_be_a_version_of_ours_for_one_that_is_past(string header)
    {
        _http.Context.Request.Headers.IfMatch = header;

        Assert.Equal("precondition-failed", Refusal(_http.Context.Request.Expected()));
        Assert.Equal("precondition-failed", Refusal(_http.Context.Request.ExpectedIfGiven()));
    }

    [Fact]
    public void Demands_a_version_only_where_one_is_required()
    {
        Assert.Equal("precondition-required", Refusal(_http.Context.Request.Expected()));
        Assert.Null(Read(_http.Context.Request.ExpectedIfGiven()));
    }

    [Theory]
    [InlineData(null, 8, true)]
    [InlineData(7L, 7, true)]
    [InlineData(7L, 8, false)]
    public void Allows_the_version_that_is_meant(long? meant, long present, bool allows) =>
        Assert.Equal(allows, new ExpectedVersion(meant).Allows(present));

    [Theory]
    [InlineData(null, 200)]
    [InlineData("\"6\"", 200)]
    [InlineData("\"7-de\"", 200)]
    [InlineData("\"7\"", 304)]
    [InlineData("W/\"7\"", 304)]
    [InlineData("\"6\", \"7\"", 304)]
    [InlineData("*", 304)]
    public async Task Answers_304_to_a_reader_who_has_the_version(string? known, int status)
    {
        _http.Context.Request.Headers.IfNoneMatch = known;

        await ETags.Json(_http.Context.Request, "{}"u8.ToArray(), 7).ExecuteAsync(_http.Context);

        Assert.Equal(status, _http.Response.StatusCode);
        Assert.Equal(["\"7\"", "private, no-cache"], [$"{_http.Response.Headers.ETag}", $"{_http.Response.Headers.CacheControl}"]);
        Assert.Equal(status == 200 ? 2 : 0, _http.Body.Length);
    }

    [Theory]
    [InlineData("", "\"7\"", "\"7-de\"")]
    [InlineData("de", "\"7-de\"", "\"7\"")]
    public async Task Tells_the_forms_of_one_version_apart(string form, string tag, string other)
    {
        foreach (var (known, status) in new[] { (other, 200), (tag, 304) })
        {
            var http = new AnsweringContext(services => services.ConfigureHttpJsonOptions(_ => { }));
            http.Context.Request.Headers.IfNoneMatch = known;
            await ETags.Ok(http.Context.Request, "text", 7, form).ExecuteAsync(http.Context);
            Assert.Equal((status, tag), (http.Response.StatusCode, $"{http.Response.Headers.ETag}"));
        }
    }

    private static long? Read(Result<ExpectedVersion> result)
    {
        Assert.True(result.TryGet(out var expected, out _));
        return expected.Version;
    }

    private static string Refusal(Result<ExpectedVersion> result)
    {
        Assert.False(result.TryGet(out _, out var error));
        return error.Code;
    }
}
