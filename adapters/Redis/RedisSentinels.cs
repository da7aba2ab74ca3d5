using System.Net;
using StackExchange.Redis;

namespace Monolith.Adapters.Redis;

/// <summary>Asks the sentinels of a group which server is the master.</summary>
internal static class RedisSentinels
{
    /// <summary>Asks one after the other until one knows.</summary>
    /// <exception cref="RedisUnusableException">None of them can be reached, or none knows the group.</exception>
    public static async Task<EndPoint> MasterAsync(RedisSettings settings, TimeProvider clock, CancellationToken cancellationToken)
    {
        var answered = 0;
        foreach (var options in settings.ToSentinels())
        {
            try
            {
                using var connection = await ConnectionMultiplexer.ConnectAsync(options);
                var address = await connection.GetServer(options.EndPoints[0])
                    .SentinelGetMasterAddressByNameAsync(settings.SentinelGroup!).WaitAsync(settings.Timeout * 3, clock, cancellationToken);
                answered++;
                if (address is not null)
                {
                    return address;
                }
            }
            catch (Exception e) when (RedisFailure.IsOutage(e))
            {
                // The next one may know.
            }
        }

        throw new RedisUnusableException(
            answered == 0 ? "no sentinel can be reached" : $"the sentinels know no group \"{settings.SentinelGroup}\"");
    }
}
