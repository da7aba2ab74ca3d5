namespace Monolith.Kernel.Tests;

public sealed class RefusalsTests
{
    [Fact]
    public void Every_kind_has_a_status_of_its_own() => Assert.Distinct(Enum.GetValues<ErrorKind>().Select(Refusals.StatusOf));

    [Fact]
    public void A_bare_status_becomes_an_error_of_that_status() => Assert.All(Enum.GetValues<ErrorKind>(), kind =>
    {
        var status = Refusals.StatusOf(kind);
        if (Refusals.ErrorOf(status) is { } error)
        {
            Assert.Equal(kind, error.Kind);
        }
    });

    [Theory]
    [InlineData(408)]
    [InlineData(504)]
    public void What_took_too_long_is_a_refusal_of_ours(int status) => Assert.Equal(PlatformErrors.TimedOut, Refusals.ErrorOf(status));

    [Theory]
    [InlineData(200)]
    [InlineData(418)]
    public void Another_status_stays_as_it_is(int status) => Assert.Null(Refusals.ErrorOf(status));
}
