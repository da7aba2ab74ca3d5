namespace Monolith.Modules.Tests.Sessions;

[Trait("host", "own")]
public sealed class SessionExpiryTests(SessionExpiryTests.HastyApp app) : IClassFixture<SessionExpiryTests.HastyApp>
{
    [Fact]
    public async Task Ends_when_its_time_is_over_however_much_it_is_used()
    {
        var me = await Member.JoinAsync(app);

        var refused = await Eventually.FindAsync(
            async () => await me.Http.GetAsync("/v1/users/me") is { StatusCode: HttpStatusCode.Unauthorized } ended ? ended : null,
            "the session runs out");

        await refused.IsProblemAsync(HttpStatusCode.Unauthorized, "session-expired");
    }

    public sealed class HastyApp : App
    {
        protected override IEnumerable<string> Settings => ["--Sessions:AbsoluteTimeout=00:00:02"];
    }
}
