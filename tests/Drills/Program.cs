using System.Globalization;
using System.Runtime.InteropServices;
using Monolith.Drills;

using var stop = new CancellationTokenSource();
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
switch (args)
{
    case ["kill9"]:
        return await KillAsync(20);
    case ["kill9", var text] when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var rounds) && rounds > 0:
        return await KillAsync(rounds);
    default:
        await Console.Error.WriteLineAsync("usage: eng/drill kill9 [ROUNDS]");
        return 64;
}

async Task<int> KillAsync(int rounds)
{
    try
    {
        return await new KillDrill(rounds).RunAsync(stop.Token) ? 0 : 1;
    }
    catch (OperationCanceledException) when (stop.IsCancellationRequested)
    {
        return 130;
    }
}

// Cancelled rather than ended, so that the host that was started is stopped too.
void Stop(PosixSignalContext signal)
{
    signal.Cancel = true;
    stop.Cancel();
}
