using System.Globalization;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;

namespace Monolith.Kernel.Adapters;

/// <summary>
/// Brings the format of a store one step further: a numbered script, applied once and in order, and never changed after its release.
/// </summary>
/// <param name="Number">First four digits of the file's name; rises from one to the next.</param>
/// <param name="Name">Name of the file without its extension: <c>0002_commit</c>.</param>
/// <param name="Sql">The whole script.</param>
/// <param name="Checksum">SHA-256 of the file as shipped, as 64 lower-case hexadecimal digits.</param>
public sealed record Migration(int Number, string Name, string Sql, string Checksum)
{
    /// <summary>Lists the scripts <c>NNNN_name.sql</c> that are embedded in an adapter, by number.</summary>
    /// <param name="adapter">Where they are.</param>
    /// <param name="folder">
    /// What their names begin with where an adapter has more than one schema, <c>reports/</c> for example; empty for the only one.
    /// </param>
    public static IReadOnlyList<Migration> In(Assembly adapter, string folder = "") =>
    [
        .. adapter.GetManifestResourceNames()
            .Where(n => n.EndsWith(".sql", StringComparison.Ordinal) && n[..(n.LastIndexOf('/') + 1)] == folder)
            .Order(StringComparer.Ordinal).Select(n => Read(adapter, n)),
    ];

    /// <summary>Compares what was applied to a store with what is shipped.</summary>
    /// <param name="shipped">One or more, by number.</param>
    /// <param name="applied">By number.</param>
    /// <returns>What is wrong, as the rest of a sentence about the store; null when the shipped ones go on from there.</returns>
    public static string? DifferenceOf(IReadOnlyList<Migration> shipped, IReadOnlyList<AppliedMigration> applied)
    {
        for (var i = 0; i < applied.Count; i++)
        {
            if (i == shipped.Count || applied[i].Number > shipped[^1].Number)
            {
                return $"was made by a newer version of this program (schema {applied[^1].Number}, this one knows "
                    + $"{shipped[^1].Number}); start that version";
            }

            if (applied[i].Number != shipped[i].Number)
            {
                return $"lacks the migration {shipped[i].Name}, though later ones were applied; restore it from a backup";
            }

            if (applied[i].Checksum != shipped[i].Checksum)
            {
                return $"was made by another build of this program: its migration {shipped[i].Name} has the checksum "
                    + $"{Short(applied[i].Checksum)}, and the one "
                    + $"shipped here {Short(shipped[i].Checksum)}; start the version that made it, or configure an empty one";
            }
        }

        return null;
    }

    private static Migration Read(Assembly adapter, string resource)
    {
        using var stream = adapter.GetManifestResourceStream(resource)!; // Its name comes from the list of them.
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        var name = Path.GetFileNameWithoutExtension(resource);
        return new Migration(
            int.Parse(name.AsSpan(0, 4), NumberStyles.None, CultureInfo.InvariantCulture), name,
            Encoding.UTF8.GetString(bytes), Convert.ToHexStringLower(SHA256.HashData(bytes)));
    }

    private static string Short(string checksum) => checksum.Length > 12 ? $"{checksum[..12]}…" : checksum;
}

/// <summary>A migration as a store remembers it.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Checksum">Of the script that was applied.</param>
public sealed record AppliedMigration(int Number, string Checksum);
