using System.Text.Json;

namespace Monolith.Drills;

/// <summary>Reads the log of a host that has stopped.</summary>
internal sealed class StoreAudit(Ledger ledger, Ground ground)
{
    private readonly HashSet<Guid> _ids = [];
    private readonly Dictionary<string, long> _versions = [];
    private readonly Dictionary<string, int> _edits = [];
    private readonly Dictionary<string, List<string>> _jobEnds = [];
    private readonly HashSet<string> _variants = [];
    private int _users;

    /// <summary>How many events there are.</summary>
    public long Events { get; private set; }

    /// <summary>How many jobs were scheduled.</summary>
    public int Jobs => _jobEnds.Count;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await ground.ReadAsync(store => LookAsync(store, cancellationToken), cancellationToken);
        CheckJobs(await ground.MessagesAsync(cancellationToken));
        CheckAccounts();
    }

    private async Task LookAsync(IStore store, CancellationToken cancellationToken)
    {
        (await HashChains.BrokenAsync(store, cancellationToken)).ToList().ForEach(ledger.Fault);
        for (var page = await store.ReadLogAsync(0, 1000, null, cancellationToken); page.Events.Count > 0;
            page = await store.ReadLogAsync(page.Through, 1000, null, cancellationToken))
        {
            page.Events.ToList().ForEach(Look);
        }
    }

    private void Look(StoredEvent e)
    {
        Require(e.Position == ++Events, $"Event {e.Id} has position {e.Position} where {Events} belongs");
        Require(_ids.Add(e.Id), $"Event {e.Id} is there twice");
        var version = _versions[e.Stream.Name] = _versions.GetValueOrDefault(e.Stream.Name) + 1;
        Require(e.Version == version, $"{e.Stream} has version {e.Version} where {version} belongs");
        switch (e.Type)
        {
            case "users.registered.v1":
                _users++;
                break;
            case "users.details-changed.v1":
                _edits[e.Stream.Key] = _edits.GetValueOrDefault(e.Stream.Key) + 1;
                break;
            case "media.variant-made.v1":
                using (var data = JsonDocument.Parse(e.Data))
                {
                    Require(
                        _variants.Add($"{e.Stream} {data.RootElement.GetProperty("preset")}"), $"A variant of {e.Stream} was made twice");
                }

                break;
            case "jobs.scheduled.v1":
                Require(_jobEnds.TryAdd(e.Stream.Name, []), $"{e.Stream} was scheduled twice");
                break;
            case "jobs.succeeded.v1" or "jobs.died.v1":
                _jobEnds[e.Stream.Name].Add(e.Type);
                break;
        }
    }

    private void CheckJobs(long messages)
    {
        foreach (var (job, ends) in _jobEnds.Where(j => j.Value is not ["jobs.succeeded.v1"]))
        {
            ledger.Fault($"{job} ended {ends.Count} times: {string.Join(", ", ends)}");
        }

        Require(_jobEnds.Count == _variants.Count, $"There are {_jobEnds.Count} jobs for {_variants.Count} variants");
        Require(messages == 0, $"{messages} messages are left");
    }

    private void CheckAccounts()
    {
        var registered = ledger.Accounts.Count(a => a.IsRegistered);
        Require(
            _users >= registered && _users <= ledger.Accounts.Count,
            $"{_users} users are there; {registered} of {ledger.Accounts.Count} were acknowledged");
        foreach (var account in ledger.Accounts.Where(a => a.IsRegistered))
        {
            var edits = _edits.GetValueOrDefault(account.Id);
            Require(edits == account.Edits, $"User {account.Id} made {account.Edits} edits and the log has {edits}");
        }
    }

    private void Require(bool isRight, string otherwise)
    {
        if (!isRight)
        {
            ledger.Fault(otherwise);
        }
    }
}
