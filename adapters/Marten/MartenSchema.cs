using System.Security.Cryptography;
using System.Text;
using JasperFx;
using JasperFx.Events;
using Marten;
using Marten.Events;
using Monolith.Adapters.Postgres;
using Npgsql;

namespace Monolith.Adapters.Marten;

/// <summary>Which tables Marten writes to, and how they come to be.</summary>
internal static class MartenSchema
{
    private const string Name = "marten";

    /// <summary>The version that this program ships.</summary>
    public static string Version { get; } = typeof(DocumentStore).Assembly.GetName().Version!.ToString(3); // An assembly has one.

    /// <summary>Opens Marten on a database; nothing is asked there before the first session.</summary>
    public static DocumentStore Open(NpgsqlDataSource pool) => DocumentStore.For(options =>
    {
        options.Connection(pool);
        options.DatabaseSchemaName = Name;
        options.AutoCreateSchemaObjects = AutoCreate.None;
        options.DisableNpgsqlLogging = true;
        // Repeating a statement in a transaction that has failed hides why it has; what may be repeated is repeated as a whole.
        options.ConfigurePolly(_ => { });
        options.ConfigureWritePolly(_ => { });
        options.Events.StreamIdentity = StreamIdentity.AsString;
        // One function call for each stream, with our times.
        options.Events.AppendMode = EventAppendMode.QuickWithServerTimestamps;
        options.Events.EnableUniqueIndexOnEventId = true;
        options.Events.EnableEventTypeIndex = true;
        ((EventGraph)options.Events).EnableBigIntEvents = true;
        options.Events.UseBinarySerializer<RawEvent>(new RawSerializer());
    });

    /// <summary>
    /// The scripts of this adapter. The first is what this version of Marten makes of an empty database: its checksum tells another
    /// version.
    /// </summary>
    public static PostgresSchema Of(PostgresSettings settings, DocumentStore marten)
    {
        // Marten ends lines as the operating system does.
        var script = marten.Storage.ToDatabaseScript().ReplaceLineEndings("\n");
        var checksum = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(script)));
        return new PostgresSchema(
            settings, PostgresSchema.TableOfMarten,
            [new Migration(1, $"0001_marten_{Version}", script, checksum), .. Migration.In(typeof(MartenSchema).Assembly)]);
    }

    /// <summary>Checks that events are, or can be, in Marten's tables here.</summary>
    /// <exception cref="ConfigurationException">They are elsewhere, or the tables are another program's.</exception>
    public static async Task RequireEmptyOrOursAsync(NpgsqlDataSource pool, PostgresSettings settings, CancellationToken cancellationToken)
    {
        if (await PostgresSchema.HasTableAsync(pool, PostgresSchema.TableOfMarten, cancellationToken))
        {
            return;
        }

        if (await PostgresSchema.HasTableAsync(pool, "monolith.events", cancellationToken)
            && await IsAsync(pool, "select exists (select from monolith.events)", cancellationToken))
        {
            throw PostgresFailure.Fault(
                settings, "keeps its events in tables of its own; write its URL with \"postgres://\", or move it to an empty database");
        }

        if (await PostgresSchema.HasTableAsync(pool, "marten.mt_events", cancellationToken))
        {
            throw PostgresFailure.Fault(settings, "has a schema \"marten\" that this program did not make; configure an empty database");
        }
    }

    /// <summary>Checks that Marten's tables are still as this program made them.</summary>
    /// <exception cref="ConfigurationException">Another version of Marten, or an administrator, changed them.</exception>
    public static async Task RequireKnownAsync(NpgsqlDataSource pool, PostgresSettings settings, CancellationToken cancellationToken)
    {
        if (!await IsAsync(pool, "select shape = marten.monolith_shape() from marten.monolith_known", cancellationToken))
        {
            throw PostgresFailure.Fault(
                settings,
                $"has tables of events that were changed since this program made them for Marten {Version}; "
                    + "start the program that changed them, or restore a backup");
        }
    }

    private static async Task<bool> IsAsync(NpgsqlDataSource pool, string question, CancellationToken cancellationToken)
    {
        await using var command = pool.CreateCommand(question);
        return await command.ExecuteScalarAsync(cancellationToken) is true;
    }
}
