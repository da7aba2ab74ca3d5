using MediatR;

namespace Monolith.Kernel.Tests.Messaging;

public sealed class FeedCatalogTests : IAsyncDisposable
{
    private readonly TestNode _node = new(new MemoryStore(TimeProvider.System), TimeProvider.System);

    public ValueTask DisposeAsync() => _node.DisposeAsync();

    [Fact]
    public void Knows_what_is_announced_by_which_name() => Assert.Equal(
        [("things.thing-happened.v1", typeof(ThingHappened)), ("things.person-named.v1", typeof(PersonNamed))],
        Of(new ThingsAnnouncer()).All);

    [Fact]
    public void Refuses_an_announcement_without_a_name() => Refuses(
        "needs an [Announcement] name", new ThingsAnnouncer().Also<Stray.Noted, Nameless>(new()));

    [Fact]
    public void Refuses_a_name_that_is_given_twice() => Refuses(
        "are both named things.thing-happened.v1", new ThingsAnnouncer().Also<Stray.Noted, Namesake>(new()));

    [Fact]
    public void Refuses_an_event_that_is_announced_twice_because_its_position_names_one() => Refuses(
        "is announced twice", new ThingsAnnouncer().Also<Thing.Happened, PersonNamed>(new("", 0)));

    private void Refuses(string why, Announcer announcer) => Assert.Contains(
        why, Assert.Throws<InvalidOperationException>(() => Of(announcer)).Message, StringComparison.Ordinal);

    private FeedCatalog Of(Announcer announcer) => new([announcer], _node.Get<EventCatalog>(), _node.Get<StoredJson>());

    private sealed record Nameless : INotification;

    [Announcement("things.thing-happened.v1")]
    private sealed record Namesake : INotification;
}
