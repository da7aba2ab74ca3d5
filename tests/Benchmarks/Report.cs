using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Monolith.Benchmarks;

/// <summary>Everything that one run measured.</summary>
/// <param name="At">When it began, UTC.</param>
/// <param name="Machine">What it ran on.</param>
/// <param name="Processors">How many.</param>
/// <param name="Rounds">How often each figure was measured.</param>
/// <param name="Lines">What came out.</param>
internal sealed record Report(DateTimeOffset At, string Machine, int Processors, int Rounds, IReadOnlyList<Line> Lines)
{
    private const int NameWidth = 46;

    /// <summary>Writes it as JSON, for a comparison of runs.</summary>
    public Task WriteAsync(string path) => File.WriteAllTextAsync(path, JsonSerializer.Serialize(this, ReportJson.Default.Report));

    /// <summary>Prints the head of the table.</summary>
    public static void PrintHead() =>
        Console.Out.WriteLine($"{"",-NameWidth} {"ours",12} {"raw",12}      {"ratio",5}  goal");

    /// <summary>Prints one line, as soon as it is there.</summary>
    public static void Print(Line line)
    {
        var goal = line.Goal is null ? "" : $"{line.Goal} {(line.IsReached == true ? "reached" : "NOT REACHED")}";
        Console.Out.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{$"{line.Group}: {line.Name}",-NameWidth} {Figure(line.Ours),12} {Figure(line.Raw),12} {line.Unit,-4} "
                + $"{line.Ratio,5:0.00}  {goal}"));
        Console.Out.WriteLine($"{"",4}raw: {line.RawIs}{string.Concat(line.Also.Select(a => $"; {a.Key}: {Figure(a.Value)}"))}");
    }

    private static string Figure(double figure) => figure.ToString(figure < 100 ? "#,0.0" : "#,0", CultureInfo.InvariantCulture);
}

[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web, WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Report))]
internal sealed partial class ReportJson : JsonSerializerContext;
