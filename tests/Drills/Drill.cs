using System.Globalization;

namespace Monolith.Drills;

/// <summary>Breaks something while people work, and looks afterwards whether everything that was acknowledged is there, once.</summary>
internal abstract class Drill
{
    /// <summary>Where the hosts of this drill run, all of them.</summary>
    protected string Folder { get; } = Directory.CreateTempSubdirectory("monolith-drill-").FullName;

    /// <returns>Whether nothing was lost, doubled or left undone.</returns>
    public async Task<bool> RunAsync(CancellationToken cancellationToken)
    {
        var isKept = true;
        try
        {
            using var ledger = new Ledger(Path.Combine(Folder, "acknowledged"));
            await RunAsync(ledger, cancellationToken);
            isKept = ledger.Faults.Count > 0;
            Console.WriteLine(isKept ? $"FAIL; the data and the list of what was acknowledged are in {Folder}" : "PASS");
            return !isKept;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            isKept = false;
            throw;
        }
        catch (Exception e) when (e is InvalidOperationException or TimeoutException or HttpRequestException)
        {
            Console.WriteLine($"FAULT: {e.Message}\nFAIL; the data and the list of what was acknowledged are in {Folder}");
            return false;
        }
        finally
        {
            if (!isKept)
            {
                Directory.Delete(Folder, recursive: true);
            }
        }
    }

    /// <summary>Breaks things, audits, and prints figures. What must not be goes to the ledger as a fault.</summary>
    protected abstract Task RunAsync(Ledger ledger, CancellationToken cancellationToken);

    /// <summary>Asks a last host for everything that was acknowledged, then looks into the store.</summary>
    /// <param name="ledger">What was acknowledged, and what is found wrong.</param>
    /// <param name="ground">No host runs on it any more.</param>
    /// <param name="enough">How many acknowledged writes it takes to prove anything.</param>
    /// <param name="cancellationToken">Stops looking.</param>
    protected async Task AuditAsync(Ledger ledger, Ground ground, int enough, CancellationToken cancellationToken)
    {
        ApiAudit api;
        using (var host = await HostProcess.StartAsync(Folder, ground.Settings, cancellationToken))
        {
            api = new ApiAudit(ledger, host.Http, cancellationToken);
            await api.RunAsync();

            // A photo is ready when its variants are; a worker that is killed right then leaves a job that made one and has not ended.
            await Remainder.WaitAsync(() => ground.MessagesAsync(cancellationToken), cancellationToken);
            if (await host.StopAsync(cancellationToken) is var code and not 0)
            {
                ledger.Fault($"The last host ended with {code}:\n{host.Output}");
            }
        }

        // Chains, and every state document and view against a rebuild from its stream.
        using (var verify = HostProcess.Run(Folder, ["verify", .. ground.Settings]))
        {
            if (await verify.ExitAsync(cancellationToken) is var code and not 0)
            {
                ledger.Fault($"verify ended with {code}:\n{verify.Output}");
            }
        }

        var store = new StoreAudit(ledger, ground);
        await store.RunAsync(cancellationToken);
        if (store.Jobs == 0 || ledger.Acknowledged < enough)
        {
            ledger.Fault("Too little was done for this to prove anything; is the machine overloaded?");
        }

        Print($"""
            acknowledged    {ledger.Acknowledged} writes; {ledger.Unanswered} more were not answered
            users           {ledger.Accounts.Count(a => a.IsRegistered)}
            photos ready    {api.Ready.Photos}, with {api.Ready.Variants} variants
            jobs            {store.Jobs}
            events          {store.Events}
            faults          {ledger.Faults.Count}
            """);
    }

    protected static void Require(Ledger ledger, bool isRight, string otherwise)
    {
        if (!isRight)
        {
            ledger.Fault(otherwise);
        }
    }

    protected static void Print(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));

    /// <summary>Sums up durations in a line.</summary>
    protected static string Sum(IEnumerable<TimeSpan> durations)
    {
        var sorted = durations.Order().ToList();
        double Percentile(double part) => sorted[(int)Math.Ceiling(part * sorted.Count) - 1].TotalMilliseconds;
        return sorted.Count == 0 ? "none"
            : string.Create(
                CultureInfo.InvariantCulture,
                $"median {Percentile(0.5):F0} ms, p95 {Percentile(0.95):F0} ms, longest {Percentile(1):F0} ms");
    }
}
