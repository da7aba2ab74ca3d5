using System.Text.RegularExpressions;

namespace Monolith.Modules.Tests.Pages;

/// <summary>The forms of an account: what each does, and what it says when it does not.</summary>
public sealed partial class AccountFormsTests(App app) : IClassFixture<App>
{
    [Theory]
    [InlineData("a wrong one")]
    [InlineData(null)] // of an address without an account
    public async Task Says_the_same_of_a_wrong_password_and_of_an_unknown_address(string? password)
    {
        var email = password is null ? Member.NewEmail() : (await Browser.SignUpAsync(app)).Email;
        var browser = new Browser(app);

        using var answer = await browser.PostAsync(
            "/login", "/login", new() { ["email"] = email, ["password"] = password ?? Member.Password });

        var page = await ShowsAsync(answer, HttpStatusCode.UnprocessableEntity, "The e-mail address or the password is wrong.");
        Assert.Contains($"value=\"{email}\"", page, StringComparison.Ordinal);
        Assert.DoesNotContain("a wrong one", page, StringComparison.Ordinal);
        Assert.DoesNotContain("Log out", await browser.ReadAsync("/"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/login", "email")]
    [InlineData("/login", "password")]
    [InlineData("/signup", "email")]
    [InlineData("/signup", "password")]
    [InlineData("/signup", "firstName")]
    [InlineData("/signup", "lastName")]
    public async Task Marks_the_field_that_is_missing_and_no_other(string form, string field)
    {
        var fields = new Dictionary<string, string>
        {
            ["email"] = Member.NewEmail(), ["password"] = Member.Password, ["firstName"] = "Ada", ["lastName"] = "Lovelace",
        };
        fields.Remove(field);

        using var answer = await new Browser(app).PostAsync(form, form, fields);

        var page = await ShowsAsync(answer, HttpStatusCode.UnprocessableEntity, "Please look at the marked fields.");
        Assert.Equal([$"{field}-wrong"], Wrong().Matches(page).Select(m => m.Groups[1].Value));
        Assert.Contains($"aria-describedby=\"{field}-wrong", page, StringComparison.Ordinal);
        Assert.Single(Invalid().Matches(page));
    }

    [Fact]
    public async Task Says_that_an_address_has_an_account()
    {
        var email = (await Browser.SignUpAsync(app)).Email;

        using var answer = await new Browser(app).PostAsync("/signup", "/signup", new()
        {
            ["email"] = email, ["password"] = Member.Password, ["firstName"] = "Ada", ["lastName"] = "Lovelace",
        });

        await ShowsAsync(answer, HttpStatusCode.UnprocessableEntity, "This e-mail address has an account already.");
    }

    [Fact]
    public async Task Shows_what_was_typed_as_text_and_never_as_markup()
    {
        var browser = new Browser(app);
        using var made = await browser.PostAsync("/signup", "/signup", new()
        {
            ["email"] = browser.Email, ["password"] = Member.Password,
            ["firstName"] = "<script>alert(1)</script>", ["lastName"] = "\"><img src=x>",
        });
        Assert.Equal(HttpStatusCode.SeeOther, made.StatusCode);

        foreach (var path in new[] { "/", "/account", "/status", "/nowhere" })
        {
            var page = await browser.ReadAsync(path);

            Assert.DoesNotContain("<script>alert", page, StringComparison.Ordinal);
            Assert.DoesNotContain("<img src=x>", page, StringComparison.Ordinal);
            Assert.Contains("&lt;script&gt;alert(1)&lt;/script&gt;", page, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("/login", "/")]
    [InlineData("/signup", "/")]
    [InlineData("/login?return=/account", "/account")]
    [InlineData("/signup?return=//elsewhere.example", "/")]
    public async Task Asks_a_visitor_who_is_signed_in_for_nothing_more(string form, string place)
    {
        var browser = await Browser.SignUpAsync(app);

        using var answer = await browser.GetAsync(form);

        Assert.Equal((HttpStatusCode.SeeOther, place), (answer.StatusCode, answer.Headers.Location?.OriginalString));
    }

    [Fact]
    public async Task Shows_no_account_to_a_visitor_who_is_not_signed_in()
    {
        using var answer = await new Browser(app).GetAsync("/account");

        Assert.Equal((HttpStatusCode.SeeOther, "/login?return=%2Faccount"), (answer.StatusCode, answer.Headers.Location?.OriginalString));
    }

    [Theory]
    [InlineData("/account/delete", "/login?return=%2Faccount")]
    [InlineData("/admin/invitation", "/login?return=%2Fadmin%2Finvitation%3Ftoken%3Da%252526b")]
    [InlineData("/photos/0198c0de-0000-7000-8000-000000000000/delete", "/login")]
    public async Task Sends_a_form_of_one_who_was_signed_out_meanwhile_to_the_log_in(string action, string place)
    {
        var browser = new Browser(app);

        using var answer = await browser.PostAsync("/login", action, new() { ["token"] = "a%26b", ["currentPassword"] = Member.Password });

        Assert.Equal((HttpStatusCode.SeeOther, place), (answer.StatusCode, answer.Headers.Location?.OriginalString));
    }

    [Fact]
    public async Task Erases_an_account_with_its_password_alone()
    {
        var browser = await Browser.SignUpAsync(app);

        using var wrong = await browser.PostAsync("/account", "/account/delete", new() { ["currentPassword"] = "a wrong one" });
        using var missing = await browser.PostAsync("/account", "/account/delete", []);
        var kept = await browser.ReadAsync("/account");
        using var erased = await browser.PostAsync("/account", "/account/delete", new() { ["currentPassword"] = Member.Password });

        Assert.Contains(
            "<details open", await ShowsAsync(wrong, HttpStatusCode.UnprocessableEntity, "The current password is wrong."),
            StringComparison.Ordinal);
        Assert.Contains(
            "currentPassword-wrong", await ShowsAsync(missing, HttpStatusCode.UnprocessableEntity, "Please look at the marked fields."),
            StringComparison.Ordinal);
        Assert.Contains(browser.Email, kept, StringComparison.Ordinal);
        Assert.Equal((HttpStatusCode.SeeOther, "/login"), (erased.StatusCode, erased.Headers.Location?.OriginalString));
        Assert.Contains("Your account and everything in it is deleted.", await browser.ReadAsync("/login"), StringComparison.Ordinal);
        using var back = await browser.PostAsync("/login", "/login", new() { ["email"] = browser.Email, ["password"] = Member.Password });
        await ShowsAsync(back, HttpStatusCode.UnprocessableEntity, "The e-mail address or the password is wrong.");
    }

    [Fact]
    public async Task Says_of_a_link_for_administrators_that_it_does_not_hold()
    {
        var browser = await Browser.SignUpAsync(app);

        using var answer = await browser.PostAsync("/admin/invitation?token=guess", "/admin/invitation", new() { ["token"] = "guess" });

        await ShowsAsync(answer, HttpStatusCode.UnprocessableEntity, "This link was used, replaced by a newer one, or never valid.");
    }

    [Theory]
    [InlineData("localhost", false)]
    [InlineData("photos.localhost", false)]
    [InlineData("127.0.0.1", false)]
    [InlineData("[::1]", false)]
    [InlineData("photos.example.org", true)]
    [InlineData("10.0.0.1", true)]
    [InlineData("localhost.example.org", true)]
    public async Task Warns_where_the_browser_will_not_keep_the_session(string host, bool isWarned)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, "/login") { Headers = { Host = host } };

        using var answer = await new Browser(app).SendAsync(request);

        Assert.Equal(
            isWarned, (await answer.Content.ReadAsStringAsync()).Contains("This connection is not encrypted", StringComparison.Ordinal));
    }

    private static async Task<string> ShowsAsync(HttpResponseMessage answer, HttpStatusCode status, string message)
    {
        var page = await answer.Content.ReadAsStringAsync();
        Assert.Equal(status, answer.StatusCode);
        Assert.Contains($"role=\"alert\">{message}", WebUtility.HtmlDecode(page), StringComparison.Ordinal);
        Assert.True(answer.Headers.CacheControl?.NoStore);
        return page;
    }

    [GeneratedRegex("id=\"(\\w+-wrong)\"")]
    private static partial Regex Wrong();

    [GeneratedRegex("aria-invalid=\"true\"")]
    private static partial Regex Invalid();
}
