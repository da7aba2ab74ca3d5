using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Monolith.Kernel.Adapters;
using IPNetwork = System.Net.IPNetwork;

namespace Monolith.Kernel.Http;

/// <summary>
/// Which peers are believed when they say that a request came from another address: the proxies and balancers in front of us.
/// </summary>
/// <remarks>
/// From any other peer <c>X-Forwarded-For</c> and <c>X-Forwarded-Proto</c> count for nothing: with them a client could choose its address,
/// and with it its limits.
/// </remarks>
internal static class TrustedProxies
{
    private const string Setting = "TrustedProxies";

    /// <summary>
    /// Reads the setting <c>TrustedProxies</c>: addresses and networks (<c>10.0.0.7, 10.1.0.0/16</c>), separated by commas; none when it is
    /// not given.
    /// </summary>
    public static IServiceCollection AddTrustedProxies(this IServiceCollection services, IConfiguration configuration, Faults faults)
    {
        var networks = new List<IPNetwork>();
        foreach (var text
            in (configuration[Setting] ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (IPNetwork.TryParse(text, out var network))
            {
                networks.Add(network);
            }
            else if (IPAddress.TryParse(text, out var address))
            {
                networks.Add(new IPNetwork(address, address.GetAddressBytes().Length * 8));
            }
            else
            {
                faults.Add(Setting, $"\"{text}\" is no address and no network; write 10.0.0.7 or 10.1.0.0/16");
            }
        }

        return services.Configure<ForwardedHeadersOptions>(o =>
        {
            // With empty lists the middleware would believe every peer.
            o.ForwardedHeaders = networks.Count == 0
                ? ForwardedHeaders.None
                : ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto;

            // As many hops as there are proxies of ours; the first address that is not one of theirs is the client.
            o.ForwardLimit = null;
            o.KnownProxies.Clear();
            o.KnownIPNetworks.Clear();
            networks.ForEach(o.KnownIPNetworks.Add);
        });
    }
}
