using System.Text;
using System.Text.RegularExpressions;

namespace Monolith.Modules.Tests.Platform;

/// <summary>What holds for every operation that the description of the API names: one that is added is asked the same.</summary>
[Trait("host", "own")]
public sealed partial class EveryOperationTests(EveryOperationTests.OperationsApp app) : IClassFixture<EveryOperationTests.OperationsApp>
{
    private const string Json = "application/json";

    private const string NoId = "019ac0de-0000-7123-8000-00000000000a";

    [Fact]
    public async Task Asks_for_a_session_where_it_says_so_and_nowhere_else()
    {
        using var stranger = app.CreateClient();
        await CheckAsync(o => o.Path != "/metrics", async operation =>
        {
            using var answer = await SendAsync(stranger, operation);

            if (operation.Answers(401) && operation is not { Method: "POST", Path: "/v1/sessions" })
            {
                await IsRefusedAsync(operation, answer, HttpStatusCode.Unauthorized, "unauthenticated");
                Assert.Equal("Bearer", answer.Headers.WwwAuthenticate.ToString());
            }
            else
            {
                Assert.NotEqual(HttpStatusCode.Unauthorized, answer.StatusCode);
            }
        });
    }

    [Fact]
    public async Task Is_for_administrators_alone_below_their_path()
    {
        var member = await Member.JoinAsync(app);
        await CheckAsync(IsForAdministrators, async operation =>
        {
            using var answer = await SendAsync(member.Http, operation);

            await answer.IsProblemAsync(HttpStatusCode.Forbidden, "forbidden");
        });

        static bool IsForAdministrators(Operation operation) =>
            operation.Path.StartsWith("/v1/admin/", StringComparison.Ordinal) && operation.Path != "/v1/admin/invitation";
    }

    [Fact]
    public async Task Knows_nothing_under_an_id_that_never_was()
    {
        var admin = await app.AdminAsync();
        await CheckAsync(o => o.Path.Contains("{id}", StringComparison.Ordinal), async operation =>
        {
            foreach (var id in new[] { NoId, "none" })
            {
                using var answer = await SendAsync(admin.Http, operation, id: id);

                await IsRefusedAsync(operation, answer, HttpStatusCode.NotFound, "not-found");
            }
        });
    }

