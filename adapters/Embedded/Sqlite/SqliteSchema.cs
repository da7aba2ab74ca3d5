namespace Monolith.Adapters.Embedded;

/// <summary>Makes and changes the tables by numbered scripts, each applied once, in order, and remembered with its checksum.</summary>
/// <remarks>The number of the last one is the format of the file, in <c>user_version</c>. Format 1 was never released.</remarks>
internal static class SqliteSchema
{
    // "Mono" in ASCII, in application_id, where file(1) and we look for whose database it is.
    private const long Application = 0x4D6F6E6F;

    // SQLite keeps the text as it is, and with it every file: no character of it may change.
    private const string Begin = "create table migrations (number integer primary key, name text not null, checksum text not null, "
        + "applied_at integer not null) strict;";

    private static readonly IReadOnlyList<Migration> _shipped = Migration.In(typeof(SqliteSchema).Assembly);

    /// <summary>Makes the schema in an empty database, brings one of ours to the present format and refuses everything else.</summary>
    /// <remarks>The lock beside the file sees to it that no two processes do this at once.</remarks>
    /// <exception cref="ConfigurationException">
    /// It is of a newer format, made by scripts that are not those shipped, or of another program.
    /// </exception>
    public static void Ensure(SqliteConnection connection, string path) => Ensure(connection, path, _shipped);

    /// <summary>Refuses a database that is not of the present format, changing nothing.</summary>
    /// <exception cref="ConfigurationException">As above, or it is of an older format.</exception>
    public static void Require(SqliteConnection connection, string path) => Require(connection, path, _shipped);

    internal static void Ensure(SqliteConnection connection, string path, IReadOnlyList<Migration> shipped)
    {
        var (application, format) = (Number(connection, "pragma application_id"), Number(connection, "pragma user_version"));
        if (application == 0 && format == 0 && Number(connection, "select count(*) from sqlite_schema") == 0)
        {
            Apply(connection, $"{Begin} pragma application_id = {Application};", shipped);
        }
        else if (application != Application)
        {
            throw new ConfigurationException([$"{path} is a database of another program; configure another path."]);
        }
        else if (Applied(connection, path, format, shipped) is var applied && applied.Count < shipped.Count)
        {
            Apply(connection, "", shipped.Skip(applied.Count));
        }
    }

    internal static void Require(SqliteConnection connection, string path, IReadOnlyList<Migration> shipped)
    {
        if (Number(connection, "pragma application_id") != Application)
        {
            throw new ConfigurationException([$"{path} is a database of another program; configure another path."]);
        }

        var format = Number(connection, "pragma user_version");
        if (Applied(connection, path, format, shipped).Count < shipped.Count)
        {
            throw new ConfigurationException([
                $"{path} has format {format}, and this version reads format {shipped[^1].Number}: start the server on it once, which "
                    + $"brings it there."]);
        }
    }

    private static List<AppliedMigration> Applied(SqliteConnection connection, string path, long format, IReadOnlyList<Migration> shipped)
    {
        if (format < shipped[0].Number)
        {
            throw new ConfigurationException([
                $"{path} was made by a version before 0.1.0 and cannot be read; configure an empty place."]);
        }

        if (format > shipped[^1].Number)
        {
            throw new ConfigurationException([
                $"{path} has format {format}, and this version knows formats up to {shipped[^1].Number}: it was written by a newer "
                    + $"version; start that one."]);
        }

        var applied = new List<AppliedMigration>();
        using (var rows = connection.Prepare("select number, checksum from migrations order by number").Query())
        {
            while (rows.Next())
            {
                applied.Add(new AppliedMigration((int)rows.Number(0), rows.Text(1)));
            }
        }

        return Migration.DifferenceOf(shipped, applied) is { } difference
            ? throw new ConfigurationException([$"{path} {difference}."])
            : applied;
    }

    // All of them or none: what breaks off is rolled back when the connection ends.
    private static void Apply(SqliteConnection connection, string begin, IEnumerable<Migration> missing)
    {
        connection.Execute($"begin immediate; {begin}");
        foreach (var migration in missing)
        {
            connection.Execute($"{migration.Sql} pragma user_version = {migration.Number};");
            connection.Prepare(
                "insert into migrations (number, name, checksum, applied_at) values (?1, ?2, ?3, strftime('%s', 'now') * 1000)")
                .Run(migration.Number, migration.Name, migration.Checksum);
        }

        connection.Execute("commit");
    }

    private static long Number(SqliteConnection connection, string sql)
    {
        using var rows = connection.Prepare(sql).Query();
        rows.Next();
        return rows.Number(0);
    }
}
