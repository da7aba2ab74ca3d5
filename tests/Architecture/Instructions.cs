using System.Reflection;

namespace Monolith.Architecture.Tests;

/// <summary>What the code of a type calls and makes, as its instructions say.</summary>
internal static class Instructions
{
    private const byte Call = 0x28;
    private const byte CallVirtual = 0x6F;
    private const byte NewObject = 0x73;

    private const BindingFlags Own =
        BindingFlags.DeclaredOnly | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static;

    /// <summary>The methods and constructors that a type calls, those of its lambdas and asynchronous methods included.</summary>
    public static IEnumerable<MethodBase> CalledBy(Type type) => type.GetMethods(Own).Cast<MethodBase>().Concat(type.GetConstructors(Own))
        .SelectMany(CalledBy).Concat(type.GetNestedTypes(Own).SelectMany(CalledBy));

    // Read at every byte, without telling instructions from what follows them: four bytes that name a method by accident are as good as
    // impossible.
    private static IEnumerable<MethodBase> CalledBy(MethodBase method)
    {
        var code = method.GetMethodBody()?.GetILAsByteArray() ?? [];
        for (var i = 0; i + 5 <= code.Length; i++)
        {
            if (code[i] is Call or CallVirtual or NewObject && Resolve(method, BitConverter.ToInt32(code, i + 1)) is { } called)
            {
                yield return called;
            }
        }
    }

    private static MethodBase? Resolve(MethodBase method, int token)
    {
        try
        {
            return method.Module.ResolveMethod(
                token, method.DeclaringType?.GetGenericArguments(),
                method is MethodInfo { IsGenericMethod: true } ? method.GetGenericArguments() : null);
        }
        catch (Exception e) when (e is ArgumentException or BadImageFormatException)
        {
            return null; // No method's token.
        }
    }
}
