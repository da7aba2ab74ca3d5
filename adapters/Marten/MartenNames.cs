using System.Text;

namespace Monolith.Adapters.Marten;

/// <summary>Names of streams as Marten's keys, which are text and know no character 0.</summary>
internal static class MartenNames
{
    /// <summary>Writes a name as a key.</summary>
    public static string Escape(string name) => name.AsSpan().IndexOfAny('\0', '\\') < 0
        ? name
        : name.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\0", "\\0", StringComparison.Ordinal);

    /// <summary>Reads it back.</summary>
    public static string Unescape(string key)
    {
        if (!key.Contains('\\', StringComparison.Ordinal))
        {
            return key;
        }

        var name = new StringBuilder();
        for (var i = 0; i < key.Length; i++)
        {
            name.Append(key[i] != '\\' ? key[i] : key[++i] == '0' ? '\0' : '\\');
        }

        return name.ToString();
    }
}
