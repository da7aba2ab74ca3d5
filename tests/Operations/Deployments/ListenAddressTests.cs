using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Monolith.Operations.Deployments;

namespace Monolith.Operations.Tests.Deployments;

public sealed class ListenAddressTests
{
    private const string Hint = "one is http://localhost:6000, or http://*:6000 for every network of the machine";

    private const string Kestrel = "Microsoft.AspNetCore.Server.Kestrel.Core";

    [Theory]
    [InlineData("", "http://localhost:5000")]
    [InlineData("urls=http://*:80", "http://*:80")]
    [InlineData("urls=http://*:80 http_ports=81", "http://*:80")] // addresses before ports, as .NET has it
    [InlineData("http_ports=6000", "http://*:6000")]
    [InlineData("http_ports=6000;6001", "http://*:6000;http://*:6001")]
    [InlineData("https_ports=6443 http_ports=6000", "http://*:6000;https://*:6443")]
    public void Is_what_dotnet_takes(string settings, string addresses) => Assert.Equal(addresses, ListenAddress.Of(Read(settings)));

    [Theory]
    [InlineData("http://localhost:6000", null)]
    [InlineData("https://[::1]:6000", null)]
    [InlineData("http://unix:/run/monolith.sock", null)]
    [InlineData("http://*:6000;http://+:6001", null)]
    [InlineData("http://*:0", null)]
    [InlineData("http://[::1]", null)]
    [InlineData("http://*:65536", "http://*:65536")]
    [InlineData("http://localhost:-1", "http://localhost:-1")]
    [InlineData("http://localhost:60o0", "http://localhost:60o0")]
    [InlineData("http://[::1]:60o0", "http://[::1]:60o0")]
    [InlineData("localhost:6000", "localhost:6000")]
    [InlineData("6000", "6000")]
    [InlineData("ftp://localhost", "ftp://localhost")]
    [InlineData("http://localhost:6000;nowhere", "nowhere")]
    [InlineData("http:/localhost", "http:/localhost")]
    public void Is_refused_where_it_is_none(string urls, string? fault)
    {
        var faults = new Faults();

        ListenAddress.Check(Read($"urls={urls}"), faults);

        Assert.Equal(
            fault is null ? [] : [$"Urls: \"{fault}\" is not an address to listen on; {Hint}"],
            faults.Lines);
    }

    [Theory]
    [InlineData("http_ports=http", "http://*:http")]
    [InlineData("https_ports=65536", "https://*:65536")]
    public void A_port_that_is_none_is_refused(string setting, string fault)
    {
        var faults = new Faults();

        ListenAddress.Check(Read(setting), faults);

        Assert.Equal([$"Urls: \"{fault}\" is not an address to listen on; {Hint}"], faults.Lines);
    }

    [Fact]
    public void Explains_in_one_line_why_it_cannot_be_listened_on()
    {
        var configuration = Read("urls=http://10.255.255.1:80");
        var taken = new IOException(
            "Failed to bind to address http://127.0.0.1:80: address already in use.", new AddressInUseException("in use"));
        var foreign = new SocketException((int)SocketError.AddressNotAvailable);
        var several = new IOException("several", new AggregateException(foreign, foreign));

        Assert.Equal(
            "Failed to bind to address http://127.0.0.1:80: address already in use; "
            + "give another address, as in --urls http://localhost:6000",
            ListenAddress.FaultOf(taken, configuration));
        Assert.StartsWith(
            "Failed to bind to address http://10.255.255.1:80: cannot assign requested address; give",
            ListenAddress.FaultOf(foreign, configuration), StringComparison.Ordinal);
        Assert.Equal(ListenAddress.FaultOf(foreign, configuration), ListenAddress.FaultOf(several, configuration));
        Assert.Equal(
            "Failed to bind to address http://10.255.255.1:80: no certificate",
            ListenAddress.FaultOf(
                new InvalidOperationException($"no certificate{Environment.NewLine}more") { Source = Kestrel },
                configuration));
    }

    [Fact]
    public void Is_not_blamed_for_what_is_another_fault()
    {
        Assert.Null(ListenAddress.FaultOf(new InvalidOperationException("ours") { Source = "Monolith" }, Read("")));
        Assert.Null(ListenAddress.FaultOf(new IOException("disk"), Read("")));
    }

    private static IConfigurationRoot Read(string settings) => new ConfigurationBuilder().AddInMemoryCollection(
        settings.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(s => s.Split('=', 2))
            .Select(s => new KeyValuePair<string, string?>(s[0], s[1]))).Build();
}
