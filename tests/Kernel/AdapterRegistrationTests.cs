using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Monolith.Kernel.Tests;

public sealed class AdapterRegistrationTests
{
    private readonly Faults _faults = new();
    private readonly ServiceCollection _services = [];

    [Fact]
    public void Fills_every_port_with_its_default()
    {
        Register();

        Assert.Empty(_faults.Lines);
        Assert.Equal(Port.All.Select(p => p.Name), Chosen().Keys);
    }

    [Fact]
    public void Lets_configuration_choose_whatever_the_spelling_of_the_port()
    {
        Register(("Adapters:cache", "redis://cache:6379?size=1GB"));

        Assert.Empty(_faults.Lines);
        Assert.Equal("redis://cache:6379/?size=1GB", Chosen()["Cache"]);
    }

    [Fact]
    public void Lists_all_faults_at_once_each_with_the_nearest_name()
    {
        Register(
            ("Adapters:Cache", "reddis://x"), ("Adapters:Cach", "memory:"), ("Adapters:Store", "sqlite:x?sise=1"),
            ("Adapters:Queue", "what"));
        Roles.Read(Configuration(("Roles", "web,wroker")), _faults);

        Assert.Equal(
            [
                "Adapters:Cach: unknown port \"Cach\"; did you mean \"Cache\"?",
                "Adapters:Store: unknown key \"sise\"; did you mean \"size\"?",
                "Adapters:Cache: unknown scheme \"reddis\"; did you mean \"redis\"?",
                "Adapters:Queue: is not an adapter URL; it begins with a scheme and a colon, as in \"memory:\"",
                "Roles: unknown role \"wroker\"; did you mean \"worker\"?",
            ],
            _faults.Lines);
    }

    [Fact]
    public void Says_what_there_is_when_nothing_is_near()
    {
        Register(("Adapters:Cache", "kubernetes:"));

        Assert.Equal(["Adapters:Cache: unknown scheme \"kubernetes\"; known: memory, redis"], _faults.Lines);
    }

    [Fact]
    public void Takes_several_stores_as_shards_in_the_order_of_their_names()
    {
        Register(("Adapters:Store", "sqlite:ignored"), ("Adapters:Store:b", "sqlite:b"), ("Adapters:Store:a", "sqlite:a"));

        Assert.Empty(_faults.Lines);
        Assert.Equal(["a", "b"], Names());
        Assert.Equal(("sqlite:a", "sqlite:b"), (Chosen()["Store:a"], Chosen()["Store:b"]));
    }

    [Fact]
    public void Calls_a_store_that_is_alone_main()
    {
        Register();

        Assert.Equal(["main"], Names());
    }

    [Fact]
    public void Lists_every_fault_of_several_stores()
    {
        Register(
            ("Adapters:Store:a", "sqlite:one"), ("Adapters:Store:b", "sqlite:one"), ("Adapters:Store:C d", "sqlite:x"),
            ("Adapters:Store:e", "postgers://x"),
            ("Adapters:Cache:a", "memory:"));

        Assert.Equal(
            [
                "Adapters:Store:e: unknown scheme \"postgers\"; known: sqlite",
                "Adapters:Store:C d: is not a name for a shard; use up to 20 lower-case letters, digits and hyphens",
                "Adapters:Store: a and b are the same store; each shard needs its own",
                "Adapters:Cache: takes one URL; only Store can be spread over several",
            ],
            _faults.Lines);
    }

    [Theory]
    [InlineData("store:?sise=1", "store, broker")]
    [InlineData("gone:", "broker")]
    [InlineData("no-url", "broker")]
    public void Registers_what_an_adapter_stands_in_front_of_before_it(string under, string registered)
    {
        var order = new List<string>();
        var store = new Standing("store", [new PortBinding(Port.Queue.Name, ["sise"], (_, _) => order.Add("store"))]);
        var broker = new Standing("amqp", [new PortBinding(Port.Queue.Name, [], (_, _) => order.Add("broker")) { Decorates = under }]);
        var rest = Port.All.Where(p => p != Port.Queue).Select(p => new TestAdapter(p.Default.Split(':')[0], p.Name));

        _services.AddAdapters(Configuration(("Adapters:Queue", "amqp://broker")), [store, broker, .. rest], _faults);

        Assert.Equal(registered, string.Join(", ", order));
        Assert.Equal(under == "store:?sise=1" ? 0 : 1, _faults.Lines.Count);
    }

