using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Monolith.Users;
using Monolith.Users.Contracts;

namespace Monolith.Modules.Tests.Users;

/// <summary>A hash of the former function is replaced after the log-in that it lets in.</summary>
[Trait("host", "own")]
public sealed class RenewedPasswordHashTests(App app) : IClassFixture<App>
{
    private static readonly string _former = new PasswordHasher<object>().HashPassword(new(), Member.Password);

    private readonly HttpClient _http = app.CreateClient();

    [Fact]
    public async Task Follows_a_log_in_and_lets_the_same_password_in()
    {
        var (id, email) = await JoinWithFormerHashAsync();

        await Member.LogInAsync(_http, email);

        var renewed = await Eventually.FindAsync(
            async () => (await UserAsync(id)).PasswordHash is var hash && hash != _former ? hash : null, "another hash");
        Assert.StartsWith("$argon2id$", renewed, StringComparison.Ordinal);
        await Member.LogInAsync(_http, email);
    }

    [Fact]
    public async Task Is_not_made_by_a_wrong_password()
    {
        var (id, email) = await JoinWithFormerHashAsync();

        using var refused = await _http.PostAsJsonAsync("/v1/sessions", new { email, password = "not the password" });

        await refused.IsProblemAsync(HttpStatusCode.Unauthorized, "users.wrong-credentials");
        Assert.Equal(_former, (await UserAsync(id)).PasswordHash);
    }

    private async Task<(UserId Id, string Email)> JoinWithFormerHashAsync()
    {
        var email = Member.NewEmail();
        using var registered = await _http.PostAsJsonAsync("/v1/users", Member.Registration(email));
        registered.EnsureSuccessStatusCode();
        var id = UserId.From(Guid.Parse((string)(await registered.JsonAsync())["id"]!));
        await using var services = app.Services.CreateAsyncScope();
        var work = services.ServiceProvider.GetRequiredService<UnitOfWork>();
        var user = await work.LoadAsync<User>(User.StreamOf(id), default);
        user.Append(user.State.RenewPasswordHash(user.State.PasswordHash, _former, TimeProvider.System.GetUtcNow())!);
        await work.CommitAsync(default);
        return (id, email);
    }

    private async Task<User> UserAsync(UserId id)
    {
        await using var services = app.Services.CreateAsyncScope();
        return (await services.ServiceProvider.GetRequiredService<UnitOfWork>().LoadAsync<User>(User.StreamOf(id), default)).State;
    }
}
