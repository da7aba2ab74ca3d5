using System.Reflection;
using System.Runtime.InteropServices;
using Monolith.Operations.Deployments;
using Monolith.Operations.Moves;

namespace Monolith.Operations.Verbs;

/// <summary>Runs the verb that the command line asks for.</summary>
internal static class CommandLine
{
    /// <summary>Every verb, in the order of the help.</summary>
    public static readonly IReadOnlyList<IVerb> Verbs =
        [
            new Verify(), new Rebuild(), new Backup(), new Restore(), new Migrate(), new ConfigCheck(), new EventsShow(),
            new EventsParked(),
            new EventsReplay(), new Move(),
        ];

    /// <param name="args">All of the command line.</param>
    /// <param name="host">Builds the configured deployment.</param>
    /// <returns>One of <see cref="ExitCodes"/>; null when the line names no verb, with the settings of the server.</returns>
    public static async Task<(int? Code, string[] Settings)> RunAsync(IReadOnlyList<string> args, IDeploymentFactory host)
    {
        try
        {
            if (args.Any(Help.IsAskedBy))
            {
                Console.Out.Write(Help.Of(args, Verbs));
                return (ExitCodes.Done, []);
            }

            if (args.Contains(Arguments.Version))
            {
                var version = typeof(CommandLine).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>();
                Console.Out.WriteLine($"Monolith {version?.InformationalVersion}");
                return (ExitCodes.Done, []);
            }

            var arguments = Arguments.Read(args, Verbs);
            if (arguments.Words.Count > 0)
            {
                var (verb, invocation) = VerbLine.Read(arguments, Verbs, host);
                return (await RunAsync(verb, invocation), []);
            }

            return arguments.Options.Count == 0
                ? (null, [.. arguments.Settings])
                : throw Arguments.UnknownOption(arguments.Options[0].Key, null);
        }
        catch (UsageException e)
        {
            return (StartFailure.Explain([$"{e.Message} (./run --help explains verbs and options)"], ExitCodes.Usage), []);
        }
    }

    private static async Task<int> RunAsync(IVerb verb, Invocation invocation)
    {
        using var cancelled = new CancellationTokenSource();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Cancel);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Cancel);
        try
        {
            return await verb.RunAsync(invocation, cancelled.Token);
        }
        catch (ConfigurationException e)
        {
            return StartFailure.Explain(e.Lines, ExitCodes.Configuration);
        }
        catch (ShardMapException e)
        {
            return StartFailure.Explain([e.Message], ExitCodes.Configuration);
        }
        catch (OperationCanceledException) when (cancelled.IsCancellationRequested)
        {
            return StartFailure.Explain(["Cancelled."], ExitCodes.Cancelled);
        }
        catch (Exception e) when (
            e is StoreInUseException or StoreUnavailableException or DamagedException or ListenException or VerbFailedException
                or MoveException or IOException or UnauthorizedAccessException)
        {
            return StartFailure.Explain([e.Message], ExitCodes.Failed);
        }

        void Cancel(PosixSignalContext signal)
        {
            // Otherwise the process would end at once, in the middle of what it writes.
            signal.Cancel = true;
            cancelled.Cancel();
            Console.Error.WriteLine("Cancelling: what is under way ends first.");
        }
    }
}
