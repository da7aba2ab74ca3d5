namespace Monolith.Modules.Tests.Users;

public sealed class RegisterUserTests(App app) : IClassFixture<App>
{
    private readonly HttpClient _http = app.CreateClient();

    [Fact]
    public async Task Opens_an_account()
    {
        var address = new { streetAddress = "1 Main St", city = "Springfield", state = "IL", postalCode = "62701" };

        var response = await _http.PostAsJsonAsync("/v1/users", new
        {
            email = Member.NewEmail(), password = Member.Password, firstName = "Ada", lastName = "Lovelace", address,
        });

        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        var user = await response.JsonAsync();
        Assert.Equal($"/v1/users/{user["id"]}", response.Headers.Location?.ToString());
        Assert.Equal(
            ("Ada", "Lovelace", "62701"), ((string?)user["firstName"], (string?)user["lastName"], (string?)user["address"]?["postalCode"]));
        Assert.False(user.ContainsKey("password"));
        Assert.Matches("^[01]:[0-9]+$", response.Headers.GetValues("Monolith-Token").Single());
    }

    [Fact]
    public async Task Refuses_an_address_that_is_taken_however_it_is_spelt()
    {
        var email = Member.NewEmail();
        await _http.PostAsJsonAsync("/v1/users", Member.Registration(email));

        var response = await _http.PostAsJsonAsync("/v1/users", Member.Registration($"  {email.ToUpperInvariant()} "));

        await response.IsProblemAsync(HttpStatusCode.Conflict, "users.email-taken");
    }

    [Fact]
    public async Task Gives_an_address_to_exactly_one_of_many_who_ask_at_once()
    {
        var email = Member.NewEmail();

        var responses = await Task.WhenAll(
            Enumerable.Range(0, 8).Select(_ => _http.PostAsJsonAsync("/v1/users", Member.Registration(email))));

        Assert.Single(responses, r => r.StatusCode == HttpStatusCode.Created);
        Assert.Equal(7, responses.Count(r => r.StatusCode == HttpStatusCode.Conflict));
    }

    [Theory]
    [InlineData("email", "", "not-empty")]
    [InlineData("email", null, "not-empty")]
    [InlineData("email", "not-an-address", "email")]
    [InlineData("password", null, "not-empty")]
    [InlineData("password", "short", "length")]
    [InlineData("firstName", "", "not-empty")]
    [InlineData("firstName", null, "not-empty")]
    [InlineData("lastName", null, "not-empty")]
    [InlineData("address/city", "", "not-empty")]
    [InlineData("address/postalCode", null, "not-empty")]
    [InlineData("address/state", null, "not-null")]
    public async Task Says_which_field_cannot_be_right(string field, string? value, string code)
    {
        var response = await PostWithAsync(field, value);

        var problem = await response.IsProblemAsync(HttpStatusCode.BadRequest, "validation");
        Assert.Contains(problem["errors"]!.AsArray(), e => (string?)e!["pointer"] == $"#/{field}" && (string?)e["code"] == code);
        Assert.All(problem["errors"]!.AsArray(), e => Assert.Equal($"#/{field}", (string?)e!["pointer"]));
    }

    [Theory]
    [InlineData("email", 255)]
    [InlineData("password", 129)]
    [InlineData("firstName", 81)]
    [InlineData("lastName", 81)]
    [InlineData("address/streetAddress", 201)]
    [InlineData("address/city", 101)]
    [InlineData("address/state", 101)]
    [InlineData("address/postalCode", 21)]
    public async Task Refuses_what_is_longer_than_a_field_takes(string field, int length)
    {
        var value = field == "email" ? $"{new string('x', length - "@example.org".Length)}@example.org" : new string('x', length);

        var response = await PostWithAsync(field, value);

        var problem = await response.IsProblemAsync(HttpStatusCode.BadRequest, "validation");
        Assert.Equal($"#/{field}", (string?)Assert.Single(problem["errors"]!.AsArray())!["pointer"]);
    }

    [Fact]
    public async Task Lists_every_field_that_cannot_be_right_at_once()
    {
        var response = await _http.PostAsJsonAsync("/v1/users", new { });

        var problem = await response.IsProblemAsync(HttpStatusCode.BadRequest, "validation");
        Assert.Equal(
            ["#/email", "#/firstName", "#/lastName", "#/password"],
            problem["errors"]!.AsArray().Select(e => (string?)e!["pointer"]).Distinct().Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Takes_any_characters_in_a_password_and_all_of_them()
    {
        var password = string.Concat(Enumerable.Repeat("pä ß😀", 20))[..100];
        var email = Member.NewEmail();
        await _http.PostAsJsonAsync("/v1/users", Member.Registration(email, password));

        using var cut = await _http.PostAsJsonAsync("/v1/sessions", new { email, password = password[..98] });

        Assert.Equal(HttpStatusCode.Unauthorized, cut.StatusCode);
        Assert.NotEmpty(await Member.LogInAsync(_http, email, password));
    }

    private async Task<HttpResponseMessage> PostWithAsync(string field, string? value)
    {
        var body = new JsonObject
        {
            ["email"] = Member.NewEmail(),
            ["password"] = Member.Password,
            ["firstName"] = "Ada",
            ["lastName"] = "Lovelace",
            ["address"] = new JsonObject
            {
                ["streetAddress"] = "1 Main St", ["city"] = "Springfield", ["state"] = "IL", ["postalCode"] = "62701",
            },
        };
        var path = field.Split('/');
        var parent = path.Length == 1 ? body : body[path[0]]!.AsObject();
        parent[path[^1]] = value;
        return await _http.PostAsJsonAsync("/v1/users", body);
    }
}
