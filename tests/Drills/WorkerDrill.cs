using System.Diagnostics;

namespace Monolith.Drills;

/// <summary>Kills the worker in the middle of a job, again and again: another one finishes it, and each variant is made once.</summary>
internal sealed class WorkerDrill(int rounds) : Drill
{
    private const int LongestWork = 900; // milliseconds: about as long as a worker needs for the variants of one photo

    protected override async Task RunAsync(Ledger ledger, CancellationToken cancellationToken)
    {
        await using var ground = await PostgresGround.StartAsync();
        var photo = await PhotoAsync(cancellationToken);
        var visitor = new Visitor(ledger, photo: () => photo);
        var (takeovers, inTheMiddle) = (new List<TimeSpan>(), 0);
        using (var web = await HostProcess.StartAsync(Folder, [.. ground.Settings, "Roles=web"], cancellationToken))
        {
            await visitor.RegisterAsync(web.Http, cancellationToken);
            await visitor.LogInAsync(web.Http, cancellationToken);
            for (var round = 0; round < rounds && ledger.Faults.Count == 0; round++)
            {
                using var worker = await HostProcess.StartAsync(Folder, [.. ground.Settings, "Roles=worker"], cancellationToken);
                await visitor.UploadAsync(web.Http, cancellationToken);
                await Task.Delay(Random.Shared.Next(LongestWork), cancellationToken);
                worker.Kill();

                var killed = Stopwatch.GetTimestamp();
                using var next = await HostProcess.StartAsync(Folder, [.. ground.Settings, "Roles=worker"], cancellationToken);
                var api = new ApiAudit(ledger, web.Http, cancellationToken);
                if (await api.IsProcessingAsync(ledger.Accounts.Last()))
                {
                    await api.RunAsync();
                    takeovers.Add(Stopwatch.GetElapsedTime(killed));
                    inTheMiddle++;
                }
            }
        }

        if (inTheMiddle == 0)
        {
            ledger.Fault("No kill found a job under way");
        }

        await AuditAsync(ledger, ground, enough: rounds, cancellationToken);
        Print($"""
            kills           {rounds}, {inTheMiddle} of them with work under way
            taken over      from the kill to the last variant: {Sum(takeovers)}
            """);
    }

    // Twelve megapixels, so that there is a middle to be killed in.
    private async Task<byte[]> PhotoAsync(CancellationToken cancellationToken)
    {
        var path = Path.Combine(Folder, "photo.jpg");
        using var made = new CapturedProcess(new ProcessStartInfo(Path.Combine(Repository.Root, "eng", "photo"), [path]));
        return await made.ExitAsync(cancellationToken) == 0 ? await File.ReadAllBytesAsync(path, cancellationToken)
            : throw new InvalidOperationException($"eng/photo could not make a photo: {made.Output}");
    }
}
