namespace Monolith.Support;

/// <summary>A user with an account and a session, as a client of the API.</summary>
public sealed class Member
{
    public const string Password = "correct horse battery";

    private Member(HttpClient http, string email, string id, string token) => (Http, Email, Id, Token) = (http, email, id, token);

    public HttpClient Http { get; }

    public string Email { get; }

    public string Id { get; }

    public string Token { get; }

    public static string NewEmail() => $"{Guid.CreateVersion7(TimeProvider.System.GetUtcNow()):N}@example.org";

    public static object Registration(string email, string password = Password) =>
        new { email, password, firstName = "Ada", lastName = "Lovelace" };

    /// <summary>Registers and logs in.</summary>
    public static async Task<Member> JoinAsync(App app)
    {
        var http = app.CreateClient();
        var email = NewEmail();
        using var registered = await http.PostAsJsonAsync("/v1/users", Registration(email));
        registered.EnsureSuccessStatusCode();
        var id = (string)(await registered.JsonAsync())["id"]!;
        var token = await LogInAsync(http, email);
        http.DefaultRequestHeaders.Authorization = new("Bearer", token);
        return new Member(http, email, id, token);
    }

    /// <summary>Logs in once more.</summary>
    /// <returns>The bearer token.</returns>
    public static async Task<string> LogInAsync(HttpClient http, string email, string password = Password)
    {
        using var response = await http.PostAsJsonAsync("/v1/sessions", new { email, password });
        response.EnsureSuccessStatusCode();
        return (string)(await response.JsonAsync())["token"]!;
    }
}

/// <summary>Reads answers.</summary>
public static class Answers
{
    public static async Task<JsonObject> JsonAsync(this HttpResponseMessage response) =>
        (await response.Content.ReadFromJsonAsync<JsonObject>()) ?? throw new InvalidOperationException("The answer is empty.");

    /// <summary>Requires a problem document with this status and code, as every refusal must be.</summary>
    public static async Task<JsonObject> IsProblemAsync(this HttpResponseMessage response, HttpStatusCode status, string code)
    {
        Assert.Equal(status, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        var problem = await response.JsonAsync();
        Assert.Equal(code, (string?)problem["code"]);
        Assert.Equal((int)status, (int?)problem["status"]);
        Assert.False(string.IsNullOrEmpty((string?)problem["traceId"]));
        return problem;
    }
}
