using System.Net.Http.Headers;
using Monolith.Modules.Tests.Media.Imaging;

namespace Monolith.Modules.Tests.Platform;

public sealed class IdempotencyTests(App app) : IClassFixture<App>, IAsyncLifetime
{
    private readonly string _key = Keyed.NewKey();
    private Member _ada = null!;

    public async ValueTask InitializeAsync() => _ada = await Member.JoinAsync(app);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Answers_a_repeated_change_byte_for_byte()
    {
        var first = await _ada.Http.RenameAsync(_key, "Grace");
        var second = await _ada.Http.RenameAsync(_key, "Grace");

        Assert.Equal(HttpStatusCode.OK, first.Status);
        Assert.Contains("ETag: \"2\"", first.Headers, StringComparison.Ordinal);
        Assert.Contains("Monolith-Token: ", first.Headers, StringComparison.Ordinal);
        await second.IsReplayOfAsync(first);
    }

    [Fact]
    public async Task Keeps_one_photo_of_a_repeated_upload()
    {
        var photo = await Pictures.PhotoAsync();
        Assert.True(photo.Length > 1 << 20);

        var first = await UploadAsync(_ada, _key, photo);
        var second = await UploadAsync(_ada, _key, photo);

        Assert.Equal(HttpStatusCode.Accepted, first.Status);
        Assert.Contains("Location: /v1/media/", first.Headers, StringComparison.Ordinal);
        await second.IsReplayOfAsync(first);
        Assert.Single(await PhotosAsync());
    }

    [Fact]
    public async Task Keeps_one_photo_of_a_repeated_form()
    {
        var jpeg = await Pictures.JpegAsync(Pictures.RedAndBlue(60, 40));
        MultipartFormDataContent Form() =>
            new("same") { { new ByteArrayContent(jpeg), "file", "a.jpg" }, { new StringContent("after the file"), "title" } };

        var first = await _ada.Http.SendAsync(_key, HttpMethod.Post, "/v1/media", Form());
        var second = await _ada.Http.SendAsync(_key, HttpMethod.Post, "/v1/media", Form());

        Assert.Equal(HttpStatusCode.Accepted, first.Status);
        await second.IsReplayOfAsync(first);
        Assert.Single(await PhotosAsync());
    }

    [Fact]
    public async Task Answers_a_repeated_deletion()
    {
        await Member.LogInAsync(_ada.Http, _ada.Email);
        var sessions = await (await _ada.Http.GetAsync("/v1/sessions")).JsonAsync();
        var other = $"/v1/sessions/{sessions["items"]!.AsArray().Single(s => !(bool)s!["isCurrent"]!)!["id"]}";

        var first = await _ada.Http.SendAsync(_key, HttpMethod.Delete, other);
        var second = await _ada.Http.SendAsync(_key, HttpMethod.Delete, other);
        var third = await _ada.Http.SendAsync(Keyed.NewKey(), HttpMethod.Delete, other);

        Assert.Equal(HttpStatusCode.NoContent, first.Status);
        await second.IsReplayOfAsync(first);
        Assert.Equal(HttpStatusCode.NotFound, third.Status);
    }

    [Fact]
    public async Task Refuses_a_key_that_was_used_for_another_request()
    {
        await _ada.Http.RenameAsync(_key, "Grace");

        var otherBody = await _ada.Http.RenameAsync(_key, "Hedy");
        var otherPath = await _ada.Http.SendAsync(
            _key, HttpMethod.Post, "/v1/users/me/password", JsonContent.Create(new { firstName = "Grace" }));

        await otherBody.Message.IsProblemAsync(HttpStatusCode.UnprocessableEntity, "idempotency-mismatch");
        await otherPath.Message.IsProblemAsync(HttpStatusCode.UnprocessableEntity, "idempotency-mismatch");
        Assert.Equal("Grace", (string?)(await (await _ada.Http.GetAsync("/v1/users/me")).JsonAsync())["firstName"]);
    }

