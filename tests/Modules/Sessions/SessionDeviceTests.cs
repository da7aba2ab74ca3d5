namespace Monolith.Modules.Tests.Sessions;

/// <summary>By what a user tells sessions apart: what the browser calls itself, as far as it fits.</summary>
public sealed class SessionDeviceTests(App app) : IClassFixture<App>
{
    [Theory]
    [InlineData("", 0, "")]
    [InlineData("Mozilla/5.0 (X11; Linux x86_64)", 0, "Mozilla/5.0 (X11; Linux x86_64)")]
    [InlineData("", 200, null)]
    [InlineData("", 201, null)]
    [InlineData("<script>alert(1)</script>", 0, "<script>alert(1)</script>")]
    public async Task Is_shown_as_it_was_sent_up_to_200_characters(string name, int more, string? shown)
    {
        var device = name + new string('x', more);
        using var http = app.CreateClient();
        http.DefaultRequestHeaders.TryAddWithoutValidation("User-Agent", device);
        var token = await Member.LogInAsync(http, (await Member.JoinAsync(app)).Email);
        http.DefaultRequestHeaders.Authorization = new("Bearer", token);

        var current = await http.GetFromJsonAsync<JsonObject>("/v1/sessions/current");

        Assert.Equal(shown ?? new string('x', 200), (string?)current!["device"]);
    }
}
