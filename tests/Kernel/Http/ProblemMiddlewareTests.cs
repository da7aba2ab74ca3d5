using FluentValidation;
using FluentValidation.Results;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;

namespace Monolith.Kernel.Tests.Http;

/// <summary>Whatever goes wrong behind it, the client gets a problem document, or nothing when it has left.</summary>
public sealed class ProblemMiddlewareTests
{
    private readonly AnsweringContext _http = new();

    public static TheoryData<Exception, int, string> Failures => new()
    {
        { new SubjectErasedException(), 410, "erased" },
        { new ConflictException(new Conflict(ConflictKind.Stream, "thing-a", 1)), 409, "version-conflict" },
        { new BadHttpRequestException("too much", 413), 413, "too-large" },
        { new BadHttpRequestException("too slow", 408), 503, "timeout" },
        { new BadHttpRequestException("of no kind that is known", 418), 400, "malformed" },
        { new NotCaughtUpException("things.chronicle"), 503, "not-caught-up" },
        { new StoreUnavailableException("full", isFull: true, null), 507, "disk-low" },
        { new StoreUnavailableException("unreachable", isFull: false, null), 503, "unavailable" },
        { new DamagedException("Document a", null), 500, "damaged" },
        { new TaskCanceledException(), 503, "timeout" },
        { new InvalidOperationException("a secret of ours"), 500, "internal" },
    };

    [Theory]
    [MemberData(nameof(Failures), DisableDiscoveryEnumeration = true)]
    public async Task Answers_a_failure_with_the_error_of_its_kind(Exception failure, int status, string code)
    {
        await RunAsync(_ => throw failure);

        Assert.Equal(status, _http.Response.StatusCode);
        var problem = _http.Problem();
        Assert.Equal((code, status), (problem.GetProperty("code").GetString(), problem.GetProperty("status").GetInt32()));
        Assert.DoesNotContain("secret", problem.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Names_each_field_that_cannot_be_right_by_its_pointer_and_rule()
    {
        await RunAsync(_ => throw new ValidationException(
        [
            new ValidationFailure("Address.PostalCode", "must be there") { ErrorCode = "NotEmptyValidator" },
            new ValidationFailure("Name", "is reserved") { ErrorCode = "IsReserved" },
        ]));

        Assert.Equal(400, _http.Response.StatusCode);
        Assert.Equal(
            ["#/address/postalCode not-empty must be there", "#/name is-reserved is reserved"],
            _http.Problem().GetProperty("errors").EnumerateArray()
                .Select(e =>
                    $"{e.GetProperty("pointer").GetString()} {e.GetProperty("code").GetString()} {e.GetProperty("detail").GetString()}"));
    }

    [Fact]
    public async Task Withdraws_what_was_said_before_the_failure()
    {
        await RunAsync(http =>
        {
            http.Response.Headers.ETag = "\"7\"";
            http.Response.StatusCode = 201;
            throw new NotCaughtUpException("things.chronicle");
        });

        Assert.Equal(("", "1"), (_http.Response.Headers.ETag.ToString(), _http.Response.Headers.RetryAfter.ToString()));
        Assert.Equal("no-store", _http.Response.Headers.CacheControl);
    }

    [Fact]
    public async Task Answers_nothing_to_a_client_that_has_left()
    {
        await RunAsync(http =>
        {
            http.RequestAborted = new CancellationToken(canceled: true);
            throw new InvalidOperationException("whatever it is that the leaving broke");
        });

        Assert.Equal((499, 0), (_http.Response.StatusCode, _http.Body.Length));
    }

    [Fact]
    public async Task Passes_on_a_failure_when_the_answer_is_under_way_already()
    {
        var failure = new InvalidOperationException("in the middle of a file");

        var passed = await Assert.ThrowsAsync<InvalidOperationException>(() => RunAsync(http =>
        {
            _http.Start();
            throw failure;
        }));

        Assert.Same(failure, passed);
        Assert.Empty(_http.Body);
    }

    [Theory]
    [InlineData(401, "unauthenticated")]
    [InlineData(405, "method-not-allowed")]
    [InlineData(415, "unsupported-media")]
    [InlineData(416, "range-not-satisfiable")]
    [InlineData(504, "timeout")]
    public async Task Gives_a_bare_status_its_problem(int status, string code)
    {
        await RunAsync(http =>
        {
            (http.Response.StatusCode, http.Response.Headers.ETag) = (status, "\"of-the-content\"");
            return Task.CompletedTask;
        });

        Assert.Equal(code, _http.Problem().GetProperty("code").GetString());
        Assert.Equal("", _http.Response.Headers.ETag.ToString());
    }

    [Theory]
    [InlineData(200, null, null)]
    [InlineData(304, null, null)]
    [InlineData(409, null, null)] // There is no error that every conflict is.
    [InlineData(418, null, null)]
    [InlineData(404, "application/json", 2L)]
    [InlineData(404, "application/json", null)]
    public async Task Leaves_an_answer_alone_that_is_none_of_its_business(int status, string? type, long? length)
    {
        await RunAsync(http =>
        {
            (http.Response.StatusCode, http.Response.ContentType, http.Response.ContentLength) = (status, type, length);
            return Task.CompletedTask;
        });

        Assert.Equal((status, type), (_http.Response.StatusCode, _http.Response.ContentType));
        Assert.Empty(_http.Body);
    }

    [Fact]
    public async Task Takes_an_answer_of_length_zero_for_a_bare_one()
    {
        await RunAsync(http =>
        {
            (http.Response.StatusCode, http.Response.ContentType, http.Response.ContentLength) = (404, "text/html", 0);
            return Task.CompletedTask;
        });

        Assert.Equal("not-found", _http.Problem().GetProperty("code").GetString());
    }

    private Task RunAsync(RequestDelegate next) =>
        new ProblemMiddleware(next, NullLogger<ProblemMiddleware>.Instance).InvokeAsync(_http.Context);
}