    [Fact]
    public async Task Keeps_the_keys_of_two_callers_apart()
    {
        var grace = await Member.JoinAsync(app);

        var first = await _ada.Http.RenameAsync(_key, "Augusta");
        var second = await grace.Http.RenameAsync(_key, "Augusta");

        Assert.Equal((HttpStatusCode.OK, false), (second.Status, second.IsReplayed));
        Assert.NotEqual(first.Body, second.Body);
    }

    [Theory]
    [InlineData("")]
    [InlineData("two words")]
    [InlineData("tab\there")]
    [InlineData("one, two")]
    public async Task Refuses_a_key_that_is_none(string key)
    {
        var answer = await _ada.Http.RenameAsync(key, "Grace");

        await answer.Message.IsProblemAsync(HttpStatusCode.BadRequest, "malformed");
    }

    [Theory]
    [InlineData(255, HttpStatusCode.OK)]
    [InlineData(256, HttpStatusCode.BadRequest)]
    public async Task Takes_a_key_of_255_characters(int length, HttpStatusCode status) =>
        Assert.Equal(status, (await _ada.Http.RenameAsync(new string('~', length), "Grace")).Status);

    [Fact]
    public async Task Has_one_effect_of_eight_requests_at_once()
    {
        var jpeg = await Pictures.JpegAsync(Pictures.RedAndBlue(600, 400));

        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => UploadAsync(_ada, _key, jpeg)));

        Assert.Single(answers, a => a.Status == HttpStatusCode.Accepted && !a.IsReplayed);
        Assert.All(answers, a => Assert.True(a.IsReplayed || a.Status is HttpStatusCode.Accepted or HttpStatusCode.Conflict));
        Assert.Single(await PhotosAsync());
    }

    [Fact]
    public async Task Keeps_nothing_of_a_refusal()
    {
        var refused = await _ada.Http.RenameAsync(_key, "");
        var corrected = await _ada.Http.RenameAsync(_key, "Grace");

        Assert.Equal((HttpStatusCode.BadRequest, HttpStatusCode.OK, false), (refused.Status, corrected.Status, corrected.IsReplayed));
    }

    [Fact]
    public async Task Ignores_keys_of_strangers()
    {
        var stranger = app.CreateClient();
        var email = Member.NewEmail();

        var registered = await stranger.SendAsync(_key, HttpMethod.Post, "/v1/users", JsonContent.Create(Member.Registration(email)));
        var repeated = await stranger.SendAsync(_key, HttpMethod.Post, "/v1/users", JsonContent.Create(Member.Registration(email)));
        Answer[] logIns = [await LogInAsync(), await LogInAsync()];

        Assert.Equal(HttpStatusCode.Created, registered.Status);
        await repeated.Message.IsProblemAsync(HttpStatusCode.Conflict, "users.email-taken");
        Assert.All(logIns, l => Assert.Equal((HttpStatusCode.Created, false), (l.Status, l.IsReplayed)));

        Task<Answer> LogInAsync() =>
            _ada.Http.SendAsync(_key, HttpMethod.Post, "/v1/sessions", JsonContent.Create(new { email, Member.Password }));
    }

    [Fact]
    public async Task Documents_the_key_where_it_is_honoured()
    {
        var paths = (await (await _ada.Http.GetAsync("/openapi/v1.json")).JsonAsync())["paths"]!;
        bool Takes(string path, string method) =>
            paths[path]![method]!["parameters"]?.AsArray().Any(p => (string?)p!["name"] == "Idempotency-Key") ?? false;

        Assert.Equal(
            (true, true, true, false, false),
            (
                Takes("/v1/media", "post"), Takes("/v1/users/me", "patch"), Takes("/v1/media/{id}", "delete"), Takes("/v1/media", "get"),
                Takes("/v1/users", "post")));
    }

    private static Task<Answer> UploadAsync(Member member, string key, byte[] image) => member.Http.SendAsync(
        key, HttpMethod.Post, "/v1/media",
        new ByteArrayContent(image) { Headers = { ContentType = new MediaTypeHeaderValue("image/jpeg") } });

    private async Task<JsonArray> PhotosAsync() => (await (await _ada.Http.GetAsync("/v1/media")).JsonAsync())["items"]!.AsArray();
}
