using System.Runtime.CompilerServices;

namespace Monolith.Architecture.Tests;

/// <summary>
/// Compares text with a file under version control, with Verify's file names, so that Verify can take its place.
/// <c>UPDATE_SNAPSHOTS=1</c> accepts what was received, except in CI.
/// </summary>
internal static class Snapshot
{
    // PathMap in Directory.Build.props: the compiler hands out source paths that start here.
    private const string SourceRoot = "/_/";

    /// <summary>Fails unless <paramref name="text"/> is what <c>Snapshots/{name}.verified.txt</c>, beside the caller, holds.</summary>
    public static void Match(string text, string name, [CallerFilePath] string caller = "")
    {
        var accept = Environment.GetEnvironmentVariable("UPDATE_SNAPSHOTS") == "1"
            && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("CI"));

        if (Difference(FolderBeside(caller), name, text, accept) is { } difference)
        {
            Assert.Fail(difference);
        }
    }

    /// <summary>What is wrong, for a person to read, or null when the two are equal or the new one was accepted.</summary>
    public static string? Difference(string folder, string name, string text, bool accept)
    {
        var verified = Path.Combine(folder, $"{name}.verified.txt");
        var received = Path.Combine(folder, $"{name}.received.txt");
        var now = Lines(text);
        var then = File.Exists(verified) ? Lines(File.ReadAllText(verified)) : null;
        if (then is not null && now.SequenceEqual(then))
        {
            File.Delete(received);
            return null;
        }

        Directory.CreateDirectory(folder);
        File.WriteAllText(accept ? verified : received, string.Join('\n', now) + "\n");
        if (accept)
        {
            File.Delete(received);
            return null;
        }

        return $"""
            {name}: {(then is null ? "there is no snapshot yet" : "differs from its snapshot (- snapshot, + now)")}
            {LineDiff.Between(then ?? [], now)}
            If that is intended: UPDATE_SNAPSHOTS=1 ./test Architecture, and commit {Path.GetFileName(verified)}.
            """;
    }

    private static string FolderBeside(string caller)
    {
        var path = caller.Replace('\\', '/');
        var source = path.StartsWith(SourceRoot, StringComparison.Ordinal)
            ? Path.Combine(Repository.Root, path[SourceRoot.Length..])
            : path;
        return Path.Combine(Path.GetDirectoryName(source)!, "Snapshots"); // a file's path always has a folder
    }

    // Neither the platform's line ends nor a last empty line are part of a contract.
    private static string[] Lines(string text) => text.ReplaceLineEndings("\n").TrimEnd('\n').Split('\n');
}
