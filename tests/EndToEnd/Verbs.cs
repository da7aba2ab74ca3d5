using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Monolith.Adapters.Embedded;

namespace Monolith.EndToEnd.Tests;

/// <summary>A folder with a deployment's data, and what the tests of the verbs do with it.</summary>
internal sealed class Verbs : IDisposable
{
    // One black pixel.
    internal const string Png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

    public string Folder { get; } = Directory.CreateTempSubdirectory("monolith-").FullName;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    public Task<HostProcess> StartAsync() => HostProcess.StartAsync(Folder, [], Cancelled);

    /// <summary>What a verb ended with: on a slow machine lines of its progress come before.</summary>
    public static string LastLine(string output) => output.Trim().Split('\n')[^1];

    // Ends a wait that would never end; some of the tests give a verb some hundred thousand events to read, on machines that are busy.
    private static readonly TimeSpan _limit = TimeSpan.FromMinutes(15);

    /// <summary>Runs a verb to its end.</summary>
    public async Task<(int Code, string Output)> RunAsync(params string[] arguments)
    {
        using var process = HostProcess.Run(Folder, arguments);
        var code = await process.ExitAsync(Cancelled).WaitAsync(_limit, Cancelled);
        return (code, process.Output);
    }

    /// <summary>
    /// Moves its store with nothing going on, so that nothing but the move makes a difference; the host, which serves from there.
    /// </summary>
    public async Task<HostProcess> MoveAsync(string to, params string[] from)
    {
        var host = await HostProcess.StartAsync(Folder, ["move", to, .. from, "Roles=web"], Cancelled);
        for (var tries = 0; !host.Output.Contains("; writes waited", StringComparison.Ordinal); tries++)
        {
            Assert.True(tries < 300, host.Output);
            await Task.Delay(100, Cancelled);
        }

        return host;
    }

    /// <summary>Changes the database behind the back of the program.</summary>
    public void Execute(string sql)
    {
        using var connection = new SqliteConnection(Path.Combine(Folder, "data", "store.db"), isReadOnly: false);
        connection.Execute(sql);
    }

    /// <summary>Reads the first column as text.</summary>
    public IReadOnlyList<string> Read(string sql, string file = "store.db")
    {
        using var connection = new SqliteConnection(Path.Combine(Folder, "data", file), isReadOnly: true);
        using var rows = connection.Prepare(sql).Query();
        var texts = new List<string>();
        while (rows.Next())
        {
            texts.Add(rows.Text(0));
        }

        return texts;
    }

    /// <summary>Everything that is kept in documents, and by what it can be found.</summary>
    public IReadOnlyList<string> Documents(string file = "store.db") =>
    [
        .. Read(
            "select kind || '/' || id || ' ' || version || ' ' || hex(body) || ' ' || coalesce(hex(entries), '') from documents order "
                + "by kind, id", file),
        .. Read("select kind || '/' || id || ' ' || name || '=' || value from entries order by kind, name, value, id", file),
    ];

    /// <summary>Starts the server, lets two people register and one upload a photo, and stops it.</summary>
    public async Task LiveAsync()
    {
        using var host = await StartAsync();
        await RegisterAsync(host.Http, "grace@example.org");
        await RegisterAsync(host.Http, "ada@example.org");
        await UploadAsync(host.Http, "ada@example.org");
        Assert.Equal(0, await host.StopAsync(Cancelled));
    }

    /// <returns>The new user's id.</returns>
    public static async Task<string> RegisterAsync(HttpClient http, string email)
    {
        using var registered = await http.PostAsJsonAsync(
            "/v1/users", new { email, password = "correct horse battery", firstName = "Ada", lastName = "Lovelace" }, Cancelled);
        registered.EnsureSuccessStatusCode();
        return (string)(await registered.Content.ReadFromJsonAsync<JsonObject>(Cancelled))!["id"]!;
    }

    public static async Task UploadAsync(HttpClient http, string email)
    {
        using var session = await http.PostAsJsonAsync("/v1/sessions", new { email, password = "correct horse battery" }, Cancelled);
        var token = (string)(await session.Content.ReadFromJsonAsync<JsonObject>(Cancelled))!["token"]!;
        using var upload = new HttpRequestMessage(HttpMethod.Post, "/v1/media")
        {
            Content = new ByteArrayContent(Convert.FromBase64String(Png)),
        };
        upload.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var uploaded = await http.SendAsync(upload, Cancelled);
        Assert.Equal(HttpStatusCode.Accepted, uploaded.StatusCode);
    }
}
