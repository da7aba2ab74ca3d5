using System.Diagnostics;
using Amazon.Runtime;
using Amazon.S3;

namespace Monolith.Support;

/// <summary>
/// A real object store on free loopback ports: Ceph with its S3 gateway, all in memory. Unlike small fakes it checks signatures.
/// </summary>
public sealed class CephTestServer : IAsyncDisposable
{
    /// <summary>The access key of its only user.</summary>
    public const string AccessKey = "TESTKEY";

    /// <summary>The secret of that user.</summary>
    public const string Secret = "not/a secret";

    private const int Terminate = 15;
    private const int Stop = 19;
    private const int Continue = 18;

    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(90);
    private static readonly string[] _programs =
        ["ceph-mon", "ceph-osd", "radosgw", "radosgw-admin", "ceph", "ceph-authtool", "monmaptool"];

    private readonly string _folder = Directory.CreateTempSubdirectory("monolith-ceph-").FullName;
    private readonly List<CapturedProcess> _processes = [];
    private readonly int _monitor = FreePort.Next();
    private CapturedProcess? _gateway;
    private int _buckets;

    private CephTestServer()
    {
    }

    /// <summary>Where the gateway listens.</summary>
    public int Port { get; } = FreePort.Next();

    /// <summary>Why there is none here; null when there is.</summary>
    public static string? Missing => Array.TrueForAll(_programs, p => File.Exists($"/usr/bin/{p}"))
        ? null : "Ceph is not installed (Debian: radosgw ceph-mon ceph-osd ceph-common).";

    private static string UnixUser => Environment.UserName == "root" ? "ceph" : Environment.UserName;

    private string Configuration => Path.Combine(_folder, "ceph.conf");

    private string Keys => Path.Combine(_folder, "keyring");

