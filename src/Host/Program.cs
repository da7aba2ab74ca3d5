using Monolith.Host;
using Monolith.Operations.Deployments;
using Monolith.Operations.Verbs;

var (code, settings) = await CommandLine.RunAsync(args, new DeploymentFactory());
if (code is { } ended)
{
    return ended;
}

try
{
    var app = Application.Build(settings, Catalog.Modules);
    await Application.OpenOrWaitAsync(app, settings);
    await app.ServeAsync(CancellationToken.None);
    return 0;
}
catch (OperationCanceledException)
{
    return 0; // Asked to end while it waited for a store.
}
catch (ConfigurationException e)
{
    return StartFailure.Explain(e.Lines, ConfigurationException.ExitCode);
}
catch (DamagedException e)
{
    // Starting again would not help, so supervisors should not try.
    return StartFailure.Explain(
        [$"{e.Message} Restore the store from a backup, or see what `./run verify` can still read."], ConfigurationException.ExitCode);
}
catch (ShardMapException e)
{
    return StartFailure.Explain([e.Message], ConfigurationException.ExitCode);
}
catch (Exception e) when (e is StoreInUseException or StoreUnavailableException or ListenException)
{
    return StartFailure.Explain([e.Message], 1);
}
