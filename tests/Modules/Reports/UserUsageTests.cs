using Monolith.Reports.Usage;

namespace Monolith.Modules.Tests.Reports;

[Trait("host", "none")]
public sealed class UserUsageTests
{
    private static readonly DateOnly _monday = new(2026, 7, 27);
    private static readonly Guid _user = Guid.Parse("01a1fdf0-1f54-71a7-932f-0b72d4f80707");
    private static readonly Guid _photo = Guid.Parse("01a1fdf0-2233-71a7-92ec-79900c45a27a");

    [Fact]
    public void Counts_what_happened_in_the_week_in_which_it_happened()
    {
        var usage = UserUsage.Begin(_user, _monday)
            .Active(_monday).LoggedIn(_monday).Active(_monday.AddDays(6)).Uploaded(_monday.AddDays(6), _photo, 500)
            .Active(_monday.AddDays(7)).Deleted(_monday.AddDays(8), _photo);

        Assert.Equal(
            [new UsageWeek(_monday, 2, 1, 1, 0, 500, 500), new UsageWeek(_monday.AddDays(7), 1, 0, 0, 1, 0, 0)], usage.Weeks);
        Assert.Equal((0, _monday, _monday.AddDays(7)), (usage.StoredBytes, usage.FirstWeek, usage.LastWeek));
        Assert.Empty(usage.Photos);
    }

    [Fact]
    public void Puts_a_week_that_comes_late_where_it_belongs()
    {
        var usage = UserUsage.Begin(_user, _monday).Active(_monday).Active(_monday.AddDays(14)).Active(_monday.AddDays(-1))
            .Active(_monday.AddDays(7));

        Assert.Equal([-7, 0, 7, 14], usage.Weeks.Select(w => w.Week.DayNumber - _monday.DayNumber));
        Assert.Equal(_monday.AddDays(-7), usage.FirstWeek);
    }

    [Fact]
    public void Counts_the_deletion_of_a_photo_once_and_of_no_other()
    {
        var usage = UserUsage.Begin(_user, _monday).Uploaded(_monday, _photo, 500).Deleted(_monday, _photo).Deleted(_monday, _photo)
            .Deleted(_monday, _user);

        Assert.Equal(new UsageWeek(_monday, 0, 0, 1, 1, 500, 0), Assert.Single(usage.Weeks));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(6)]
    public void A_week_begins_on_monday(int day) => Assert.Equal(_monday, UsageWeek.Of(_monday.AddDays(day)));
}
