using System.Globalization;
using CsCheck;

namespace Monolith.Adapters.Tests.Properties;

/// <summary>Looks for a sequence that contradicts a property, and then for the few of its parts that do so.</summary>
/// <remarks>
/// <c>MONOLITH_PROPERTY_ROUNDS</c> says how many sequences are tried, <c>CsCheck_Seed</c> which one first: that of a failure, for example.
/// </remarks>
internal static class Property
{
    /// <summary>Fails with the seed and a sequence from which nothing can be left out.</summary>
    /// <param name="sequences">Makes them.</param>
    /// <param name="contradictionAsync">What is wrong, and what led to it; null when nothing is.</param>
    /// <param name="rounds">How many are tried where the environment does not say it.</param>
    public static async Task HoldsAsync<T>(Gen<T[]> sequences, Func<T[], Task<string?>> contradictionAsync, int rounds)
    {
        var (failed, contradiction) = (Array.Empty<T>(), "");
        try
        {
            await sequences.SampleAsync(
                async sequence =>
                {
                    if (await contradictionAsync(sequence) is { } found)
                    {
                        // Until the rounds are over CsCheck goes on with smaller ones only.
                        (failed, contradiction) = (sequence, found);
                        return false;
                    }

                    return true;
                },
                iter: RoundsOr(rounds), threads: 1, print: _ => "");
        }
        catch (CsCheckException e)
        {
            (var few, contradiction) = await ShrinkAsync(failed, contradiction, contradictionAsync);
            Assert.Fail($"{e.Message}{few.Length} of {failed.Length} contradict:\n{contradiction}");
        }
    }

    // CsCheck draws other, smaller sequences by chance; the few parts of a long one that matter are found by leaving out the others.
    private static async Task<(T[] Few, string Contradiction)> ShrinkAsync<T>(
        T[] sequence, string contradiction, Func<T[], Task<string?>> contradictionAsync)
    {
        for (var i = sequence.Length - 1; i >= 0; i--)
        {
            T[] fewer = [.. sequence[..i], .. sequence[(i + 1)..]];
            if (await contradictionAsync(fewer) is { } found)
            {
                (sequence, contradiction) = (fewer, found);
            }
        }

        return (sequence, contradiction);
    }

    private static int RoundsOr(int usual) =>
        Environment.GetEnvironmentVariable("MONOLITH_PROPERTY_ROUNDS") is { Length: > 0 } text
            ? int.Parse(text, CultureInfo.InvariantCulture)
            : usual;
}
