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
        Assert.Equal(("Ada", "Lovelace", "62701"), ((string?)user["firstName"], (string?)user["lastName"], (string?)user["address"]?["postalCode"]));
        Assert.False(user.ContainsKey("password"));
        Assert.Matches("^0:[0-9]+$", response.Headers.GetValues("Monolith-Token").Single());
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

        var responses = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => _http.PostAsJsonAsync("/v1/users", Member.Registration(email))));

        Assert.Single(responses, r => r.StatusCode == HttpStatusCode.Created);
        Assert.Equal(7, responses.Count(r => r.StatusCode == HttpStatusCode.Conflict));
    }
}
