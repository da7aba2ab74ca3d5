namespace Monolith.Modules.Tests.Users;

public sealed class ChangePasswordTests(App app) : IClassFixture<App>
{
    private const string NewPassword = "an entirely new one";

    [Fact]
    public async Task Lets_the_new_password_in_and_not_the_old()
    {
        var me = await Member.JoinAsync(app);

        using var response = await ChangeAsync(me, Member.Password, NewPassword);

        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        using var http = app.CreateClient();
        Assert.NotEmpty(await Member.LogInAsync(http, me.Email, NewPassword));
        using var old = await http.PostAsJsonAsync("/v1/sessions", new { email = me.Email, password = Member.Password });
        await old.IsProblemAsync(HttpStatusCode.Unauthorized, "users.wrong-credentials");
    }

    [Fact]
    public async Task Ends_the_other_sessions_keeps_its_own_and_tells_by_mail()
    {
        var me = await Member.JoinAsync(app);
        using var elsewhere = app.CreateClient();
        elsewhere.DefaultRequestHeaders.Authorization = new("Bearer", await Member.LogInAsync(elsewhere, me.Email));

        using var response = await ChangeAsync(me, Member.Password, NewPassword);

        var ended = await Eventually.FindAsync(
            async () => await elsewhere.GetAsync("/v1/users/me") is { StatusCode: HttpStatusCode.Unauthorized } refused ? refused : null,
            "the other session ends");
        await ended.IsProblemAsync(HttpStatusCode.Unauthorized, "session-expired");
        Assert.Equal(HttpStatusCode.OK, (await me.Http.GetAsync("/v1/users/me")).StatusCode);
        await Eventually.FindAsync(() => Task.FromResult(MailsTo(me.Email) == 1 ? me : null), "a mail");
    }

    [Fact]
    public async Task Refuses_when_the_current_password_is_wrong()
    {
        var me = await app.MemberAsync();

        using var response = await ChangeAsync(me, "not the password", NewPassword);

        await response.IsProblemAsync(HttpStatusCode.Forbidden, "users.wrong-password");
        Assert.Equal(0, MailsTo(me.Email));
    }

    [Theory]
    [InlineData("", NewPassword, "#/currentPassword")]
    [InlineData(Member.Password, "short", "#/newPassword")]
    [InlineData(Member.Password, null, "#/newPassword")]
    public async Task Says_which_field_cannot_be_right(string current, string? next, string pointer)
    {
        using var response = await ChangeAsync(await app.MemberAsync(), current, next);

        var problem = await response.IsProblemAsync(HttpStatusCode.BadRequest, "validation");
        Assert.All(problem["errors"]!.AsArray(), e => Assert.Equal(pointer, (string?)e!["pointer"]));
    }

    [Fact]
    public async Task Makes_a_client_that_guesses_wait()
    {
        var me = await Member.JoinAsync(app);

        var refused = await Eventually.FindAsync(
            async () =>
                await ChangeAsync(me, "a guess", NewPassword) is { StatusCode: HttpStatusCode.TooManyRequests } slowed ? slowed : null,
                "slowed down");

        var problem = await refused.IsProblemAsync(HttpStatusCode.TooManyRequests, "rate-limited");
        Assert.True(refused.Headers.RetryAfter?.Delta > TimeSpan.Zero);
        Assert.True((long?)problem["retryAfterMs"] > 0);
    }

    private static Task<HttpResponseMessage> ChangeAsync(Member member, string currentPassword, string? newPassword) =>
        member.Http.PostAsJsonAsync("/v1/users/me/password", new { currentPassword, newPassword });

    private int MailsTo(string email) => !System.IO.Directory.Exists($"{app.Directory}/mail") ? 0
        : System.IO.Directory.GetFiles($"{app.Directory}/mail", "*.eml", SearchOption.AllDirectories)
            .Count(file => File.ReadAllText(file).Contains($"To: {email}", StringComparison.OrdinalIgnoreCase));
}
