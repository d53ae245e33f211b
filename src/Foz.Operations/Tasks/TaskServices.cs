namespace Foz.Operations.Tasks;

/// <summary>What tasks need that a host gives them.</summary>
public sealed record TaskServices
{
    /// <summary>Gets what runs statements of SQL.</summary>
    public required Func<TaskQuery, CancellationToken, Task<TaskRows>> Query { get; init; }

    /// <summary>Gets whether this host leads still, as the lake has it.</summary>
    public required Func<CancellationToken, ValueTask<bool>> Leads { get; init; }

    /// <summary>Gets what is called when a firing ended.</summary>
    public Action FiringEnded { get; init; } = static () => { };

    /// <summary>Gets what takes secrets out of texts.</summary>
    public Func<string, string> Mask { get; init; } = static text => text;
}

/// <summary>A statement of SQL that a task runs.</summary>
/// <param name="Statement">The statement, with numbered parameters.</param>
/// <param name="Parameters">Their values.</param>
/// <param name="User">The user whose rights count; null for the owner.</param>
public sealed record TaskQuery(string Statement, IReadOnlyList<string> Parameters, string? User);

/// <summary>What a statement gave.</summary>
/// <param name="Columns">The names of the columns; empty of a statement without rows.</param>
/// <param name="First">The first row, as texts; null where there is none.</param>
/// <param name="HasMore">Whether there is a second row.</param>
/// <param name="Tag">What PostgreSQL says at the end, such as <c>INSERT 0 5</c>.</param>
public sealed record TaskRows(
    IReadOnlyList<string> Columns, IReadOnlyList<string?>? First, bool HasMore, string Tag);
