namespace Monolith.Operations.Deployments;

/// <summary>Tells why the process cannot start: readable lines on the error stream, and nothing else.</summary>
internal static class StartFailure
{
    public static int Explain(IReadOnlyList<string> lines, int exitCode)
    {
        foreach (var line in lines)
        {
            Console.Error.WriteLine(line);
        }

        return exitCode;
    }
}
