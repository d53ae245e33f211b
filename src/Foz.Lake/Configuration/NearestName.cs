namespace Foz.Lake.Configuration;

/// <summary>Finds the name that was meant when one is not known.</summary>
public static class NearestName
{
    const int NamesListedMax = 32;

    /// <summary>What users of other tools write, and what it is called here.</summary>
    static readonly Dictionary<string, string> Synonyms = new(StringComparer.OrdinalIgnoreCase)
    {
        ["tests"] = "checks",
        ["data_tests"] = "checks",
        ["custom_checks"] = "checks",
        ["materialized"] = "materialization",
        ["depends_on"] = "depends",
        ["tables"] = "streams",
        ["primary_key"] = "keys",
        ["cursor_field"] = "cursor",
        ["incremental_strategy"] = "strategy",
        ["target"] = "default_environment",
    };

    /// <summary>The candidate that is nearest to a name, whatever the case.</summary>
    /// <param name="name">The name that is not known.</param>
    /// <param name="candidates">The names that are.</param>
    /// <returns>
    /// The first in order of those with the fewest edits; null where even that takes more than a third of the name
    /// (one edit is always near).
    /// </returns>
    public static string? Find(string name, IEnumerable<string> candidates)
    {
        string? nearest = null;
        var least = Math.Max(1, name.Length / 3) + 1;
        foreach (var candidate in candidates.Order(StringComparer.Ordinal))
        {
            if (Math.Abs(candidate.Length - name.Length) >= least) continue;
            var distance = Distance(name.ToUpperInvariant(), candidate.ToUpperInvariant());
            if (distance >= least || distance >= Math.Max(name.Length, candidate.Length)) continue;
            (nearest, least) = (candidate, distance);
        }
        return nearest;
    }

    /// <summary>Returns the hint for a name that is not known.</summary>
    /// <param name="name">The name that is not known.</param>
    /// <param name="candidates">The names that are.</param>
    /// <param name="listedMax">How many names are few.</param>
    /// <returns>
    /// <c>did you mean 'x'?</c>, otherwise the names there are if they are few; null if they are many or none.
    /// </returns>
    public static string? Hint(string name, IEnumerable<string> candidates, int listedMax = NamesListedMax)
    {
        var known = candidates.Distinct(StringComparer.Ordinal).ToList();
        var nearest = Find(name, known);
        if (Synonyms.TryGetValue(name, out var synonym) && known.Contains(synonym)) nearest ??= synonym;
        return nearest is not null ? $"did you mean '{nearest}'?"
            : known.Count > 0 && known.Count <= listedMax ? $"known: {string.Join(", ", known)}"
            : null;
    }

    /// <summary>
    /// How many single edits make one text of another: a character put in, taken out or replaced, or two neighbours
    /// swapped, no part being edited twice (optimal string alignment).
    /// </summary>
    public static int Distance(ReadOnlySpan<char> from, ReadOnlySpan<char> to)
    {
        var (before, previous, current) = (new int[to.Length + 1], new int[to.Length + 1], new int[to.Length + 1]);
        for (var j = 0; j <= to.Length; j++) previous[j] = j;
        for (var i = 1; i <= from.Length; i++)
        {
            current[0] = i;
            for (var j = 1; j <= to.Length; j++)
            {
                var replaced = previous[j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1);
                current[j] = Math.Min(replaced, Math.Min(previous[j], current[j - 1]) + 1);
                if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1])
                    current[j] = Math.Min(current[j], before[j - 2] + 1);
            }
            (before, previous, current) = (previous, current, before);
        }
        return previous[to.Length];
    }
}
