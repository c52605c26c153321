namespace Mill.Core.Model;

/// <summary>What somebody may have meant to type.</summary>
public static class Typos
{
    private const int MostEdits = 2;

    /// <summary>The nearest candidate, or null where none is near.</summary>
    public static string? Closest(string typed, IEnumerable<string> candidates)
    {
        string? closest = null;
        var fewest = Math.Min(MostEdits, (typed.Length - 1) / 2) + 1;
        foreach (var candidate in candidates)
        {
            // What differs in length by more differs by more.
            var edits = IsBeginning(typed, candidate) ? 0 : Math.Abs(typed.Length - candidate.Length) >= fewest ? fewest : Edits(typed, candidate);
            if (edits < fewest) (closest, fewest) = (candidate, edits);
        }
        return closest;
    }

    private static bool IsBeginning(string typed, string candidate) => typed.Length > 3 && candidate.StartsWith(typed, StringComparison.Ordinal);

    /// <summary>Insertions, deletions, substitutions and swaps of neighbours (optimal string alignment).</summary>
    private static int Edits(string from, string to)
    {
        var distance = new int[from.Length + 1, to.Length + 1];
        for (var i = 0; i <= from.Length; i++) distance[i, 0] = i;
        for (var j = 0; j <= to.Length; j++) distance[0, j] = j;
        for (var i = 1; i <= from.Length; i++)
        {
            for (var j = 1; j <= to.Length; j++)
            {
                var substitution = distance[i - 1, j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1);
                distance[i, j] = Math.Min(substitution, 1 + Math.Min(distance[i - 1, j], distance[i, j - 1]));
                if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1]) distance[i, j] = Math.Min(distance[i, j], distance[i - 2, j - 2] + 1);
            }
        }
        return distance[from.Length, to.Length];
    }
}
