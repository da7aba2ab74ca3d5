namespace Monolith.Modules.Tests.Users;

/// <summary>Each test has a host of its own, because there is one first administrator only.</summary>
[Trait("host", "own")]
public sealed class FirstAdminTests : IAsyncLifetime
{
    private readonly App _app = new();

    public ValueTask InitializeAsync() => ((IAsyncLifetime)_app).InitializeAsync();

    public ValueTask DisposeAsync() => ((IAsyncDisposable)_app).DisposeAsync();

    [Fact]
    public async Task Is_who_has_the_link_and_no_other_user()
    {
        var (admin, other) = (await _app.MemberAsync(), await Member.JoinAsync(_app));
        var token = await _app.InviteAsync();
        await (await AcceptAsync(admin, "a guess")).IsProblemAsync(HttpStatusCode.Forbidden, "users.admin-link-invalid");
        await (await admin.Http.GetAsync("/v1/admin/jobs")).IsProblemAsync(HttpStatusCode.Forbidden, "forbidden");

        var accepted = await AcceptAsync(admin, token);

        Assert.Equal(HttpStatusCode.NoContent, accepted.StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await admin.Http.GetAsync("/v1/admin/jobs")).StatusCode);
        await (await AcceptAsync(other, token)).IsProblemAsync(HttpStatusCode.Forbidden, "users.admin-link-invalid");
        await (await other.Http.GetAsync("/v1/admin/jobs")).IsProblemAsync(HttpStatusCode.Forbidden, "forbidden");
        Assert.Equal(HttpStatusCode.NoContent, (await AcceptAsync(admin, token)).StatusCode);
        Assert.Null(await _app.InviteAsync());
    }

    [Fact]
    public async Task Is_made_by_the_newest_link_only()
    {
        var another = await _app.MemberAsync();
        var former = await _app.InviteAsync();

        var newest = await _app.InviteAsync();

        await (await AcceptAsync(another, former)).IsProblemAsync(HttpStatusCode.Forbidden, "users.admin-link-invalid");
        Assert.Equal(HttpStatusCode.NoContent, (await AcceptAsync(another, newest)).StatusCode);
    }

    [Fact]
    public async Task Is_one_of_many_who_use_the_link_at_once()
    {
        var members = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Member.JoinAsync(_app)));
        var token = await _app.InviteAsync();

        var answers = await Task.WhenAll(members.Select(m => AcceptAsync(m, token)));

        Assert.Single(answers, a => a.StatusCode == HttpStatusCode.NoContent);
        Assert.Equal(3, answers.Count(a => a.StatusCode == HttpStatusCode.Forbidden));
    }

    [Fact]
    public async Task Must_be_signed_in()
    {
        using var http = _app.CreateClient();

        using var response = await http.PostAsJsonAsync("/v1/admin/invitation", new { token = await _app.InviteAsync() });

        await response.IsProblemAsync(HttpStatusCode.Unauthorized, "unauthenticated");
    }

    private static Task<HttpResponseMessage> AcceptAsync(Member member, string? token) =>
        member.Http.PostAsJsonAsync("/v1/admin/invitation", new { token });
}
