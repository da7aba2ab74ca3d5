using System.Reflection;

namespace Monolith.Support;

/// <summary>A store with something in front of it that sees each call, and may throw.</summary>
public class InterceptedStore : DispatchProxy
{
    private IStore _store = null!; // Set by Before, the only way to make one.
    private Action<string> _before = null!; // As above.

    /// <param name="store">Where calls go in the end.</param>
    /// <param name="before">Gets the name of the method.</param>
    public static IStore Before(IStore store, Action<string> before) => Before<IStore>(store, before);

    /// <inheritdoc cref="Before(IStore, Action{string})" />
    public static ITransferStore BeforeTransfer(ITransferStore store, Action<string> before) => Before<ITransferStore>(store, before);

    private static T Before<T>(T store, Action<string> before)
        where T : class, IStore
    {
        var proxy = Create<T, InterceptedStore>();
        (((InterceptedStore)(object)proxy)._store, ((InterceptedStore)(object)proxy)._before) = (store, before);
        return proxy;
    }

    /// <inheritdoc />
    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        _before(targetMethod!.Name); // Null only for calls that are not made through the interface.
        return targetMethod.Invoke(_store, args);
    }
}
