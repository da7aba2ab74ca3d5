using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using StackExchange.Redis;

namespace Monolith.Adapters.Redis;

/// <summary>Counts failures in Redis, one after the other, for all nodes; in this process as well, for when Redis is unavailable.</summary>
/// <param name="local">Counts what fails in this process.</param>
/// <param name="link">The way to the servers.</param>
/// <param name="secret">Hides what keys are made of, addresses of people for example; asked for at the first use.</param>
internal sealed class RedisAttemptLimiter(IAttemptLimiter local, RedisLink link, Func<byte[]> secret) : IAttemptLimiter
{
    // By the server's clock: those of the nodes may differ.
    private const string WaitScript = """
        local time = redis.call('time')
        return math.max(0, tonumber(redis.call('hget', KEYS[1], 'until') or '0') - (time[1] * 1000 + math.floor(time[2] / 1000)))
        """;

    private const string FailedScript = """
        local time = redis.call('time')
        local excess = redis.call('hincrby', KEYS[1], 'count', 1) - tonumber(ARGV[1])
        local wait = excess <= 0 and 0 or math.min(tonumber(ARGV[2]), 1000 * 2 ^ math.min(excess - 1, 20))
        redis.call('hset', KEYS[1], 'until', string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000) + wait))
        redis.call('pexpire', KEYS[1], ARGV[3])
        return wait
        """;

    private readonly Lazy<byte[]> _secret = new(secret);

    /// <inheritdoc />
    public async ValueTask<TimeSpan> WaitAsync(string key, CancellationToken cancellationToken)
    {
        var (isAnswered, milliseconds) = await link.TryAsync(
            database => database.ScriptEvaluateAsync(WaitScript, [NameOf(key)], flags: link.Flags), cancellationToken);
        // A script answers something.
        return isAnswered ? TimeSpan.FromMilliseconds((long)milliseconds!) : await local.WaitAsync(key, cancellationToken);
    }

    /// <inheritdoc />
    public async ValueTask FailedAsync(string key, int free, CancellationToken cancellationToken)
    {
        await local.FailedAsync(key, free, cancellationToken);
        await link.TryAsync(
            database => database.ScriptEvaluateAsync(
                FailedScript, [NameOf(key)],
                [free, (long)IAttemptLimiter.LongestWait.TotalMilliseconds, (long)IAttemptLimiter.Memory.TotalMilliseconds],
                link.Flags),
            cancellationToken);
    }

    /// <inheritdoc />
    public async ValueTask SucceededAsync(string key, CancellationToken cancellationToken)
    {
        await local.SucceededAsync(key, cancellationToken);
        await link.TryAsync(database => database.KeyDeleteAsync(NameOf(key), link.Flags), cancellationToken);
    }

    private RedisKey NameOf(string key) =>
        $"{link.Settings.Prefix}:l:{Base64Url.EncodeToString(HMACSHA256.HashData(_secret.Value, Encoding.UTF8.GetBytes(key)))}";
}
