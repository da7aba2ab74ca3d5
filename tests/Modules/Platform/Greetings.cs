using System.Collections.Concurrent;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Monolith.Modules.Tests.Jobs;
using Monolith.Users.Contracts;

namespace Monolith.Modules.Tests.Platform;

/// <summary>The host with a reaction that does what a test wants, and a clock that can be set on.</summary>
public sealed class GreetingApp : App
{
    private readonly Lazy<Task<Member>> _admin;

    public GreetingApp() => _admin = new(MakeAdminAsync);

    internal Greeter Greeter { get; } = new();

    internal SteppedClock Clock { get; } = new();

    protected override IReadOnlyList<IModule> ExtraModules => [new GreetingModule(Greeter, Clock)];

    // these reactions fail on purpose
    protected override IEnumerable<string> Settings =>
        ["--Logging:LogLevel:Monolith.Kernel=None", "--Logging:LogLevel:Microsoft.Extensions.Diagnostics=None"];

    public Task<Member> AdminAsync() => _admin.Value;

    private async Task<Member> MakeAdminAsync()
    {
        var admin = await Member.JoinAsync(this);
        using var response = await admin.Http.PostAsJsonAsync("/v1/admin/invitation", new { token = await InviteAsync() });
        response.EnsureSuccessStatusCode();
        return admin;
    }
}

/// <summary>What the reaction does with each new user.</summary>
internal sealed class Greeter
{
    public Func<UserRegistered, CancellationToken, Task> Greet { get; set; } = (_, _) => Task.CompletedTask;

    public ConcurrentQueue<UserId> Greeted { get; } = [];
}

[Reaction("greeting.greet")]
internal sealed class GreetNewUser(Greeter greeter) : INotificationHandler<UserRegistered>
{
    public async Task Handle(UserRegistered notification, CancellationToken cancellationToken)
    {
        await greeter.Greet(notification, cancellationToken);
        greeter.Greeted.Enqueue(notification.UserId);
    }
}

/// <summary>Goes with the world's clock, some time ahead of it.</summary>
internal sealed class SteppedClock : TimeProvider
{
    private long _ahead;

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + TimeSpan.FromTicks(Interlocked.Read(ref _ahead));

    public override long GetTimestamp() =>
        System.GetTimestamp() + (long)(TimeSpan.FromTicks(Interlocked.Read(ref _ahead)).TotalSeconds * System.TimestampFrequency);

    public void Step(TimeSpan by) => Interlocked.Add(ref _ahead, by.Ticks);
}

internal sealed class GreetingModule(Greeter greeter, TimeProvider clock) : TestModule("greeting", TrialJson.Default, typeof(GreetNewUser))
{
    protected override void Add(IServiceCollection services) => services.AddSingleton(greeter).AddSingleton(clock);
}
