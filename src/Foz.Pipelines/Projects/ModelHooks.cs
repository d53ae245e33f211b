namespace Foz.Pipelines.Projects;

/// <summary>How a step ended, for hooks that run after all steps.</summary>
/// <param name="Table">The name of its table in the lake.</param>
/// <param name="Status"><c>success</c>, <c>error</c> or <c>skipped</c>.</param>
/// <param name="Message">The message; null for none.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="Rows">How many rows it wrote; null if unknown.</param>
public sealed record EndedStep(
    Foz.Lake.Data.TableName Table, string Status, string? Message, double Seconds, long? Rows);

/// <summary>SQL statements that run before and after all steps of a run.</summary>
/// <param name="Before">Those that run before, in order; each may be several statements.</param>
/// <param name="After">Returns those that run after, given how the steps ended.</param>
public sealed record RunHooks(
    IReadOnlyList<ModelTemplate> Before, Func<IReadOnlyList<EndedStep>, IReadOnlyList<ModelTemplate>> After)
{
    /// <summary>None.</summary>
    public static RunHooks None { get; } = new([], static _ => []);
}

/// <summary>SQL statements that run before and after something.</summary>
/// <param name="Before">Those that run before, in order; each may be several statements.</param>
/// <param name="After">Those that run after.</param>
public sealed record ModelHooks(IReadOnlyList<ModelTemplate> Before, IReadOnlyList<ModelTemplate> After)
{
    /// <summary>None.</summary>
    public static ModelHooks None { get; } = new([], []);

    /// <summary>Whether there are any.</summary>
    public bool IsAny => Before.Count + After.Count > 0;

    /// <summary>Whether there are none.</summary>
    public bool IsEmpty => Before.Count == 0 && After.Count == 0;
}
