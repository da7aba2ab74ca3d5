using System.Reflection;
using System.Text.RegularExpressions;
using MediatR;

namespace Monolith.Architecture.Tests;

/// <summary>What the kernel relies on and the compiler cannot see.</summary>
public sealed class ConventionTests
{
    public static TheoryData<string> Modules => Solution.ModuleNames;

    // It may run on a state that is never stored: whatever else it did would be done all the same.
    [Fact]
    public void The_handler_of_a_pipelined_request_can_do_nothing_but_decide()
    {
        var handlers = Solution.ModuleNames.SelectMany(m => Solution.AssemblyOf(m.Data).GetTypes())
            .SelectMany(type => type.RolesOf(typeof(IRequestHandler<,>)).Select(
                role => (Type: type, Request: role.GetGenericArguments()[0])))
            .Where(h => h.Request.IsDefined(typeof(PipelinedAttribute), inherit: false)).ToList();

        Assert.NotEmpty(handlers);
        Assert.All(handlers, handler => Assert.All(
            Assert.Single(handler.Type.GetConstructors()).GetParameters(), parameter => Assert.True(
                parameter.ParameterType == typeof(UnitOfWork) || parameter.ParameterType == typeof(TimeProvider),
                $"{handler.Type} takes a {parameter.ParameterType.Name}, and {handler.Request.Name} is [Pipelined].")));
    }

    [Theory]
    [MemberData(nameof(Modules))]
    public void A_stored_event_is_named_by_its_module_and_is_internal(string module) => Assert.All(EventsOf(module), type =>
    {
        Assert.Matches($@"^{module}\.[a-z][a-z0-9-]*\.v[1-9][0-9]*$", type.GetCustomAttribute<EventTypeAttribute>()!.Name);
        Assert.False(type.IsVisible, $"{type} is public; others hear an announcement instead.");
    });

    [Fact]
    public void No_two_events_share_a_name()
    {
        var names = Solution.ModuleNames.SelectMany(m => EventsOf(m.Data)).Select(t => t.GetCustomAttribute<EventTypeAttribute>()!.Name);

        Assert.Distinct(names);
    }

    [Theory]
    [MemberData(nameof(Modules))]
    public void What_a_module_stores_is_in_its_json_context(string module)
    {
        var json = Solution.Module(module).Json;
        var stored = EventsOf(module).Concat(AggregatesOf(module))
            .Concat(ProjectionsOf(module).Concat(FollowedOf(module)).Select(p => p.BaseType!.GetGenericArguments()[0]));

        Assert.All(stored, type => Assert.True(json.GetTypeInfo(type) is not null, $"{type} is not in {json.GetType().Name}."));
    }

    [Theory]
    [MemberData(nameof(Modules))]
    public void Documents_are_named_by_their_module(string module)
    {
        var kinds = AggregatesOf(module).Select(a => (string)a.GetProperty("Kind")!.GetValue(null)!)
            .Concat(ProjectionsOf(module).Select(p => ((IProjection)Activator.CreateInstance(p)!).Kind)).ToList();

        Assert.All(kinds, kind => Assert.Matches($@"^{module}\.[a-z][a-z0-9-]*\.v[1-9][0-9]*$", kind));
        Assert.Distinct(kinds);
    }

    [Theory]
    [MemberData(nameof(Modules))]
    public void A_followed_projection_is_named_by_its_module(string module) => Assert.All(FollowedOf(module), type =>
        Assert.Matches($@"^{module}\.[a-z][a-z0-9-]*$", ((FollowedProjection)Activator.CreateInstance(type)!).Name));

    [Theory]
    [MemberData(nameof(Modules))]
    public void A_notification_handler_is_a_reaction_named_by_its_module(string module) =>
        Assert.All(ReactionsOf(module), type => Assert.True(
        type.GetCustomAttribute<ReactionAttribute>()?.Name.StartsWith($"{module}.", StringComparison.Ordinal),
        $"{type} needs a [Reaction] whose name begins with \"{module}.\": how far it came is kept under it."));

    [Fact]
    public void No_two_reactions_share_a_name() =>
        Assert.Distinct(
            Solution.ModuleNames.SelectMany(m => ReactionsOf(m.Data)).Select(t => t.GetCustomAttribute<ReactionAttribute>()?.Name));

    [Theory]
    [MemberData(nameof(Modules))]
    public void An_error_code_is_named_by_its_module_or_is_the_platforms(string module) =>
        Assert.All(Errors.Of(module), error => Assert.True(
        Regex.IsMatch(error.Code, $@"^{module}\.[a-z][a-z0-9-]*$")
            || PlatformErrors.All.Any(p => (p.Code, p.Kind) == (error.Code, error.Kind)),
        $"{error.Code} begins with \"{module}.\" or is a code of the platform, with its status."));

    [Fact]
    public void No_two_requests_or_answers_share_a_name()
    {
        // The OpenAPI generator names schemas by the type's name alone (dotnet/aspnetcore#64325).
        var clashes = Solution.ModuleNames.SelectMany(m => Solution.TypesOf(m.Data).Where(t => IsRequest(t) || IsSent(t, m.Data)))
            .Where(t => !t.IsNested).Distinct().GroupBy(t => t.Name).Where(g => g.Count() > 1);

        Assert.Empty(clashes.Select(g => string.Join(" and ", g)));
    }

    [Theory]
    [MemberData(nameof(Modules))]
    public void A_record_that_holds_a_secret_does_not_print_it(string module)
    {
        var holders = Solution.TypesOf(module).Where(
            t => t.GetProperties().Any(p => p.PropertyType == typeof(string) && IsSecret(p.Name)) && IsRecord(t));

        // An event's hash is no secret to the log it lies in, and no code prints events.
        Assert.All(holders.Except(EventsOf(module)).Except(AggregatesOf(module)), type => Assert.True(
            type.GetMethod("ToString", [])!.GetCustomAttribute<System.Runtime.CompilerServices.CompilerGeneratedAttribute>() is null,
            $"{type} needs a ToString without its secret."));
    }

    private static IEnumerable<Type> EventsOf(string module) =>
        Solution.TypesOf(module).Where(t => t.GetCustomAttribute<EventTypeAttribute>() is not null);

    internal static IEnumerable<Type> AggregatesOf(string module) =>
        Solution.TypesOf(module).Where(t => t.RolesOf(typeof(IAggregate<>)).Any());

    internal static IEnumerable<Type> ProjectionsOf(string module) =>
        Solution.TypesOf(module).Where(
            t => t is { IsAbstract: false, BaseType.IsGenericType: true } && t.BaseType.GetGenericTypeDefinition() == typeof(Projection<>));

    internal static IEnumerable<Type> FollowedOf(string module) =>
        Solution.TypesOf(module).Where(t => t is { IsAbstract: false } && t.IsAssignableTo(typeof(FollowedProjection)));

    private static IEnumerable<Type> ReactionsOf(string module) =>
        Solution.TypesOf(module).Where(t => t.RolesOf(typeof(INotificationHandler<>)).Any());

    private static bool IsRequest(Type type) => type.IsAssignableTo(typeof(IBaseRequest));

    private static bool IsSent(Type type, string module) => Solution.Module(module).Json.GetTypeInfo(type) is not null;

    private static bool IsRecord(Type type) => type.GetMethod("<Clone>$") is not null;

    private static bool IsSecret(string name) =>
        name.EndsWith("Password", StringComparison.Ordinal) || name.EndsWith("Token", StringComparison.Ordinal);
}
