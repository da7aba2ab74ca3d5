namespace Monolith.Modules.Tests.Pages;

public sealed class AccountPagesTests(App app) : IClassFixture<App>
{
    [Theory]
    [InlineData("/?after=x", "/?after=x")]
    [InlineData("/admin/invitation?token=x", "/admin/invitation?token=x")]
    [InlineData("https://elsewhere.example", "/")]
    [InlineData("//elsewhere.example", "/")]
    [InlineData("/\\elsewhere.example", "/")]
    [InlineData("/\t/elsewhere.example", "/")]
    [InlineData("javascript:alert(1)", "/")]
    [InlineData("", "/")]
    public async Task Goes_on_after_logging_in_only_to_places_of_ours(string asked, string given)
    {
        var email = (await Browser.SignUpAsync(app)).Email;

        using var answer = await new Browser(app).PostAsync(
            "/login", "/login", new() { ["email"] = email, ["password"] = Member.Password, ["return"] = asked });

        Assert.Equal(HttpStatusCode.SeeOther, answer.StatusCode);
        Assert.Equal(given, answer.Headers.Location?.OriginalString);
    }

    [Theory]
    [InlineData("/login")]
    [InlineData("/signup")]
    [InlineData("/logout")]
    [InlineData("/account/delete")]
    [InlineData("/admin/invitation")]
    [InlineData("/photos/0198c0de-0000-7000-8000-000000000000/delete")]
    public async Task Refuses_a_form_that_no_page_of_ours_gave(string action)
    {
        var browser = await Browser.SignUpAsync(app);

        using var answer = await browser.SendAsync(
            new HttpRequestMessage(HttpMethod.Post, action) { Content = new FormUrlEncodedContent([new("email", browser.Email)]) });

        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
        Assert.Contains("Please try again", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Contains("Log out", await browser.ReadAsync("/"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keeps_what_was_typed_except_the_password_and_says_what_is_wrong_beside_it()
    {
        using var answer = await new Browser(app).PostAsync("/signup", "/signup", new()
        {
            ["email"] = "\"><script>",
            ["password"] = "short-1",
            ["firstName"] = "Ada",
            ["lastName"] = "",
        });

        var page = await answer.Content.ReadAsStringAsync();
        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
        Assert.Contains("value=\"Ada\"", page, StringComparison.Ordinal);
        Assert.Contains("id=\"lastName-wrong\"", page, StringComparison.Ordinal);
        Assert.Contains("id=\"password-wrong\"", page, StringComparison.Ordinal);
        Assert.DoesNotContain("short-1", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<script>", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Logs_out_for_good()
    {
        var browser = await Browser.SignUpAsync(app);

        using var answer = await browser.PostAsync("/", "/logout", []);

        Assert.Equal("/login", answer.Headers.Location?.OriginalString);
        Assert.Contains("Create account", await browser.ReadAsync("/"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Slows_down_a_client_that_guesses_passwords()
    {
        var browser = new Browser(app);
        var guess = new Dictionary<string, string> { ["email"] = Member.NewEmail(), ["password"] = "a guess" };

        using var answer = await Eventually.FindAsync(
            async () =>
                await browser.PostAsync("/login", "/login", guess) is { StatusCode: HttpStatusCode.TooManyRequests } slowed ? slowed : null,
                "slowed down");

        Assert.Contains("Too many attempts", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }
}