    [Theory]
    [InlineData("files:a", null)]
    [InlineData("tables:a", "files")]
    public void Refuses_what_cannot_stand_beside_each_of_the_stores(string store, string? refused)
    {
        var files = new TestAdapter("files", Port.Store.Name);
        var tables = new TestAdapter("tables", Port.Store.Name);
        var reader = new Standing("reader", [new PortBinding(Port.Reports.Name, [], (_, _) => { }) { Beside = ["files"] }]);
        var rest = Port.All.Where(p => p != Port.Store).Select(p => new TestAdapter(p.Default.Split(':')[0], p.Name));

        _services.AddAdapters(
            Configuration(("Adapters:Store:a", store), ("Adapters:Store:b", "files:b"), ("Adapters:Reports", "reader:")),
            [files, tables, reader, .. rest], _faults);

        Assert.Equal(
            refused is null ? [] : [$"Adapters:Reports: \"reader:\" needs a store on {refused}, and the store is tables"], _faults.Lines);
    }

    [Fact]
    public void Throws_all_lines_together_and_nothing_when_there_are_none()
    {
        _faults.ThrowIfAny();
        _faults.Add("A", "is wrong");
        _faults.Add("B", "is wrong too");

        var exception = Assert.Throws<ConfigurationException>(_faults.ThrowIfAny);

        Assert.Equal(["A: is wrong", "B: is wrong too"], exception.Lines);
        Assert.Equal(78, ConfigurationException.ExitCode);
    }

    [Theory]
    [InlineData("web", true, false)]
    [InlineData("worker", false, true)]
    [InlineData(" worker , web ", true, true)]
    [InlineData(null, true, true)]
    public void Reads_roles(string? text, bool isWeb, bool isWorker)
    {
        Assert.Equal(new Roles(isWeb, isWorker), Roles.Read(Configuration(("Roles", text)), _faults));

        Assert.Empty(_faults.Lines);
    }

    [Fact]
    public void Refuses_a_process_without_a_role()
    {
        Roles.Read(Configuration(("Roles", ",")), _faults);

        Assert.Equal(["Roles: names no role; give web, worker or both"], _faults.Lines);
    }

    private void Register(params (string Key, string? Value)[] settings)
    {
        var memory = new TestAdapter("memory", Port.Cache.Name);
        var redis = new TestAdapter("redis", Port.Cache.Name);
        var rest = Port.All.Where(p => p != Port.Cache).Select(p => new TestAdapter(p.Default.Split(':')[0], p.Name));
        _services.AddAdapters(Configuration(settings), [memory, redis, .. rest], _faults);
    }

    private IReadOnlyDictionary<string, string> Chosen() => _services.BuildServiceProvider().GetRequiredService<ChosenAdapters>().Urls;

    private IReadOnlyList<string> Names() => _services.BuildServiceProvider().GetRequiredService<StoreNames>().All;

    private static IConfigurationRoot Configuration(params (string Key, string? Value)[] settings) =>
        new ConfigurationBuilder().AddInMemoryCollection(settings.Select(s => KeyValuePair.Create(s.Key, s.Value))).Build();

    private sealed class TestAdapter(string scheme, string port) : IAdapter
    {
        public IReadOnlyList<string> Schemes => [scheme];

        public IReadOnlyList<PortBinding> Bindings => [new PortBinding(port, ["size", "eviction"], (_, _) => { })];
    }

    private sealed class Standing(string scheme, IReadOnlyList<PortBinding> bindings) : IAdapter
    {
        public IReadOnlyList<string> Schemes => [scheme];

        public IReadOnlyList<PortBinding> Bindings => bindings;
    }
}
