using System.Reflection;

namespace Monolith.Kernel.Tests;

/// <summary>A store whose reads of the log are noted, and can be held up once they were made.</summary>
public class HeldStore : DispatchProxy
{
    private readonly Lock _lock = new();
    private readonly List<string> _reads = [];
    private IStore _store = null!; // Set by Over, the only way to make one.
    private TaskCompletionSource? _held;

    /// <summary>What was read, in the order in which it was made.</summary>
    public IReadOnlyList<string> Reads
    {
        get
        {
            lock (_lock)
            {
                return [.. _reads];
            }
        }
    }

    /// <param name="store">Where calls go.</param>
    public static IStore Over(IStore store)
    {
        var proxy = Create<IStore, HeldStore>();
        ((HeldStore)proxy)._store = store;
        return proxy;
    }

    /// <summary>Forgets what was read.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            _reads.Clear();
        }
    }

    /// <summary>Keeps back what the next read finds.</summary>
    public TaskCompletionSource Hold()
    {
        lock (_lock)
        {
            return _held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <inheritdoc />
    // Null for calls that no interface has.
    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => targetMethod!.Name == nameof(IStore.ReadLogAsync)
        // As the port declares them.
        ? new ValueTask<LogPage>(
            ReadLogAsync((long)args![0]!, (int)args[1]!, (IReadOnlyCollection<string>?)args[2], (CancellationToken)args[3]!))
        : targetMethod.Invoke(_store, args);

    private async Task<LogPage> ReadLogAsync(long after, int limit, IReadOnlyCollection<string>? types, CancellationToken cancellationToken)
    {
        TaskCompletionSource? held;
        lock (_lock)
        {
            (held, _held) = (_held, null);
        }

        var page = await _store.ReadLogAsync(after, limit, types, cancellationToken);
        lock (_lock)
        {
            // Not before it was made: a test stores more as soon as it sees this.
            _reads.Add(types is null ? $"after {after}" : $"after {after} of {string.Join(' ', types)}");
        }

        await Task.Yield();
        await (held?.Task ?? Task.CompletedTask);
        return page;
    }
}
