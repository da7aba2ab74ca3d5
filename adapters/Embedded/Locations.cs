namespace Monolith.Adapters.Embedded;

/// <summary>Checks the part of an adapter URL that says where something is.</summary>
internal static class Locations
{
    /// <summary>Faults a URL that names a place where there is none to name.</summary>
    public static void RefuseLocation(this AdapterUrl url)
    {
        if (url.Authority.Length + url.Path.Length > 0)
        {
            url.Faults.Add(url.Setting, $"names a place; write it like \"{url.Scheme}:\"");
        }
    }

    /// <summary>
    /// Reads a path on this machine and makes it absolute, so that a later change of the current directory moves nothing.
    /// </summary>
    public static string LocalPath(this AdapterUrl url, string example)
    {
        if (url.Authority.Length > 0)
        {
            url.Faults.Add(url.Setting, $"names a host; write it like \"{example}\"");
        }

        var path = url.RequiredPath(example);
        return path.Length == 0 ? path : Path.GetFullPath(path);
    }
}
