using Monolith.Operations.Deployments;

namespace Monolith.Operations.Verbs;

/// <summary>Brings the schemas of stores on servers up to date, apart from starting anything.</summary>
internal sealed class Migrate : IVerb
{
    public string Name => "migrate";

    public string Summary => "Bring the schema of the store up to what this program knows";

    public string Details => """
        Prints one line for each change it makes. All changes of a store are one transaction under a lock, so any number of processes may
        start at once and it can be cancelled at any moment. A server does the same at its start unless its store says migrate=false.

        Works while servers of the version before run. A store in a file needs none of this.
        """;

    public async Task<int> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        await using var deployment = Deployment.Build(invocation);
        var names = deployment.Services.GetRequiredService<StoreNames>().All;
        foreach (var (name, configured) in names.Zip(deployment.Shards.Stores))
        {
            var changes = configured is ISchemaStore store ? await store.MigrateAsync(cancellationToken) : [];
            foreach (var change in changes)
            {
                Console.Out.WriteLine($"store {name}: {change}");
            }

            if (changes.Count == 0)
            {
                Console.Out.WriteLine($"store {name}: nothing to change");
            }
        }

        if (deployment.Services.GetService<IReports>() is { } reports)
        {
            var changes = await reports.MigrateAsync(cancellationToken);
            foreach (var name in names)
            {
                var made = changes.Where(c => c.Store == name).Select(c => c.Change).DefaultIfEmpty("nothing to change");
                Console.Out.WriteLine(string.Join('\n', made.Select(change => $"reports {name}: {change}")));
            }
        }

        return ExitCodes.Done;
    }
}
