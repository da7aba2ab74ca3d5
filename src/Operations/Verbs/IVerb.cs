using Monolith.Operations.Deployments;

namespace Monolith.Operations.Verbs;

/// <summary>Something the program does besides serving: it does it and ends.</summary>
internal interface IVerb
{
    /// <summary>One or two words: <c>events show</c>.</summary>
    string Name { get; }

    /// <summary>What it must be given, in order: <c>directory</c>. What ends with a question mark may be left out.</summary>
    IReadOnlyList<string> Operands => [];

    /// <summary>The option that it knows, with the name of its value: <c>kind K</c>; null when it knows none.</summary>
    string? Option => null;

    /// <summary>One line for the list of verbs.</summary>
    string Summary { get; }

    /// <summary>What an operator should know beforehand.</summary>
    string Details { get; }

    /// <returns>One of <see cref="ExitCodes"/>.</returns>
    Task<int> RunAsync(Invocation invocation, CancellationToken cancellationToken);
}
