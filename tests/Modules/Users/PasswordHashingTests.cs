using Microsoft.AspNetCore.Identity;
using Monolith.Users.Passwords;

namespace Monolith.Modules.Tests.Users;

[Trait("host", "none")]
public sealed class PasswordHashingTests
{
    private const string Password = "correct horse battery";

    private const string OfAnother = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$Y2bjJGfuQForcv6vcOu8Uc2uZ2P2gnZLTJF2sXvydKU";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Costs_what_guessers_should_pay()
    {
        using var hashing = new PasswordHashing();

        var hash = await hashing.HashAsync(Password, Cancelled);

        // A PHC string: the function, its version, KiB of memory, iterations and lanes, then salt and hash.
        Assert.StartsWith("$argon2id$v=19$m=19456,t=2,p=1$", hash, StringComparison.Ordinal);
        Assert.NotEqual(hash, await hashing.HashAsync(Password, Cancelled));
    }

    [Fact]
    public async Task Knows_a_password_again_whatever_its_hash_has_cost()
    {
        using var cheaper = new PasswordHashing(memory: 8192);
        using var present = new PasswordHashing();
        var hash = await cheaper.HashAsync(Password, Cancelled);

        Assert.True(await present.MatchesAsync(hash, Password, Cancelled));
        Assert.False(await present.MatchesAsync(hash, "correct horse batterz", Cancelled));
        Assert.False(await present.MatchesAsync(null, Password, Cancelled));
    }

    [Fact]
    public async Task Knows_a_password_whose_hash_is_of_the_former_function()
    {
        using var present = new PasswordHashing();
        var hash = new PasswordHasher<object>().HashPassword(new(), Password);

        Assert.True(await present.MatchesAsync(hash, Password, Cancelled));
        Assert.False(await present.MatchesAsync(hash, "correct horse batterz", Cancelled));
    }

    [Fact]
    public async Task Tells_hashes_that_are_to_be_renewed()
    {
        using var cheaper = new PasswordHashing(memory: 8192);
        using var present = new PasswordHashing();

        Assert.False(present.IsOutdated(await present.HashAsync(Password, Cancelled)));
        Assert.True(present.IsOutdated(await cheaper.HashAsync(Password, Cancelled)));
        Assert.True(present.IsOutdated(new PasswordHasher<object>().HashPassword(new(), Password)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("$argon2id$v=19$m=19456,t=2,p=1$ewBk5kUygwo3ab3SbYllPQ$as-long-as-a-hash-but-not-one")]
    public async Task Lets_no_password_match_what_is_no_hash(string hash)
    {
        using var hashing = new PasswordHashing(memory: 8192);

        Assert.False(await hashing.MatchesAsync(hash, Password, Cancelled));
    }

    // The hash of another implementation: argon2 in Debian, echo -n 'pässword' | argon2 somesaltsomesalt -id -t 2 -k 19456 -p 1 -e
    [Fact]
    public async Task Hashes_the_bytes_of_UTF_8()
    {
        using var hashing = new PasswordHashing();

        Assert.True(await hashing.MatchesAsync(OfAnother, "pässword", Cancelled));
    }
}
