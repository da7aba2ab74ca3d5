namespace Monolith.Support;

/// <summary>Finds the work tree that these tests were built from.</summary>
internal static class Repository
{
    /// <summary>The folder that holds the solution; absolute, without a separator at its end.</summary>
    public static string Root { get; } = Find();

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Monolith.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"No Monolith.sln above {AppContext.BaseDirectory}");
    }
}
