using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Monolith.Adapters.Embedded;
using Monolith.Host;
using Monolith.Operations.Deployments;

namespace Monolith.Operations.Tests;

/// <summary>A folder with the data of a deployment, and verbs that are run on it.</summary>
internal sealed class Place : IDisposable
{
    private static readonly Lazy<Task<string>> _lived = new(LiveAsync);

    private Place()
    {
    }

    public string Folder { get; } = Directory.CreateTempSubdirectory("monolith-").FullName;

    /// <summary>Where backups of it go.</summary>
    public string Backup => Path.Combine(Folder, "backup");

    private string Data => Path.Combine(Folder, "data");

    // What a verb prints counts here, and not what the parts that it uses log.
    private IReadOnlyList<string> Settings =>
    [
        $"Adapters:Store=sqlite:{Data}/store.db", $"Adapters:Blobs=file:{Data}/blobs", $"Adapters:Mail=file:{Data}/mail",
        "Logging:LogLevel:Default=None",
    ];

    public static Place Empty() => new();

    /// <summary>One with two users, a photo and its variants, as a server left it.</summary>
    public static async Task<Place> LivedAsync()
    {
        var place = new Place();
        Copy(await _lived.Value, place.Data);
        return place;
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    /// <summary>Runs a verb; what is given overrides the settings of the place.</summary>
    public Task<Run> RunAsync(params string[] words) => Printed.RunAsync([.. Settings, .. words]);

    /// <summary>As a verb sees it.</summary>
    public Invocation Invoke(params string[] operands) => new(operands, null, Settings, new DeploymentFactory());

    public string PathOf(string file) => Path.Combine(Data, file);

    public FileBlobStore Blobs() => new(PathOf("blobs"));

    /// <summary>Every file of the blobs.</summary>
    public IReadOnlyList<string> BlobFiles() => Directory.Exists(PathOf("blobs"))
        ? [.. Directory.GetFiles(PathOf("blobs"), "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)]
        : [];

    /// <summary>Changes the store behind the back of the program.</summary>
    public void Execute(string sql)
    {
        using var connection = new SqliteConnection(PathOf("store.db"), isReadOnly: false);
        connection.Execute(sql);
    }

    /// <summary>Reads the first column as text.</summary>
    public IReadOnlyList<string> Read(string sql, string file = "store.db")
    {
        using var connection = new SqliteConnection(PathOf(file), isReadOnly: true);
        using var rows = connection.Prepare(sql).Query();
        var texts = new List<string>();
        while (rows.Next())
        {
            texts.Add(rows.Text(0));
        }

        return texts;
    }

    /// <summary>All that users and modules have: neither leases nor what a start renews.</summary>
    public IReadOnlyList<string> Documents() => Read("""
        select kind || '/' || id || ' ' || version || ' ' || hex(body) from documents
        where kind not like 'kernel.%' and kind not like 'users.admin-invitation.%' order by kind, id
        """);

    public static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var folder in Directory.GetDirectories(from, "*", SearchOption.AllDirectories))
        {
            Directory.CreateDirectory(Path.Combine(to, Path.GetRelativePath(from, folder)));
        }

        foreach (var file in Directory.GetFiles(from, "*", SearchOption.AllDirectories))
        {
            File.Copy(file, Path.Combine(to, Path.GetRelativePath(from, file)));
        }
    }

    private static async Task<string> LiveAsync()
    {
        var folder = Directory.CreateTempSubdirectory("monolith-lived-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        var app = new LivedApp(folder);
        await ((IAsyncLifetime)app).InitializeAsync();
        await using (app)
        {
            await Member.JoinAsync(app);
            var member = await Member.JoinAsync(app);
            using var content = new ByteArrayContent(SmallJpeg.Make(new Random(1)));
            content.Headers.ContentType = new MediaTypeHeaderValue("image/jpeg");
            using var uploaded = await member.Http.PostAsync("/v1/media", content);
            uploaded.EnsureSuccessStatusCode();
            await Eventually.IsSoAsync(async () =>
                (string?)(await member.Http.GetFromJsonAsync<JsonObject>(uploaded.Headers.Location))!["state"] != "processing");
        }

        return folder;
    }

    private sealed class LivedApp(string folder) : App
    {
        protected override string Data => folder;
    }
}
