namespace Foz.Lake.Configuration;

/// <summary>
/// The errors in the texts of a project, all of them and not only the first. Several threads may add to it.
/// </summary>
public sealed class ErrorList
{
    const int ErrorsShownMax = 50;

    readonly List<FozException> errors = [];

    // Most lists stay empty, and there is one for each of many files.
    HashSet<(Place?, string)>? known;

    /// <summary>What was found, by file and line; errors without a place come first.</summary>
    public IReadOnlyList<FozException> Items =>
        [.. errors.OrderBy(e => e.Place?.File, StringComparer.Ordinal)
            .ThenBy(e => e.Place?.Line ?? 0).ThenBy(e => e.Place?.Column ?? 0)];

    /// <summary>How many were found.</summary>
    public int Count => errors.Count;

    /// <summary>Whether nothing was found.</summary>
    public bool IsEmpty => errors.Count == 0;

    /// <summary>Notes an error; one that is noted already, of the same place and words, is not noted again.</summary>
    public void Add(FozException error)
    {
        lock (errors)
        {
            if ((known ??= []).Add((error.Place, error.Message))) errors.Add(error);
        }
    }

    /// <summary>Notes a mistake in a file of the project.</summary>
    /// <param name="place">Where it is.</param>
    /// <param name="message">What is wrong, in one sentence without a full stop.</param>
    /// <param name="hint">What to do about it, if that is known.</param>
    public void Add(Place place, string message, string? hint = null) =>
        Add(new FozException(ErrorKind.Configuration, message) { Place = place, Hint = hint });

    /// <summary>Throws the errors found, as one error.</summary>
    /// <exception cref="FozException">
    /// The only error, or one that lists all of them; none is thrown if there is none.
    /// </exception>
    public void ThrowIfAny()
    {
        if (errors.Count > 0) throw Combine(Items);
    }

    /// <summary>Returns one error that lists several.</summary>
    /// <param name="errors">At least one.</param>
    public static FozException Combine(IReadOnlyList<FozException> errors)
    {
        if (errors is [var only]) return only;
        var shown = errors.Take(ErrorsShownMax).Select(e => e.Describe());
        var rest = errors.Count > ErrorsShownMax ? $"\n… and {errors.Count - ErrorsShownMax} more" : "";
        var kind = errors.Any(e => e.Kind is ErrorKind.Configuration) ? ErrorKind.Configuration : errors[0].Kind;
        return new FozException(kind, $"{errors.Count} errors\n{string.Join('\n', shown)}{rest}");
    }
}
