using Monolith.Adapters.Embedded;

namespace Monolith.Adapters.Tests;

public sealed class KnownSessionsTests
{
    private readonly KnownSessions _known = new();

    [Fact]
    public void Remembers_what_was_read()
    {
        var session = NewSession();

        _known.Add("bearer", session, _known.Changes);

        Assert.Same(session, _known.Find("bearer"));
        Assert.Null(_known.Find("cookie"));
    }

    [Fact]
    public void Forgets_a_session_by_each_of_its_tokens()
    {
        var session = NewSession();
        _known.Add("bearer", session, _known.Changes);
        _known.Add("cookie", session, _known.Changes);

        _known.Forget(session);

        Assert.Null(_known.Find("bearer"));
        Assert.Null(_known.Find("cookie"));
    }

    [Fact]
    public void Does_not_take_in_what_was_begun_to_be_read_before_a_change()
    {
        var (session, before) = (NewSession(), _known.Changes);

        _known.Forget(session);
        _known.Add("bearer", session, before);

        Assert.Null(_known.Find("bearer"));
    }

    [Fact]
    public void Holds_ten_thousand_and_no_more()
    {
        for (var i = 0; i <= 10_000; i++)
        {
            _known.Add($"{i}", NewSession(), _known.Changes);
        }

        Assert.Null(_known.Find("0"));
        Assert.NotNull(_known.Find("10000"));
    }

    private static SessionRecord NewSession() =>
        new(
            Id.New(TimeProvider.System, default), Id.New(TimeProvider.System, default), "bearer", "cookie", "", default, default,
            DateTimeOffset.MaxValue);
}
