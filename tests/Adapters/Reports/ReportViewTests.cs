using JasperFx.Events;
using Marten;
using Monolith.Adapters.Marten.Reports;
using Monolith.Adapters.Tests.Postgres;
using Weasel.Postgresql.Tables;

namespace Monolith.Adapters.Tests.Reports;

/// <summary>The log through the eyes of the pinned Marten.</summary>
public sealed class ReportViewTests : IAsyncLifetime
{
    private readonly PostgresDatabases _databases = new();
    private string _database = null!; // Set before each test.
    private ReportScene _scene = null!; // Set before each test.

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _database = await _databases.CreateAsync();
        _scene = await ReportScene.OpenAsync([_database]);
    }

    public async ValueTask DisposeAsync()
    {
        if (_scene is not null)
        {
            await _scene.DisposeAsync();
        }

        await _databases.DisposeAsync();
    }

    [Fact]
    public async Task Shows_raw_events_with_position_version_stream_and_time()
    {
        await _scene.AppendAsync("a", 1, "things.made.v1", """{"name":"chair"}""");
        var position = await _scene.AppendAsync("a", 2, "things.painted.v1", """{"colour":"red"}""");

        var found = (await _scene.ReadAsync(async (session, cancelled) => await session.Events.QueryAllRawEvents()
            .Where(e => e.EventTypeName == "things.painted.v1").ToListAsync(cancelled))).Single().Single();

        Assert.Equal(
            ("thing-a", 2, position, new Painted("red")),
            (found.StreamKey, found.Version, found.Sequence, Assert.IsType<Painted>(found.Data)));
        Assert.InRange(TimeProvider.System.GetUtcNow() - found.Timestamp, TimeSpan.FromSeconds(-1), TimeSpan.FromMinutes(5));
    }

    [Fact]
    public async Task Reads_a_stream_its_state_and_an_aggregate_that_is_folded_when_it_is_asked_for()
    {
        await _scene.AppendAsync("a", 1, "things.made.v1", """{"name":"chair"}""");
        await _scene.AppendAsync("a", 2, "things.painted.v1", """{"colour":"red"}""");
        await _scene.AppendAsync("b", 1, "things.made.v1", """{"name":"table"}""");

        var (stream, state, thing) = (await _scene.ReadAsync(async (session, cancelled) => (
            await session.Events.FetchStreamAsync("thing-a", token: cancelled),
            await session.Events.FetchStreamStateAsync("thing-a", cancelled),
            await session.Events.AggregateStreamAsync<LiveThing>("thing-a", token: cancelled)))).Single();

        Assert.Equal([1, 2], stream.Select(e => e.Version));
        Assert.Equal(2, state!.Version);
        Assert.Equal(new LiveThing("thing-a", "chair", "red"), thing);
    }

    [Theory]
    [InlineData("""{"name":"a\u0000b\u0000"}""", "ab")]
    [InlineData("""{"name":"a\\u0000b"}""", @"a\u0000b")]
    [InlineData("""{"name":"a\\\u0000b"}""", @"a\b")]
    public async Task Cuts_the_character_0_and_nothing_that_looks_like_it(string data, string expected)
    {
        await _scene.AppendAsync("a", 1, "things.made.v1", data);

        var made = (await _scene.ReadAsync((session, cancelled) => session.Events.FetchStreamAsync("thing-a", token: cancelled))).Single();

        Assert.Equal(new Made(expected), Assert.Single(made).Data);
    }

    [Fact]
    public async Task An_event_that_is_no_json_is_in_no_other_events_way()
    {
        await _scene.AppendAsync("odd", 1, "things.odd.v1", "no json");
        await _scene.AppendAsync("odd", 2, "things.odd.v1", [0x00, 0xFF, 0x10]);
        await _scene.AppendAsync("odd", 3, "things.odd.v1", "\"\\ud800\"");
        await _scene.AppendAsync("a", 1, "things.made.v1", """{"name":"chair"}""");

        var server = await PostgresFixture.ServerAsync();
        var shown = await server.ReadAsync(
            _database, "select string_agg(coalesce(data::text, 'null'), ' ' order by seq_id) from reports_things.mt_events");
        await _scene.RunAsync();
        await _scene.CaughtUpAsync();

        Assert.Equal("""
            "no json" null "\"\\ud800\"" {"name": "chair"}
            """, shown);
        Assert.Equal(new Thing("thing-a", "chair", 0), Assert.Single(await _scene.AllAsync<Thing>()));
    }

    // Raise the version of Marten, and this says what the next numbered script has to change.
    [Fact]
    public async Task Has_every_column_and_makes_every_object_that_the_pinned_version_knows()
    {
        var objects = ReportSchema.ObjectsOf(_scene.Documents).ToList();
        var server = await PostgresFixture.ServerAsync();

        foreach (var table in objects.OfType<Table>().Where(t => t.Identifier.Name is "mt_events" or "mt_streams"))
        {
            var there = await server.ReadAsync(
                _database,
                "select string_agg(attname || ' ' || format_type(atttypid, -1), ', ' order by attname) from pg_attribute "
                    + $"where attrelid = 'reports_things.{table.Identifier.Name}'::regclass and attnum > 0");
            var columns = table.Columns.Select(c => $"{c.Name} {Long(c.Type)}").Order(StringComparer.Ordinal).ToList();
            Assert.Empty(columns.Except(there!.Split(", "))); // They are there: Marten reads the views in every test here.
        }

        Assert.Equal(
            [
                "mt_archive_stream", "mt_event_progression", "mt_event_projection_floors", "mt_events", "mt_events_sequence",
                "mt_high_water_skips", "mt_mark_event_progression", "mt_mark_progression_with_skip", "mt_quick_append_events", "mt_streams",
            ],
            objects.Select(o => o.Identifier.Name).Where(IsOfTheLog).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Takes_no_event_through_marten()
    {
        await using var session = _scene.Documents.LightweightSession();
        session.Events.StartStream("thing-foreign", new Made("foreign"));

        await Assert.ThrowsAnyAsync<Exception>(() => session.SaveChangesAsync(Cancelled));

        Assert.Equal(0, await _scene.Shards[0].Store.HeadAsync(Cancelled));
    }

    private static bool IsOfTheLog(string name) =>
        !name.StartsWith("mt_doc_", StringComparison.Ordinal) && !name.StartsWith("mt_immutable_", StringComparison.Ordinal)
        && !name.StartsWith("mt_grams_", StringComparison.Ordinal) && !name.StartsWith("mt_jsonb_", StringComparison.Ordinal)
        && name != "mt_safe_unaccent";

    private static string Long(string type) => type switch
    {
        "bool" => "boolean",
        _ when type.StartsWith("varchar", StringComparison.Ordinal) => "character varying",
        "timestamptz" => "timestamp with time zone",
        _ => type,
    };
}