    [Theory]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("\"text\"")]
    [InlineData("null")]
    [InlineData("7")]
    [InlineData("")]
    [InlineData("{}{}")]
    [InlineData("\u0001")]
    public async Task Reads_no_body_that_is_not_what_it_takes(string body)
    {
        var admin = await app.AdminAsync();
        await CheckAsync(o => o.Takes(Json), async operation =>
        {
            using var answer = await SendAsync(admin.Http, operation, new StringContent(body, Encoding.UTF8, Json));

            await answer.IsProblemAsync(HttpStatusCode.BadRequest, "malformed");
        });
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("application/xml")]
    public async Task Takes_no_body_of_another_type(string type)
    {
        var admin = await app.AdminAsync();
        await CheckAsync(o => o.Takes(Json), async operation =>
        {
            using var answer = await SendAsync(admin.Http, operation, new StringContent("{}", Encoding.UTF8, type));

            await answer.IsProblemAsync(HttpStatusCode.UnsupportedMediaType, "unsupported-media");
        });
    }

    [Fact]
    public async Task Takes_no_body_that_is_too_large()
    {
        var admin = await app.AdminAsync();
        await CheckAsync(o => o.Takes(Json), async operation =>
        {
            var body = $$"""{"more":"{{new string('x', 1 << 20)}}"}""";
            // Who sends all of it at once may find the connection closed before the answer is read.
            using var answer = await SendAsync(admin.Http, operation, new StringContent(body, Encoding.UTF8, Json), asksFirst: true);

            await answer.IsProblemAsync(HttpStatusCode.RequestEntityTooLarge, "too-large");
        });
    }

    [Theory]
    [InlineData("limit=0")]
    [InlineData("limit=201")]
    [InlineData("limit=-1")]
    [InlineData("limit=1.5")]
    [InlineData("limit=many")]
    [InlineData("limit=")]
    [InlineData("limit=99999999999999999999")]
    [InlineData("cursor=x")]
    [InlineData("cursor=bm9uZQ.bm9uZQ")]
    [InlineData("cursor=%00")]
    public async Task Gives_no_page_that_cannot_be(string query)
    {
        var admin = await app.AdminAsync();
        await CheckAsync(o => o.Has(query.Split('=')[0]), async operation =>
        {
            using var answer = await SendAsync(admin.Http, operation, query: $"?{query}");

            await answer.IsProblemAsync(HttpStatusCode.BadRequest, "malformed");
        });
    }

    [Theory]
    [InlineData("PUT")]
    [InlineData("TRACE")]
    [InlineData("MERGE")]
    public async Task Names_its_methods_where_another_one_is_tried(string method)
    {
        var admin = await app.AdminAsync();
        var operations = await app.OperationsAsync();
        foreach (var path in operations.GroupBy(o => o.Path).Where(p => p.Key.StartsWith("/v1/", StringComparison.Ordinal)))
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), Fill(path.Key, NoId));
            using var answer = await admin.Http.SendAsync(request);

            await answer.IsProblemAsync(HttpStatusCode.MethodNotAllowed, "method-not-allowed");
            Assert.Equal(
                path.Select(o => o.Method).Order(StringComparer.Ordinal), answer.Content.Headers.Allow.Order(StringComparer.Ordinal));
        }
    }

    [Fact]
    public async Task Gives_no_private_answer_to_be_kept_by_shared_caches()
    {
        var admin = await app.AdminAsync();
        await CheckAsync(o => o.Method == "GET" && o.Answers(401), async operation =>
        {
            using var answer = await SendAsync(admin.Http, operation);

            var cache = answer.Headers.CacheControl;
            Assert.True(cache is { NoStore: true } or { Private: true, Public: false }, $"{cache}");
        });
    }

    // Says which operation it was that failed.
    private async Task CheckAsync(Func<Operation, bool> which, Func<Operation, Task> check)
    {
        var operations = (await app.OperationsAsync()).Where(which).ToList();
        Assert.NotEmpty(operations);
        foreach (var operation in operations)
        {
            try
            {
                await check(operation);
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"{operation.Method} {operation.Path}: {e.Message}", e);
            }
        }
    }

    // An answer to HEAD has no body that could say why.
    private static async Task IsRefusedAsync(Operation operation, HttpResponseMessage answer, HttpStatusCode status, string code)
    {
        Assert.Equal(status, answer.StatusCode);
        if (operation.Method != "HEAD")
        {
            await answer.IsProblemAsync(status, code);
        }
    }

    private static Task<HttpResponseMessage> SendAsync(
        HttpClient http, Operation operation, HttpContent? body = null, string id = NoId, string query = "", bool asksFirst = false)
    {
        var request = new HttpRequestMessage(new HttpMethod(operation.Method), Fill(operation.Path, id) + query)
        {
            Content = body, Headers = { ExpectContinue = asksFirst },
        };
        if (operation.Has("If-Match"))
        {
            request.Headers.TryAddWithoutValidation("If-Match", "*");
        }

        return http.SendAsync(request);
    }

    private static string Fill(string path, string id) => Parameter().Replace(path, found => found.Groups[1].Value switch
    {
        "id" => id,
        "shard" or "position" => "1",
        _ => "none",
    });

    [GeneratedRegex(@"\{([^}]+)\}")]
    private static partial Regex Parameter();

    /// <summary>An operation as the description has it.</summary>
    internal sealed record Operation(string Method, string Path, JsonObject Description)
    {
        public bool Answers(int status) => Description["responses"]!.AsObject().ContainsKey($"{status}");

        public bool Takes(string type) => Description["requestBody"]?["content"]?.AsObject().ContainsKey(type) == true;

        public bool Has(string parameter) => (Description["parameters"] as JsonArray ?? []).Any(p => (string?)p!["name"] == parameter);
    }

    /// <summary>The host with an administrator.</summary>
    public sealed class OperationsApp : App
    {
        private readonly Lazy<Task<Member>> _admin;
        private readonly Lazy<Task<IReadOnlyList<Operation>>> _operations;

        public OperationsApp() => (_admin, _operations) = (new(MakeAdminAsync), new(ReadAsync));

        internal Task<Member> AdminAsync() => _admin.Value;

        internal Task<IReadOnlyList<Operation>> OperationsAsync() => _operations.Value;

        private async Task<Member> MakeAdminAsync()
        {
            var admin = await Member.JoinAsync(this);
            using var accepted = await admin.Http.PostAsJsonAsync("/v1/admin/invitation", new { token = await InviteAsync() });
            accepted.EnsureSuccessStatusCode();
            return admin;
        }

        private async Task<IReadOnlyList<Operation>> ReadAsync()
        {
            var document = JsonNode.Parse(await CreateClient().GetStringAsync("/openapi/v1.json"))!;
            return
            [
                .. document["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject().Where(
                    m => m.Value is JsonObject o && o.ContainsKey("operationId"))
                    .Select(m => new Operation(m.Key.ToUpperInvariant(), path.Key, m.Value!.AsObject()))),
            ];
        }
    }
}
