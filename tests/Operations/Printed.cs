using System.Runtime.CompilerServices;
using System.Text;
using Monolith.Host;
using Monolith.Operations.Verbs;

namespace Monolith.Operations.Tests;

/// <summary>Runs verbs in this process and catches what each prints, though tests run side by side.</summary>
internal sealed class Printed : TextWriter
{
    private static readonly Printed _out = new(Console.Out);
    private static readonly Printed _error = new(Console.Error);

    private readonly AsyncLocal<StringBuilder?> _text = new();
    private readonly TextWriter _console;

    private Printed(TextWriter console) => _console = console;

    public override Encoding Encoding => _console.Encoding;

    [ModuleInitializer]
    internal static void Listen()
    {
        Console.SetOut(_out);
        Console.SetError(_error);
    }

    /// <summary>Runs a command line as the program does.</summary>
    public static Task<Run> RunAsync(params IReadOnlyList<string> arguments) => CatchAsync(async () =>
        (await CommandLine.RunAsync(arguments, new DeploymentFactory())).Code
            ?? throw new InvalidOperationException("The command line names no verb."));

    /// <summary>Catches what a piece of work prints.</summary>
    public static async Task<Run> CatchAsync(Func<Task<int>> work)
    {
        var (output, errors) = (_out._text.Value = new(), _error._text.Value = new());
        var code = await work();
        return new Run(code, output.ToString().Trim(), errors.ToString().Trim());
    }

    public override void Write(char value) => Write(value.ToString());

    public override void Write(char[] buffer, int index, int count) => Write(new string(buffer, index, count));

    public override void Write(string? value)
    {
        if (_text.Value is { } text)
        {
            lock (text)
            {
                text.Append(value);
            }
        }
        else
        {
            _console.Write(value); // The runner's own lines.
        }
    }

    public override void WriteLine(string? value) => Write($"{value}\n");

    public override void Flush() => _console.Flush();
}

/// <summary>How a verb ended.</summary>
/// <param name="Code">The exit code.</param>
/// <param name="Output">What it printed for others to read.</param>
/// <param name="Errors">What it printed for a person.</param>
internal sealed record Run(int Code, string Output, string Errors)
{
    /// <summary>Requires the code and one line without a stack trace that says why.</summary>
    public void FailsWith(int code, string reason)
    {
        Assert.True(Code == code, $"{Code}: {Output}\n{Errors}");
        Assert.Contains(reason, Assert.Single(Errors.Split('\n')), StringComparison.Ordinal);
        Assert.Empty(Output);
    }

    /// <summary>Requires that it was done; what it printed.</summary>
    public string Done()
    {
        Assert.True(Code == 0, $"{Code}: {Output}\n{Errors}");
        return Output;
    }
}
