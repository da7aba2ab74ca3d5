using System.Globalization;
using JasperFx;
using JasperFx.CodeGeneration;
using JasperFx.Events;
using JasperFx.Events.Projections;
using Marten;
using Marten.Schema;
using Monolith.Peer;
using Weasel.Core;
using Wolverine;
using Wolverine.Http;
using Wolverine.Marten;

var builder = WebApplication.CreateSlimBuilder(args);
// Marten writes an error with its whole trace for each update that another one met: none of that is paid for here.
builder.Logging.SetMinimumLevel(LogLevel.Error).AddFilter("Marten", LogLevel.None);
builder.Services.ConfigureHttpJsonOptions(o => o.SerializerOptions.TypeInfoResolverChain.Insert(0, PeerJson.Default));
builder.Services
    .AddMarten(o =>
    {
        o.Connection(builder.Configuration["Store"] ?? "Host=127.0.0.1;Database=peer");
        o.DisableNpgsqlLogging = true;
        o.UseSystemTextJsonForSerialization(EnumStorage.AsString, Casing.CamelCase);
        o.Events.AppendMode = EventAppendMode.Quick;
        // What FetchForWriting has loaded is what the inline snapshot is made of, so that it is not read twice.
        o.Events.UseIdentityMapForAggregates = true;
        o.Projections.Snapshot<User>(SnapshotLifecycle.Inline);
        o.Schema.For<User>().UniqueIndex(UniqueIndexType.Computed, u => u.UniqueEmail);
    })
    .UseLightweightSessions()
    .ApplyAllDatabaseChangesOnStartup()
    .IntegrateWithWolverine();
builder.Host.UseWolverine(o =>
{
    // It sends no messages: no inbox, no outbox and no polling is paid for.
    o.Durability.Mode = DurabilityMode.MediatorOnly;
    o.CodeGeneration.TypeLoadMode = TypeLoadMode.Static;
});
builder.Services.AddWolverineHttp();

var app = builder.Build();
app.MapMinimalUsers();
app.MapWolverineEndpoints();
app.Lifetime.ApplicationStarted.Register(
    () => Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"serving {app.Urls.FirstOrDefault()}")));
if (args is ["codegen", ..])
{
    return await app.RunJasperFxCommands(args);
}

await app.RunAsync();
return 0;
