using System.Diagnostics;
using System.Diagnostics.Metrics;
using FluentValidation;
using FluentValidation.Results;

namespace Monolith.Kernel.Tests.Messaging;

/// <summary>What stands around every use case: each is measured by its outcome, and what cannot be right goes no further.</summary>
public sealed class BehavioursTests
{
    public static TheoryData<Exception?, string> Outcomes => new()
    {
        { null, "answered" },
        { new ValidationException([new ValidationFailure("Name", "must be there")]), "invalid" },
        { new ConflictException(new Conflict(ConflictKind.Stream, "thing-a", 1)), "conflict" },
        { new InvalidOperationException("a fault of ours"), "failed" },
        { new OperationCanceledException(), "failed" },
    };

    [Theory]
    [MemberData(nameof(Outcomes), DisableDiscoveryEnumeration = true)]
    public async Task A_use_case_is_measured_and_traced_by_its_outcome(Exception? failure, string outcome)
    {
        var measured = new List<string>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, l) =>
        {
            // By its name: the first look at Meters makes the instruments, and none is assigned yet while it is published.
            if (instrument.Name == "monolith.use_case.duration")
            {
                l.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<double>((_, _, tags, _) =>
        {
            if (tags[0].Value is nameof(Measured))
            {
                measured.Add($"{tags[1].Value}");
            }
        });
        listener.Start();
        var traced = new List<object?>();
        using var traces = new ActivityListener
        {
            ShouldListenTo = source => source.Name == Meters.Prefix,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity =>
            {
                // Those of other tests stop on other threads.
                if (activity.DisplayName == nameof(Measured))
                {
                    traced.Add(activity.GetTagItem("outcome"));
                }
            },
        };
        ActivitySource.AddActivityListener(traces);

        var run = new TracingBehaviour<Measured, int>().Handle(
            new Measured(), default, () => failure is null ? Task.FromResult(7) : Task.FromException<int>(failure));

        Assert.Same(failure, await Record.ExceptionAsync(() => run));
        Assert.Equal([outcome], measured);
        Assert.Equal([outcome], traced);
    }

    [Fact]
    public async Task Input_that_cannot_be_right_reaches_no_handler()
    {
        var (reached, behaviour) = (0, new ValidationBehaviour<Measured, int>([new NotEmpty()]));

        var invalid = await Assert.ThrowsAsync<ValidationException>(
            () => behaviour.Handle(new Measured(), default, () => Task.FromResult(++reached)));
        await behaviour.Handle(new Measured { Name = "x" }, default, () => Task.FromResult(++reached));
        await new ValidationBehaviour<Measured, int>([]).Handle(new Measured(), default, () => Task.FromResult(++reached));

        Assert.Equal(("Name", 2), (Assert.Single(invalid.Errors).PropertyName, reached));
    }

    private sealed record Measured
    {
        public string Name { get; init; } = "";
    }

    private sealed class NotEmpty : AbstractValidator<Measured>
    {
        public NotEmpty() => RuleFor(r => r.Name).NotEmpty();
    }
}
