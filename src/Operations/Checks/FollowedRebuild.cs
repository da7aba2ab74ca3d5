using System.Globalization;
using Monolith.Operations.Deployments;

namespace Monolith.Operations.Checks;

/// <summary>Rebuilds the views of one followed projection while the server is stopped.</summary>
internal static class FollowedRebuild
{
    /// <summary>Goes on with what an earlier run began, if one was cancelled or killed.</summary>
    /// <returns>One of <see cref="ExitCodes"/>.</returns>
    public static async Task<int> RunAsync(Deployment deployment, string projection, CancellationToken cancellationToken)
    {
        var rebuilds = deployment.Services.GetRequiredService<Rebuilds>();
        using var progress = new Progress("positions");
        var head = (await rebuilds.StandingsAsync(cancellationToken)).Where(s => s.Projection == projection).Max(s => s.Head);
        await rebuilds.StartAsync(projection, cancellationToken);
        await rebuilds.RunAsync(projection, position => progress.Report(position, head), cancellationToken);

        progress.Dispose();
        var switches = (await rebuilds.StandingsAsync(cancellationToken)).Where(s => s.Projection == projection).Select(s => s.LastSwitch)
            .OfType<ViewSwitch>().ToList();
        var compared = switches.All(s => s.Differing is not null)
            ? $"{switches.Sum(s => s.Differing)} of the former ones differed"
            : "not comparable with the former ones";
        Console.Out.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{switches.Sum(s => s.Documents)} views rebuilt, {compared}, {progress.Elapsed.TotalSeconds:F1} s"));
        return ExitCodes.Done;
    }
}
