using Monolith.Adapters.Edge;
using Monolith.Adapters.Embedded;
using Monolith.Adapters.Marten;
using Monolith.Adapters.Otlp;
using Monolith.Adapters.Postgres;
using Monolith.Adapters.RabbitMq;
using Monolith.Adapters.Redis;
using Monolith.Adapters.S3;
using Monolith.Adapters.Smtp;
using Monolith.Adapters.Wolverine;
using Monolith.Adapters.WolverineKafka;
using Monolith.Jobs;
using Monolith.Media;
using Monolith.Reports.Usage;
using Monolith.Sessions;
using Monolith.Users;

namespace Monolith.Host;

/// <summary>Everything compiled into this host. Adding a module, a report or an adapter is one line here.</summary>
internal static class Catalog
{
    public static readonly IReadOnlyList<IModule> Modules = [
        new UsersModule(),
        new SessionsModule(),
        new MediaModule(),
        new JobsModule(),
    ];

    public static readonly IReadOnlyList<IReport> Reports = [new UsageReport()];

    public static readonly IReadOnlyList<IAdapter> Adapters = [
        new SqliteAdapter(), new MemoryAdapter(), new FileAdapter(), new StoreAdapter(), new NoneAdapter(),
        new PostgresAdapter(), new MartenAdapter(), new RedisAdapter(), new RabbitAdapter(),
        new S3Adapter(), new VarnishAdapter(), new PurgeApiAdapter(), new SmtpAdapter(), new OtlpAdapter(),
        new RabbitFeedAdapter(), new KafkaFeedAdapter(),
    ];
}
