using System.Text.Json;

namespace Monolith.Kernel.Tests.Subscriptions;

/// <summary>Which failures waiting can mend, and which park the event.</summary>
public sealed class FailuresTests
{
    public static TheoryData<Exception, FailureKind> Kinds => new()
    {
        { new JsonException(), FailureKind.Serialisation },
        { new NotSupportedException(), FailureKind.Serialisation },
        { new UnknownEventException(typeof(Thing), "an event"), FailureKind.UnknownType },
        { new OutOfOrderException("nothing to go on from"), FailureKind.OutOfOrder },
        { new FileNotFoundException(), FailureKind.Poison },
        { new DirectoryNotFoundException(), FailureKind.Poison },
        { new ConflictException(new Conflict(ConflictKind.Message, "m", 1)), FailureKind.Poison },
        { new ConflictException(new Conflict(ConflictKind.Stream, "thing-a", 1)), FailureKind.Transient },
        { new StoreUnavailableException("unreachable", isFull: false, null), FailureKind.Transient },
        { new TimeoutException(), FailureKind.Transient },
        { new TaskCanceledException(), FailureKind.Transient },
        { new HttpRequestException(), FailureKind.Transient },
        { new IOException(), FailureKind.Transient },
        { new EndOfStreamException(), FailureKind.Transient },
        { new InvalidOperationException(), FailureKind.Poison },
        { new DamagedException("Document a", null), FailureKind.Poison },
    };

    [Theory]
    [MemberData(nameof(Kinds), DisableDiscoveryEnumeration = true)]
    public void Are_told_apart(Exception failure, FailureKind kind) => Assert.Equal(kind, Failures.KindOf(failure));

    [Theory]
    [InlineData(0, 0)]
    [InlineData(473, 0)]
    [InlineData(474, 1)]
    [InlineData(10_000, 1)]
    public void Have_a_reason_of_one_line_that_stays_short(int length, int ellipses)
    {
        const string Type = "InvalidOperationException: "; // 27 characters
        var reason = Failures.ReasonOf(new InvalidOperationException(new string('x', length)));

        Assert.StartsWith(Type, reason, StringComparison.Ordinal);
        Assert.Equal(ellipses, reason.Count(c => c == '…'));
        Assert.Equal(Math.Min(Type.Length + length, 500) + ellipses, reason.Length);
    }
}