    /// <summary>Starts monitor, store and gateway: about fifteen seconds.</summary>
    public static async Task<CephTestServer> StartAsync()
    {
        var server = new CephTestServer();
        try
        {
            await server.MakeAsync();
            await server.LaunchAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Makes a bucket of its own.</summary>
    public async Task<string> CreateBucketAsync()
    {
        var name = $"bucket-{Interlocked.Increment(ref _buckets)}";
        using var client = Client();
        await client.PutBucketAsync(name);
        return name;
    }

    /// <summary>Writes the URL of a bucket.</summary>
    public string Url(string bucket, string more = "", string accessKey = AccessKey, string secret = Secret) =>
        $"s3://{accessKey}:{Uri.EscapeDataString(secret)}@{bucket}?endpoint=http://127.0.0.1:{Port}{more}";

    /// <summary>A client of the library itself.</summary>
    public AmazonS3Client Client() => new(
        new BasicAWSCredentials(AccessKey, Secret),
        new AmazonS3Config
        {
            ServiceURL = $"http://127.0.0.1:{Port}", ForcePathStyle = true, UseHttp = true, AuthenticationRegion = "us-east-1",
        });

    /// <summary>Ends the gateway in the middle of whatever it does (SIGKILL); what is stored stays.</summary>
    public void KillGateway() => _gateway!.Kill(); // It runs: who has a server has started it.

    /// <summary>Keeps the gateway from running, without closing anything.</summary>
    public void HangGateway() => _gateway!.Signal(Stop); // see KillGateway

    /// <summary>Lets it run on.</summary>
    public void ResumeGateway() => _gateway!.Signal(Continue); // see KillGateway

    /// <summary>Starts the gateway again, on the same port.</summary>
    public async Task StartGatewayAsync()
    {
        _gateway?.Dispose();
        _gateway = Start("radosgw", "-f", "-n", "client.rgw.a", "-c", Configuration);
        using var http = new HttpClient();
        await UntilAsync("the gateway answers", async () =>
        {
            try
            {
                return (await http.GetStringAsync($"http://127.0.0.1:{Port}/")).Contains("ListAllMyBuckets", StringComparison.Ordinal);
            }
            catch (HttpRequestException)
            {
                return false;
            }
        });
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes.Append(_gateway).Reverse().OfType<CapturedProcess>())
        {
            process.Signal(Continue);
            process.Signal(Terminate);
            await Task.WhenAny(process.ExitAsync(CancellationToken.None), Task.Delay(TimeSpan.FromSeconds(5)));
            process.Dispose();
        }

        Directory.Delete(_folder, recursive: true);
    }

    private async Task MakeAsync()
    {
        await File.WriteAllTextAsync(Configuration, $"""
            [global]
            fsid = {Guid.AllBitsSet}
            mon host = [v2:127.0.0.1:{_monitor}]
            mon initial members = a
            public addr = 127.0.0.1
            cluster addr = 127.0.0.1
            osd pool default size = 1
            osd pool default min size = 1
            osd pool default pg num = 8
            osd pool default pgp num = 8
            mon allow pool size one = true
            mon warn on pool no redundancy = false
            mon max pg per osd = 1000
            osd crush chooseleaf type = 0
            osd objectstore = memstore
            memstore device bytes = 2147483648
            ms bind ipv6 = false
            ms bind port min = 26800
            ms bind port max = 32700
            run dir = {_folder}/run
            admin socket = {_folder}/run/$name.asok
            log file = {_folder}/log/$name.log
            crash dir = {_folder}/crash
            mon data = {_folder}/mon
            osd data = {_folder}/osd0
            keyring = {Keys}
            rgw frontends = beast endpoint=127.0.0.1:{Port}
            [mon.a]
            mon addr = 127.0.0.1:{_monitor}

            """);
        foreach (var name in (string[])["mon", "osd0", "run", "log", "crash"])
        {
            Directory.CreateDirectory(Path.Combine(_folder, name));
        }

        await RunAsync(new ProcessStartInfo("chown", ["-R", UnixUser, _folder]));
        await RunAsync("ceph-authtool", "--create-keyring", Keys, "--gen-key", "-n", "mon.", "--cap", "mon", "allow *");
        await RunAsync(
            "ceph-authtool", Keys, "--gen-key", "-n", "client.admin", "--cap", "mon", "allow *", "--cap", "osd", "allow *", "--cap", "mgr",
            "allow *");
        await RunAsync("ceph-authtool", Keys, "--gen-key", "-n", "client.rgw.a", "--cap", "mon", "allow rw", "--cap", "osd", "allow rwx");
        await RunAsync("ceph-authtool", Keys, "--gen-key", "-n", "osd.0", "--cap", "mon", "allow profile osd", "--cap", "osd", "allow *");
        var map = Path.Combine(_folder, "monmap");
        await RunAsync("monmaptool", "--create", "--fsid", $"{Guid.AllBitsSet}", "--addv", "a", $"[v2:127.0.0.1:{_monitor}]", map);
        await RunAsync("ceph-mon", "--mkfs", "-i", "a", "--monmap", map, "--keyring", Keys, "-c", Configuration);
    }

    private async Task LaunchAsync()
    {
        _processes.Add(Start("ceph-mon", "-f", "-i", "a", "-c", Configuration));
        await UntilAsync("the monitor answers", () => AsksAsync("mon", "stat"));
        var id = $"{new Guid(1, 0, 0, new byte[8])}";
        await AsksAsync("osd", "new", id);
        await RunAsync("ceph-osd", "--mkfs", "-i", "0", "--osd-uuid", id, "-c", Configuration);
        _processes.Add(Start("ceph-osd", "-f", "-i", "0", "-c", Configuration));
        await UntilAsync(
            "the store is up",
            async () => await AskAsync("osd", "stat") is { } answer && answer.Contains("1 up", StringComparison.Ordinal));
        await StartGatewayAsync();
        await RunAsync(
            "radosgw-admin", "-c", Configuration, "user", "create", "--uid=test", "--display-name=test", $"--access-key={AccessKey}",
            $"--secret={Secret}");
    }

    private async Task<bool> AsksAsync(params string[] question) => await AskAsync(question) is not null;

    private async Task<string?> AskAsync(params string[] question)
    {
        using var asking = Start("ceph", ["-c", Configuration, "--connect-timeout", "3", .. question]);
        return await asking.ExitAsync(CancellationToken.None).WaitAsync(_limit) == 0 ? asking.Output : null;
    }

    private static async Task UntilAsync(string what, Func<Task<bool>> isSo)
    {
        for (var waited = Stopwatch.StartNew(); !await isSo(); await Task.Delay(50))
        {
            if (waited.Elapsed > _limit)
            {
                throw new TimeoutException($"Ceph: it took too long until {what}.");
            }
        }
    }

    private static CapturedProcess Start(string program, params string[] arguments) => new(AsUser(program, arguments));

    private static ProcessStartInfo AsUser(string program, string[] arguments) => Environment.UserName == "root"
        ? new ProcessStartInfo(
            "setpriv", [$"--reuid={UnixUser}", $"--regid={UnixUser}", "--init-groups", program, .. arguments]) { WorkingDirectory = "/" }
        : new ProcessStartInfo(program, arguments) { WorkingDirectory = "/" };

    private static Task RunAsync(string program, params string[] arguments) => RunAsync(AsUser(program, arguments));

    private static async Task RunAsync(ProcessStartInfo start)
    {
        using var process = new CapturedProcess(start);
        if (await process.ExitAsync(CancellationToken.None).WaitAsync(_limit) is not 0 and var code)
        {
            throw new InvalidOperationException(
                $"{start.FileName} {string.Join(' ', start.ArgumentList)} ended with {code}; it wrote:\n{process.Output}");
        }
    }
}
