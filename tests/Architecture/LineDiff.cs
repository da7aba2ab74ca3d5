using System.Text;

namespace Monolith.Architecture.Tests;

/// <summary>Says which lines went and which came, with the lines between them left out.</summary>
internal static class LineDiff
{
    /// <summary>One line for each difference: <c>- 12: gone</c> with the old number, <c>+ 12: new</c> with the new one.</summary>
    public static string Between(string[] then, string[] now)
    {
        var common = CommonLengths(then, now);
        var text = new StringBuilder();
        var (i, j) = (0, 0);
        while (i < then.Length || j < now.Length)
        {
            if (i < then.Length && j < now.Length && then[i] == now[j])
            {
                (i, j) = (i + 1, j + 1);
            }
            else if (j == now.Length || (i < then.Length && common[i + 1, j] >= common[i, j + 1]))
            {
                text.Append($"- {i + 1}: {then[i++]}\n");
            }
            else
            {
                text.Append($"+ {j + 1}: {now[j++]}\n");
            }
        }

        return text.ToString().TrimEnd('\n');
    }

    // [i, j] is the length of the longest common subsequence of what follows line i and line j.
    private static int[,] CommonLengths(string[] then, string[] now)
    {
        var lengths = new int[then.Length + 1, now.Length + 1];
        for (var i = then.Length - 1; i >= 0; i--)
        {
            for (var j = now.Length - 1; j >= 0; j--)
            {
                lengths[i, j] = then[i] == now[j]
                    ? lengths[i + 1, j + 1] + 1
                    : Math.Max(lengths[i + 1, j], lengths[i, j + 1]);
            }
        }

        return lengths;
    }
}
