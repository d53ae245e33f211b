namespace Foz.Pipelines.Projects;

/// <summary>How a step ended, for what is run behind all steps.</summary>
/// <param name="Table">The name of its table in the lake.</param>
/// <param name="Status"><c>success</c>, <c>error</c> or <c>skipped</c>.</param>
/// <param name="Message">What there is to say; null for nothing.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="Rows">How many rows it wrote; null where that is not known.</param>
public sealed record EndedStep(
    Foz.Lake.Data.TableName Table, string Status, string? Message, double Seconds, long? Rows);

/// <summary>SQL statements that are run before all steps of a run, and behind them.</summary>
/// <param name="Before">Those before them, in order; each may be several statements.</param>
/// <param name="After">Gives those behind them, from how the steps ended.</param>
public sealed record RunHooks(
    IReadOnlyList<ModelTemplate> Before, Func<IReadOnlyList<EndedStep>, IReadOnlyList<ModelTemplate>> After)
{
    /// <summary>None.</summary>
    public static RunHooks None { get; } = new([], static _ => []);
}

/// <summary>SQL statements that are run before something, and behind it.</summary>
/// <param name="Before">Those before it, in order; each may be several statements.</param>
/// <param name="After">Those behind it.</param>
public sealed record ModelHooks(IReadOnlyList<ModelTemplate> Before, IReadOnlyList<ModelTemplate> After)
{
    /// <summary>None.</summary>
    public static ModelHooks None { get; } = new([], []);

    /// <summary>Whether there are any.</summary>
    public bool IsAny => Before.Count + After.Count > 0;

    /// <summary>Whether there are none.</summary>
    public bool IsEmpty => Before.Count == 0 && After.Count == 0;
}
