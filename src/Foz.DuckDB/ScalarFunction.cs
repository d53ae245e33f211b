namespace Foz.DuckDB;

/// <summary>
/// Computes a vector of results, one per row of the arguments; called by many threads at once. The chunk and the vector
/// are valid during the call only. Whatever it throws fails the statement.
/// </summary>
/// <param name="arguments">The arguments: a column each.</param>
/// <param name="result">The results, to be set for each row.</param>
public delegate void ScalarFunctionBody(DataChunk arguments, VectorWriter result);

/// <summary>A function of SQL, written in C#, that gives one value per row.</summary>
public sealed record ScalarFunction
{
    /// <summary>The name.</summary>
    public required string Name { get; init; }

    /// <summary>The types of the arguments.</summary>
    public IReadOnlyList<LogicalType> Parameters { get; init; } = [];

    /// <summary>The type of any number of further arguments; null for none.</summary>
    public LogicalType? VariableParameters { get; init; }

    /// <summary>The type of the result.</summary>
    public required LogicalType ReturnType { get; init; }

    /// <summary>Whether it must be called for every row: it is never folded to a constant nor shared.</summary>
    public bool IsVolatile { get; init; }

    /// <summary>Whether it is called for NULL arguments too; otherwise the result of such a row is NULL.</summary>
    public bool TakesNulls { get; init; }

    /// <summary>
    /// Whether a call may take long: between rows it asks <see cref="DataChunk.ThrowIfInterrupted"/> of its arguments.
    /// </summary>
    public bool IsInterruptible { get; init; }

    /// <summary>
    /// The bytes of texts that one call may set for all its rows, read at the call; null for any number.
    /// </summary>
    public Func<long>? TextBytesMax { get; init; }

    /// <summary>
    /// Makes the exception of a call that sets more than <see cref="TextBytesMax"/>, which it is given.
    /// </summary>
    public Func<long, Exception>? TooManyTextBytes { get; init; }

    /// <summary>What it does.</summary>
    public required ScalarFunctionBody Body { get; init; }
}
