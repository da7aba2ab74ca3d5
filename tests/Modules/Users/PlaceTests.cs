using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Monolith.Modules.Tests.Jobs;
using Monolith.Users;
using Monolith.Users.Contracts;

namespace Monolith.Modules.Tests.Users;

/// <summary>Each account has a place that no other has, and everything that the user owns lies in it.</summary>
[Trait("host", "own")]
public sealed class PlaceTests(PlaceTests.PlaceApp app) : IClassFixture<PlaceTests.PlaceApp>
{
    private readonly HttpClient _http = app.CreateClient();

    [Fact]
    public async Task Draws_again_when_a_place_is_taken()
    {
        var (one, other) = Neighbours();
        app.Draw(11, 11, 11, 12);

        var (first, second) = (await RegisterAsync(one), await RegisterAsync(other));

        Assert.Equal((11, 12), (first.Bucket().Kin, second.Bucket().Kin));
        Assert.Equal(first.Bucket().Number, second.Bucket().Number);
    }

    [Fact]
    public async Task Refuses_a_place_that_was_taken_between_the_look_and_the_commit()
    {
        app.Draw(21);
        var first = await RegisterAsync(Member.NewEmail());

        var conflict = await Assert.ThrowsAsync<ConflictException>(() => TakeAsync(first.Bucket()));

        Assert.Equal(new Conflict(ConflictKind.Claim, "users.user.v1/place", 0), conflict.Conflict);
        Assert.False(conflict.IsFinal);
    }

    [Fact]
    public async Task Gives_the_place_of_an_erased_user_to_others()
    {
        app.Draw(31);
        var email = Member.NewEmail();
        var first = await RegisterAsync(email);
        _http.DefaultRequestHeaders.Authorization = new("Bearer", await Member.LogInAsync(_http, email));
        using var erase = new HttpRequestMessage(HttpMethod.Delete, "/v1/users/me");
        erase.Content = JsonContent.Create(new { currentPassword = Member.Password });
        (await _http.SendAsync(erase)).EnsureSuccessStatusCode();

        await TakeAsync(first.Bucket());
    }

    [Fact]
    public async Task Keeps_all_that_a_person_owns_in_the_place_of_that_person()
    {
        app.Draw(41);
        var email = Member.NewEmail();
        var user = await RegisterAsync(email);
        using var session = await _http.PostAsJsonAsync("/v1/sessions", new { email, password = Member.Password });
        var id = Guid.Parse((string)(await session.JsonAsync())["session"]!["id"]!);

        Assert.Equal(user.Bucket(), Bucket.Of(id));
        var claims = await app.Services.GetRequiredService<Shards>().Of(user.Bucket())
            .Store.ReadStreamHeadsAsync("email-", 10_000, default);
        Assert.All(claims.Where(c => c.Stream.Category.SequenceEqual("email")), c => Assert.Equal(0, c.Stream.Bucket.Kin));
    }

    // Two addresses of one bucket.
    private (string One, string Other) Neighbours()
    {
        var hashes = app.Services.GetRequiredService<EmailHash>();
        var known = new Dictionary<int, string>();
        while (true)
        {
            var email = Member.NewEmail();
            var bucket = Bucket.Of(hashes.Of(Email.Normalize(email))).Number;
            if (!known.TryAdd(bucket, email))
            {
                return (known[bucket], email);
            }
        }
    }

    private async Task<UserId> RegisterAsync(string email)
    {
        using var registered = await _http.PostAsJsonAsync("/v1/users", Member.Registration(email));
        registered.EnsureSuccessStatusCode();
        return UserId.From(Guid.Parse((string)(await registered.JsonAsync())["id"]!));
    }

    private async Task TakeAsync(Bucket place)
    {
        await using var services = app.Services.CreateAsyncScope();
        var work = services.ServiceProvider.GetRequiredService<UnitOfWork>();
        var id = Id.New<UserId>(TimeProvider.System, place);
        var request = new RegisterUser(Member.NewEmail(), "", "Grace", "Hopper");
        work.Start<User>(User.StreamOf(id)).Append(User.Register(id, request, "", TimeProvider.System.GetUtcNow()));
        await work.CommitAsync(default);
    }

    /// <summary>The host with draws that a test decides.</summary>
    public sealed class PlaceApp : App
    {
        private readonly Queue<int> _draws = new();

        protected override IReadOnlyList<IModule> ExtraModules => [new Draws(this)];

        public void Draw(params int[] kins) => kins.ToList().ForEach(_draws.Enqueue);

        private sealed class Draws(PlaceApp app) : IModule
        {
            public string Name => "draws";

            public JsonSerializerContext Json => TrialJson.Default;

            public void Register(IServiceCollection services, IConfigurationSection configuration, Faults faults)
            {
                services.Remove(services.Last(s => s.ImplementationInstance is ModuleTypes types && types.Module == Name));
                services.AddSingleton(new ModuleTypes(Name, new Only(), Json));
                services.AddSingleton(p => new PlaceAllocator(p.GetRequiredService<Shards>(), app._draws.Dequeue));
            }

            public void Map(IEndpointRouteBuilder routes)
            {
            }
        }
    }
}
