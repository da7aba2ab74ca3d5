using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;
using FluentValidation;
using MediatR;

namespace Monolith.Architecture.Tests;

/// <summary>
/// Reads from compiled code which errors a method can return: those that it names, and those of what it calls and of the handlers of what
/// it sends.
/// </summary>
internal sealed class ReachableErrors
{
    private static readonly Dictionary<short, OpCode> _opcodes = typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(f => (OpCode)f.GetValue(null)!) // static fields, all of this type
        .ToDictionary(o => o.Value);

    private static readonly IReadOnlyList<Type> _types = [.. Solution.ModuleNames.SelectMany(m => Solution.AssemblyOf(m.Data).GetTypes())];

    private readonly HashSet<MethodBase> _seen = [];
    private readonly SortedSet<string> _codes = new(StringComparer.Ordinal);
    private readonly Queue<MethodBase> _next = [];

    private ReachableErrors()
    {
    }

    /// <summary>The codes of the errors that a method can return.</summary>
    public static IReadOnlyCollection<string> Of(MethodInfo start)
    {
        var reachable = new ReachableErrors();
        reachable.Visit(start);
        foreach (var parameter in start.GetParameters())
        {
            reachable.Send(parameter.ParameterType); // a body that is a request itself
        }

        while (reachable._next.TryDequeue(out var method))
        {
            reachable.Read(method);
        }

        return reachable._codes;
    }

    private void Visit(MethodBase method)
    {
        if (IsOurs(method.DeclaringType) && _seen.Add(method))
        {
            _next.Enqueue(method);
        }
    }

    // The code that makes a request sends it: its handler and its validator belong to what is called.
    private void Send(Type request)
    {
        if (!request.IsAssignableTo(typeof(IBaseRequest)))
        {
            return;
        }

        if (_types.Any(t => t.IsAssignableTo(typeof(IValidator<>).MakeGenericType(request))))
        {
            _codes.Add(PlatformErrors.Validation.Code);
        }

        foreach (var handler
            in _types.SelectMany(
                t => t.RolesOf(typeof(IRequestHandler<,>)).Where(r => r.GetGenericArguments()[0] == request)
                    .Select(r => t.GetInterfaceMap(r))))
        {
            Visit(handler.TargetMethods[0]);
        }
    }

    private void Read(MethodBase method)
    {
        if (method.GetCustomAttribute<StateMachineAttribute>() is { } machine)
        {
            // every state machine has it
            Visit(machine.StateMachineType.GetMethod("MoveNext", BindingFlags.Instance | BindingFlags.NonPublic)!);
        }

        if (method.GetMethodBody()?.GetILAsByteArray() is { } code)
        {
            foreach (var member in MembersIn(code, method))
            {
                Follow(member);
            }
        }
    }

    private void Follow(MemberInfo member)
    {
        switch (member)
        {
            case FieldInfo { IsStatic: true } field when field.FieldType == typeof(Error) && IsOurs(field.DeclaringType):
                _codes.Add(((Error)field.GetValue(null)!).Code); // set by its type
                break;
            case ConstructorInfo { DeclaringType: { } made }:
                Send(made);
                Visit((MethodBase)member);
                break;
            case MethodBase called:
                Visit(called);
                break;
        }
    }

    private static IEnumerable<MemberInfo> MembersIn(byte[] code, MethodBase method)
    {
        var (types, methods) = (method.DeclaringType?.GetGenericArguments(), method.IsGenericMethod ? method.GetGenericArguments() : null);
        for (var at = 0; at < code.Length;)
        {
            var value = code[at++];
            var opcode = _opcodes[value == 0xFE ? (short)(0xFE00 | code[at++]) : value];
            if (opcode.OperandType is OperandType.InlineMethod or OperandType.InlineField or OperandType.InlineTok)
            {
                yield return method.Module.ResolveMember(BitConverter.ToInt32(code, at), types, methods)!; // compiled, so it resolves
            }

            at += SizeOf(opcode.OperandType, code, at);
        }
    }

    private static int SizeOf(OperandType type, byte[] code, int at) => type switch
    {
        OperandType.InlineNone => 0,
        OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
        OperandType.InlineVar => 2,
        OperandType.InlineI8 or OperandType.InlineR => 8,
        OperandType.InlineSwitch => 4 + (4 * BitConverter.ToInt32(code, at)),
        _ => 4,
    };

    private static bool IsOurs(Type? type) => type?.Assembly.GetName().Name?.StartsWith("Monolith.", StringComparison.Ordinal) == true;
}
