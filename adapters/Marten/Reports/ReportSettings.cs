using System.Text.RegularExpressions;

namespace Monolith.Adapters.Marten.Reports;

/// <summary>Where the reports are kept beside the store.</summary>
/// <param name="Setting">Where it stands in the configuration.</param>
/// <param name="Schema">Of the views over the log; each report has one of its own, whose name begins with this one.</param>
/// <param name="Pool">How many connections the reports of a shard have at most.</param>
internal sealed partial record ReportSettings(string Setting, string Schema, int Pool)
{
    /// <summary>The query keys that are known.</summary>
    public static readonly IReadOnlyList<string> Keys = ["schema", "pool"];

    /// <summary>Reads everything now, so that faults come out before anything starts.</summary>
    public static ReportSettings Read(AdapterUrl url)
    {
        if (url.Authority.Length + url.Path.Length > 0)
        {
            url.Faults.Add(url.Setting, "names a place; reports are kept beside the store, so write it like \"marten:\"");
        }

        var schema = url.Text("schema", "reports");
        if (!Name().IsMatch(schema) || schema is "monolith" or "public")
        {
            url.Faults.Add(
                url.Setting,
                "key \"schema\" must name a schema for the reports alone: up to 30 lower-case letters, digits and underscores");
        }

        return new ReportSettings(url.Setting, schema, url.Number("pool", 8, 4, 100));
    }

    /// <summary>Names the schema of one report.</summary>
    public string SchemaOf(IReport report) => $"{Schema}_{report.Name}";

    [GeneratedRegex("^(?!pg_)[a-z][a-z0-9_]{0,29}$")]
    private static partial Regex Name();
}
