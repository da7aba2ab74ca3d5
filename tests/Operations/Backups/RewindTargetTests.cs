using System.Globalization;
using Monolith.Operations.Backups;
using Monolith.Operations.Deployments;

namespace Monolith.Operations.Tests.Backups;

public sealed class RewindTargetTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("12345", 12345)]
    [InlineData("9223372036854775807", long.MaxValue)]
    public void Is_a_position(string text, long position) => Assert.Equal(new RewindTarget(null, position), RewindTarget.Parse(text));

    [Theory]
    [InlineData("2026-07-01T12:00:00Z", "2026-07-01T12:00:00Z")]
    [InlineData("2026-07-01T12:00:00", "2026-07-01T12:00:00Z")] // UTC unless it says otherwise
    [InlineData("2026-07-01T12:00:00+02:00", "2026-07-01T10:00:00Z")]
    [InlineData("2026-07-01", "2026-07-01T00:00:00Z")]
    [InlineData("2026-07-01T12:00:00.123Z", "2026-07-01T12:00:00.123Z")]
    [InlineData("2026-07-01T12:00:00.1234567+00:00", "2026-07-01T12:00:00.1234567Z")]
    [InlineData("2026-07-01 12:00", "2026-07-01T12:00:00Z")]
    public void Is_a_time(string text, string time) =>
        Assert.Equal(new RewindTarget(DateTimeOffset.Parse(time, CultureInfo.InvariantCulture), null), RewindTarget.Parse(text));

    [Theory]
    [InlineData("yesterday")]
    [InlineData("-1")]
    [InlineData("1.5")] // nor the fifth of January
    [InlineData("12:00")]
    [InlineData("7/1/2026")]
    [InlineData("July 2026")]
    [InlineData("9223372036854775808")]
    [InlineData("2026-13-01")]
    [InlineData("")]
    public void Is_nothing_else(string text)
    {
        var refused = Assert.Throws<UsageException>(() => RewindTarget.Parse(text));

        Assert.Equal($"\"{text}\" is no time such as 2026-07-01T12:00:00Z (UTC), and no position.", refused.Message);
    }
}
