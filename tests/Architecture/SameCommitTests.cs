using System.Reflection;
using MediatR;
using Monolith.Jobs.Contracts;

namespace Monolith.Architecture.Tests;

/// <summary>Which requests between modules can never go over a wire: those whose effect is stored by the sender's commit.</summary>
public sealed class SameCommitTests
{
    private static readonly IReadOnlyList<Type> _handlers =
        [.. Solution.ModuleNames.SelectMany(m => Solution.TypesOf(m.Data)).Where(t => t.RolesOf(typeof(IRequestHandler<,>)).Any())];

    public static TheoryData<string> Modules => Solution.ModuleNames;

    [Fact]
    public void What_is_marked_is_a_contract_and_its_handler_joins()
    {
        var marked = Solution.ModuleNames.SelectMany(m => Solution.TypesOf(m.Data)).Where(IsMarked).ToList();

        Assert.Contains(typeof(ScheduleJob), marked);
        Assert.All(
            marked, request => Assert.True(request.IsVisible, $"{request} is no contract: within a module nothing needs to say so."));
        Assert.All(marked, request => Assert.True(
            HandlerOf(request) is { } handler && Joins(handler),
            $"The handler of {request} does not commit by a UnitOfWork, so it cannot join the sender's."));
    }

    [Theory]
    [MemberData(nameof(Modules))]
    public void What_a_module_lets_another_change_is_marked(string module)
    {
        var made = Solution.AssemblyOf(module).GetTypes().Where(t => t.DeclaringType is null).SelectMany(Instructions.CalledBy)
            .Where(m => m.IsConstructor).Select(m => m.DeclaringType!).Where(t => t.IsAssignableTo(typeof(IBaseRequest)))
            .Where(t => t.Assembly != Solution.AssemblyOf(module) && t.Assembly != Solution.ContractsOf(module)).Distinct();

        Assert.All(made.Where(request => HandlerOf(request) is { } handler && Joins(handler)), request => Assert.True(
            IsMarked(request),
            $"{module} sends {request}, whose handler commits. Mark it [SameCommit], or send a job or an announcement instead."));
    }

    [Fact]
    public void What_is_sent_and_what_joins_is_found()
    {
        Assert.Contains(
            typeof(ScheduleJob), Solution.AssemblyOf("media").GetTypes().SelectMany(Instructions.CalledBy).Select(m => m.DeclaringType));
        Assert.True(Joins(HandlerOf(typeof(ScheduleJob))!));
        Assert.False(Joins(HandlerOf(typeof(Users.Contracts.VerifyPassword))!), "A question joins nothing.");
    }

    // Whatever commits by a unit of work joins the one that is outside of it, if there is one.
    private static bool Joins(Type handler) => Instructions.CalledBy(handler).Any(m =>
        (m.DeclaringType == typeof(UnitOfWork) && m.Name == nameof(UnitOfWork.CommitAsync))
            || (m.DeclaringType == typeof(ConflictRetry) && m.Name == nameof(ConflictRetry.CommitAsync)));

    private static Type? HandlerOf(Type request) =>
        _handlers.FirstOrDefault(h => h.RolesOf(typeof(IRequestHandler<,>)).Any(role => role.GetGenericArguments()[0] == request));

    private static bool IsMarked(Type type) => type.GetCustomAttribute<SameCommitAttribute>() is not null;
}
