namespace Monolith.Modules.Tests.Users;

public sealed class EraseUserTests(App app) : IClassFixture<App>
{
    [Fact]
    public async Task Ends_every_session_and_leaves_nothing_to_see()
    {
        var (me, other) = (await Member.JoinAsync(app), await app.MemberAsync());
        using var elsewhere = app.CreateClient();
        elsewhere.DefaultRequestHeaders.Authorization = new("Bearer", await Member.LogInAsync(elsewhere, me.Email));
        Assert.Equal(HttpStatusCode.OK, (await other.Http.GetAsync($"/v1/users/{me.Id}")).StatusCode);

        using var response = await EraseAsync(me);

        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        Assert.True(response.Headers.Contains("Monolith-Token"));
        foreach (var http in new[] { me.Http, elsewhere })
        {
            var ended = await Eventually.FindAsync(
                async () => await http.GetAsync("/v1/users/me") is { StatusCode: HttpStatusCode.Unauthorized } refused ? refused : null,
                "the session ends");
            await ended.IsProblemAsync(HttpStatusCode.Unauthorized, "session-expired");
        }

        using var profile = await other.Http.GetAsync($"/v1/users/{me.Id}");
        var problem = await profile.IsProblemAsync(HttpStatusCode.Gone, "erased");
        Assert.Matches(@"erased on \d{4}-\d\d-\d\d", (string?)problem["detail"]);
        using var logIn = await elsewhere.PostAsJsonAsync("/v1/sessions", new { email = me.Email, password = Member.Password });
        await logIn.IsProblemAsync(HttpStatusCode.Unauthorized, "users.wrong-credentials");
    }

    [Fact]
    public async Task Gives_the_address_free_for_a_new_account()
    {
        var me = await Member.JoinAsync(app);
        using var erased = await EraseAsync(me);

        using var http = app.CreateClient();
        using var again = await http.PostAsJsonAsync("/v1/users", Member.Registration(me.Email.ToUpperInvariant()));

        Assert.Equal(HttpStatusCode.Created, again.StatusCode);
        Assert.NotEqual(me.Id, (string?)(await again.JsonAsync())["id"]);
        Assert.NotEmpty(await Member.LogInAsync(http, me.Email));
    }

    [Fact]
    public async Task Refuses_without_the_password_and_erases_nothing()
    {
        var me = await Member.JoinAsync(app);

        using var wrong = await EraseAsync(me, password: "not the password");
        using var missing = await EraseAsync(me, password: "");

        await wrong.IsProblemAsync(HttpStatusCode.Forbidden, "users.wrong-password");
        await missing.IsProblemAsync(HttpStatusCode.BadRequest, "validation");
        Assert.Equal(HttpStatusCode.OK, (await me.Http.GetAsync("/v1/users/me")).StatusCode);
    }

    [Theory]
    [InlineData("\"999\"")]
    [InlineData("W/\"1\"")]
    public async Task Refuses_a_version_that_is_not_the_present_one(string tag)
    {
        using var response = await EraseAsync(await app.MemberAsync(), tag: tag);

        await response.IsProblemAsync(HttpStatusCode.PreconditionFailed, "precondition-failed");
    }

    [Fact]
    public async Task Refuses_when_the_present_version_is_excluded()
    {
        var me = await Member.JoinAsync(app);
        me.Http.DefaultRequestHeaders.Add("If-None-Match", "*");

        using var response = await EraseAsync(me);

        await response.IsProblemAsync(HttpStatusCode.PreconditionFailed, "precondition-failed");
    }

    [Fact]
    public async Task Is_done_once_by_many_who_ask_at_once()
    {
        var me = await Member.JoinAsync(app);

        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => EraseAsync(me)));

        Assert.Single(answers, a => a.StatusCode == HttpStatusCode.NoContent);
        Assert.All(answers.Where(a => a.StatusCode != HttpStatusCode.NoContent), a =>
            Assert.Contains(a.StatusCode, new[] { HttpStatusCode.Gone, HttpStatusCode.Unauthorized }));
    }

    [Fact, Trait("host", "own")]
    public async Task Lets_a_new_first_administrator_be_made_when_the_only_one_is_gone()
    {
        // One of its own, for there is one first administrator in a deployment.
        var own = new App();
        await using var disposal = (IAsyncDisposable)own;
        await ((IAsyncLifetime)own).InitializeAsync();
        var (admin, heir) = (await Member.JoinAsync(own), await Member.JoinAsync(own));
        using var accepted = await admin.Http.PostAsJsonAsync("/v1/admin/invitation", new { token = await own.InviteAsync() });
        accepted.EnsureSuccessStatusCode();
        Assert.Null(await own.InviteAsync());

        using var erased = await EraseAsync(admin);

        Assert.Equal(HttpStatusCode.NoContent, erased.StatusCode);
        using var inherited = await heir.Http.PostAsJsonAsync("/v1/admin/invitation", new { token = await own.InviteAsync() });
        Assert.Equal(HttpStatusCode.NoContent, inherited.StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await heir.Http.GetAsync("/v1/admin/jobs")).StatusCode);
    }

    internal static async Task<HttpResponseMessage> EraseAsync(Member member, string password = Member.Password, string? tag = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Delete, "/v1/users/me")
        {
            Content = JsonContent.Create(new { currentPassword = password }),
        };
        if (tag is not null)
        {
            request.Headers.TryAddWithoutValidation("If-Match", tag);
        }

        return await member.Http.SendAsync(request);
    }
}
