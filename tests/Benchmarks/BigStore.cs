namespace Monolith.Benchmarks;

/// <summary>A million events of a hundred thousand users, with their documents, written the way the kernel writes.</summary>
internal sealed class BigStore : IDisposable
{
    public const int Users = 100_000;
    public const int Events = Users * People.EventsPerUser;

    private readonly Scratch _scratch = new();

    public string Folder => _scratch.Folder;

    public static async Task<BigStore> MakeAsync()
    {
        var big = new BigStore();
        await using var installation = await Installation.OpenAsync(big.Folder);
        await People.JoinAsync(installation, Users);
        return big;
    }

    public void Dispose() => _scratch.Dispose();
}
