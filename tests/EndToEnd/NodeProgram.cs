using System.Diagnostics;

namespace Monolith.EndToEnd.Tests;

/// <summary>Runs JavaScript by Node.js.</summary>
internal static class NodeProgram
{
    private static readonly TimeSpan _limit = TimeSpan.FromMinutes(3);

    /// <summary>Where the scripts and their packages are.</summary>
    public static string Folder { get; } = Path.Combine(Repository.Root, "tests", "EndToEnd");

    /// <summary>
    /// Runs a file of the folder of this project to its end; the test is skipped where Node.js or a package is missing, except in CI, where
    /// that fails.
    /// </summary>
    /// <param name="package">The package that it needs.</param>
    /// <param name="command">The file and its arguments.</param>
    /// <param name="environment">Variables besides those of this process.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>The exit code and all that it wrote.</returns>
    /// <exception cref="TimeoutException">It took more than three minutes.</exception>
    public static Task<(int Code, string Output)> RunAsync(
        string package, IReadOnlyList<string> command, IEnumerable<(string Name, string? Value)> environment,
        CancellationToken cancellationToken) => RunAsync(Folder, package, command, environment, cancellationToken);

    /// <summary>Does the same with a file of another folder.</summary>
    public static async Task<(int Code, string Output)> RunAsync(
        string folder, string package, IReadOnlyList<string> command, IEnumerable<(string Name, string? Value)> environment,
        CancellationToken cancellationToken)
    {
        var node = Find("node");
        Require(node, "node");
        Require(Directory.Exists(Path.Combine(folder, "node_modules", package)) ? folder : null, package);
        var start = new ProcessStartInfo(node!, command) { WorkingDirectory = folder }; // found, see Require
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        using var program = new CapturedProcess(start);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(_limit);
        try
        {
            return (await program.ExitAsync(deadline.Token), program.Output);
        }
        catch (OperationCanceledException)
        {
            program.Kill();
            throw new TimeoutException($"{command[0]} was stopped; it said:\n{program.Output}");
        }
    }

    /// <summary>Skips the test where something is missing, except in CI, where that fails.</summary>
    public static void Require(string? found, string what)
    {
        if (found is null)
        {
            var reason = $"{what} is missing; ./test EndToEnd installs it";
            Assert.SkipWhen(string.IsNullOrEmpty(Environment.GetEnvironmentVariable("CI")), reason);
            Assert.Fail(reason);
        }
    }

    /// <summary>Finds a program; null when there is none.</summary>
    public static string? Find(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator)
            .Select(place => Path.Combine(place, program)) // a full path stays as it is
            .FirstOrDefault(File.Exists);
}
