namespace Monolith.Adapters.Embedded;

/// <summary>Makes the tables and knows which format they have.</summary>
internal static class SqliteSchema
{
    /// <summary>Of the tables, in <c>user_version</c>.</summary>
    public const long Format = 2;

    // "Mono" in ASCII, in application_id, where file(1) and we look for whose database it is.
    private const long Application = 0x4D6F6E6F;

    /// <summary>Makes the schema in an empty database, leaves one of ours as it is and refuses everything else.</summary>
    /// <remarks>The lock beside the file sees to it that no two processes do this at once.</remarks>
    /// <exception cref="ConfigurationException">It is of a newer format, of one before the first release, or another program's.</exception>
    public static void Ensure(SqliteConnection connection, string path)
    {
        var (application, format) = (Number(connection, "pragma application_id"), Number(connection, "pragma user_version"));
        if (application == 0 && format == 0 && Number(connection, "select count(*) from sqlite_schema") == 0)
        {
            connection.Execute($"begin immediate; {Sql()} pragma application_id = {Application}; pragma user_version = {Format}; commit");
        }
        else if (application != Application)
        {
            throw new ConfigurationException([$"{path} is a database of another program; configure another path."]);
        }
        else if (format < Format)
        {
            throw new ConfigurationException([$"{path} was made by a version before 0.1.0 and cannot be read; configure an empty place."]);
        }
        else if (format > Format)
        {
            throw new ConfigurationException([
                $"{path} has format {format}, and this version knows formats up to {Format}: it was written by a newer version; start that one."]);
        }
    }

    private static long Number(SqliteConnection connection, string sql)
    {
        using var rows = connection.Prepare(sql).Query();
        rows.Next();
        return rows.Number(0);
    }

    private static string Sql()
    {
        using var stream = typeof(SqliteSchema).Assembly.GetManifestResourceStream("Schema.sql")!; // Embedded by the project file.
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
