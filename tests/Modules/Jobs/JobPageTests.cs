using Monolith.Jobs;

namespace Monolith.Modules.Tests.Jobs;

[Trait("host", "none")]
public sealed class JobPageTests
{
    private readonly JobPage _page = new();

    [Fact]
    public void Begins_with_what_there_is_room_for() => Assert.Equal(3, _page.Next(room: 3));

    [Fact]
    public void Grows_while_full_pages_begin_at_once()
    {
        Begin(TimeSpan.FromMilliseconds(1), times: 3);

        Assert.Equal(16, _page.Next(room: 1));
    }

    [Fact]
    public void Grows_to_256_and_no_further()
    {
        Begin(TimeSpan.Zero, times: 20);

        Assert.Equal(256, _page.Next(room: 1));
    }

    [Fact]
    public void Stays_while_there_is_no_more_to_take()
    {
        Begin(TimeSpan.Zero, times: 2);

        _page.Began(asked: 8, count: 1, TimeSpan.Zero);

        Assert.Equal(8, _page.Next(room: 2));
    }

    [Fact]
    public void Falls_back_to_what_there_is_room_for_when_jobs_take_long()
    {
        Begin(TimeSpan.Zero, times: 20);

        _page.Began(asked: 256, count: 256, TimeSpan.FromSeconds(1));

        Assert.Equal(2, _page.Next(room: 2));
    }

    private void Begin(TimeSpan elapsed, int times)
    {
        for (var i = 0; i < times; i++)
        {
            var asked = _page.Next(room: 2);
            _page.Began(asked, asked, elapsed);
        }
    }
}
