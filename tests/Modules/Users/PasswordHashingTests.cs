using System.Buffers.Binary;
using Monolith.Users;

namespace Monolith.Modules.Tests.Users;

[Trait("host", "none")]
public sealed class PasswordHashingTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Costs_what_guessers_should_pay()
    {
        using var hashing = new PasswordHashing();

        var hash = Convert.FromBase64String(await hashing.HashAsync("correct horse battery", Cancelled));

        // ASP.NET Core Identity's third format: 1, then the function (2 is HMAC-SHA-512), then how often, each in 4 bytes.
        Assert.Equal(
            (1, 2u, 210_000u),
            (hash[0], BinaryPrimitives.ReadUInt32BigEndian(hash.AsSpan(1)), BinaryPrimitives.ReadUInt32BigEndian(hash.AsSpan(5))));
    }

    [Fact]
    public async Task Knows_a_password_again_whatever_its_hash_has_cost()
    {
        using var former = new PasswordHashing(iterations: 1000);
        using var present = new PasswordHashing();
        var hash = await former.HashAsync("correct horse battery", Cancelled);

        Assert.True(await present.MatchesAsync(hash, "correct horse battery", Cancelled));
        Assert.False(await present.MatchesAsync(hash, "correct horse batterz", Cancelled));
        Assert.False(await present.MatchesAsync(null, "correct horse battery", Cancelled));
    }
}
