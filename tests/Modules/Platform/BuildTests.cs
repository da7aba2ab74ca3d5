using System.Security.Cryptography;

namespace Monolith.Modules.Tests.Platform;

public sealed class BuildTests(App app) : IClassFixture<App>
{
    private const string Path = "/v1/admin/build";

    /// <summary>
    /// Each topology runs in a process, and the test from a copy, of its own. What all of them find equal to the files of the program
    /// that is shipped is equal among them.
    /// </summary>
    [Fact]
    public async Task Has_the_modules_of_the_shipped_program_to_the_byte_on_every_node_of_every_topology()
    {
        var admin = await Member.JoinAsync(app);
        using var accepted = await admin.Http.PostAsJsonAsync("/v1/admin/invitation", new { token = await app.InviteAsync() });
        accepted.EnsureSuccessStatusCode();
        var shipped = Modules().ToDictionary(name => name, ShippedHash);

        foreach (var node in app.Nodes)
        {
            using var http = app.CreateClient(node);
            http.DefaultRequestHeaders.Authorization = new("Bearer", admin.Token);
            var build = (await http.GetFromJsonAsync<JsonObject>(Path))!; // It is never the literal null.
            var loaded = build["assemblies"]!.AsArray().ToDictionary(a => (string)a!["name"]!, a => (string)a!["sha256"]!);

            Assert.Equal(shipped, loaded.Where(a => shipped.ContainsKey(a.Key)).ToDictionary());
        }
    }

    [Fact]
    public async Task Is_for_administrators()
    {
        var member = await app.MemberAsync();

        using var refused = await member.Http.GetAsync(Path);

        await refused.IsProblemAsync(HttpStatusCode.Forbidden, "forbidden");
    }

    private static IEnumerable<string> Modules() =>
        Directory.GetFiles(System.IO.Path.Combine(Repository.Root, "src", "Modules"), "*.csproj", SearchOption.AllDirectories)
            .Select(file => System.IO.Path.GetFileNameWithoutExtension(file));

    private static string ShippedHash(string assembly)
    {
        var configuration = System.IO.Path.GetFileName(System.IO.Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
        var file = System.IO.Path.Combine(Repository.Root, "artifacts", "bin", "Monolith.Host", configuration, $"{assembly}.dll");
        return Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file)));
    }
}
