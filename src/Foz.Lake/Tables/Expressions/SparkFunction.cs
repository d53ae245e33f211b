using Foz.Delta.Schema;

namespace Foz.Lake.Tables.Expressions;

/// <summary>A function of Spark SQL.</summary>
/// <param name="Names">Its names, in small letters.</param>
/// <param name="ArgumentsMin">How many arguments it takes at least.</param>
/// <param name="ArgumentsMax">How many arguments it takes at most.</param>
/// <param name="Write">The call in DuckDB's SQL; null where the arguments are not of a supported kind.</param>
sealed record SparkFunction(
    string[] Names, int ArgumentsMin, int ArgumentsMax, Func<IReadOnlyList<SqlValue>, SqlValue?> Write)
{
    /// <summary>Whether it gives another value each time.</summary>
    public bool IsVolatile { get; init; }

    /// <summary>How many arguments it takes, for people.</summary>
    public string Counts => ArgumentsMin == ArgumentsMax ? $"{ArgumentsMin}"
        : ArgumentsMax == int.MaxValue ? $"{ArgumentsMin} or more"
        : $"{ArgumentsMin} to {ArgumentsMax}";

    /// <summary>A function that DuckDB has alike, perhaps by another name.</summary>
    /// <param name="names">Spark's names, with commas between.</param>
    /// <param name="call">DuckDB's name.</param>
    /// <param name="arguments">How many arguments it takes.</param>
    /// <param name="type">The type of the result; null for that of the first argument.</param>
    public static SparkFunction Same(string names, string call, int arguments, DeltaType? type) => new(
        names.Split(','), arguments, arguments,
        values => new($"{call}({string.Join(", ", values.Select(v => v.Sql))})", type ?? values[0].Type));

    /// <summary>A function of one argument.</summary>
    public static SparkFunction One(string names, Func<SqlValue, SqlValue?> write) =>
        new(names.Split(','), 1, 1, values => write(values[0]));

    /// <summary>A function of two arguments.</summary>
    public static SparkFunction Two(string names, Func<SqlValue, SqlValue, SqlValue?> write) =>
        new(names.Split(','), 2, 2, values => write(values[0], values[1]));
}
