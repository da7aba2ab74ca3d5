using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;

namespace Monolith.Operations.Deployments;

/// <summary>Where the server listens: <c>urls</c>, else the ports, else what .NET takes by itself.</summary>
/// <remarks>
/// appsettings.json names no address: it would override <c>ASPNETCORE_URLS</c> and <c>ASPNETCORE_HTTP_PORTS</c>, which containers set.
/// </remarks>
internal static class ListenAddress
{
    private const string Hint = "give another address, as in --urls http://localhost:6000";

    /// <summary>The addresses as one setting, printable.</summary>
    public static string Of(IConfiguration configuration)
    {
        var ports = Ports(configuration, "http").Concat(Ports(configuration, "https")).ToList();
        return configuration["urls"] is { Length: > 0 } urls ? urls : ports.Count > 0 ? string.Join(';', ports) : "http://localhost:5000";
    }

    /// <summary>Refuses what is no address.</summary>
    public static void Check(IConfiguration configuration, Faults faults)
    {
        foreach (var url in Of(configuration).Split(';', StringSplitOptions.RemoveEmptyEntries).Where(u => !IsAddress(u)))
        {
            faults.Add(
                "Urls",
                $"\"{url}\" is not an address to listen on; one is http://localhost:6000, or http://*:6000 for every network of the "
                    + $"machine");
        }
    }

    /// <summary>Explains why the server did not start; null when it was not for its address.</summary>
    public static string? FaultOf(Exception exception, IConfiguration configuration) => exception switch
    {
        // Names the address itself, which of several it is.
        IOException { InnerException: AddressInUseException } => $"{exception.Message.TrimEnd('.')}; {Hint}",
        SocketException => $"{Failed(configuration)}: {exception.Message.TrimEnd('.').ToLowerInvariant()}; {Hint}",
        IOException { InnerException: AggregateException { InnerExceptions: [SocketException first, ..] } } =>
            FaultOf(first, configuration),

        // https without a certificate, for example.
        InvalidOperationException { Source: "Microsoft.AspNetCore.Server.Kestrel.Core" } =>
            $"{Failed(configuration)}: {exception.Message.Split(Environment.NewLine)[0]}",
        _ => null,
    };

    private static string Failed(IConfiguration configuration) => $"Failed to bind to address {Of(configuration)}";

    private static IEnumerable<string> Ports(IConfiguration configuration, string scheme) =>
        (configuration[$"{scheme}_ports"] ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(port => $"{scheme}://*:{port}");

    private static bool IsAddress(string url)
    {
        try
        {
            var address = BindingAddress.Parse(url.Trim());
            return address.Scheme is "http" or "https" && (address.IsUnixPipe || address.IsNamedPipe || HasPort(address));
        }
        catch (FormatException)
        {
            return false;
        }
    }

    // A port that is no number is read as part of the host's name, and every network is listened on at port 80.
    private static bool HasPort(BindingAddress address) =>
        address.Port is >= 0 and <= ushort.MaxValue && (address.Host is ['[', .., ']'] || !address.Host.Contains(':'));
}
