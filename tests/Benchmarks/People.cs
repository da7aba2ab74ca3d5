using Monolith.Sessions;
using Monolith.Users;
using Monolith.Users.Contracts;

namespace Monolith.Benchmarks;

/// <summary>Users without the work of hashing their passwords.</summary>
internal static class People
{
    public const int EventsPerUser = 10;

    // As many as one batch takes.
    private const int AtOnce = 512;

    /// <summary>Lets users join and change their details a few times.</summary>
    public static async Task<IReadOnlyList<UserId>> JoinAsync(Installation installation, int count)
    {
        var ids = new UserId[count];
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (i, cancellationToken) =>
            ids[i] = await JoinAsync(installation, $"user{i}@example.org", cancellationToken));
        return ids;
    }

    /// <summary>Signs a user in without a password.</summary>
    /// <returns>The bearer token.</returns>
    public static async Task<string> SignInAsync(Installation installation, UserId user)
    {
        var (clock, token) = (TimeProvider.System, SessionTokens.New(user.Bucket()));
        var now = clock.GetUtcNow();
        await installation.Get<ISessionStore>().PutAsync(
            new SessionRecord(
                Id.New(clock, user.Bucket()), user.Value, SessionTokens.HashOfBearer(token),
                SessionTokens.HashOfCookie(SessionTokens.New(user.Bucket())), "bench", now, now,
                now + TimeSpan.FromDays(1)),
            CancellationToken.None);
        return token;
    }

    private static async Task<UserId> JoinAsync(Installation installation, string email, CancellationToken cancellationToken)
    {
        var now = TimeProvider.System.GetUtcNow();
        var id = Id.New<UserId>(TimeProvider.System, new Bucket(Random.Shared.Next(Bucket.Count)));
        await using var scope = installation.Scope();
        var work = scope.ServiceProvider.GetRequiredService<UnitOfWork>();
        var user = work.Start<User>(User.StreamOf(id));
        user.Append(User.Register(id, new RegisterUser(email, "", "Ada", "Lovelace"), new string('h', 100), now));
        for (var i = 1; i < EventsPerUser; i++)
        {
            // Another name each time.
            user.Append(user.State.ChangeDetails($"Ada {i}", "Lovelace", new Address("1 Main Street", "London", "", "N1"), now)!);
        }

        await work.CommitAsync(cancellationToken);
        return id;
    }
}
