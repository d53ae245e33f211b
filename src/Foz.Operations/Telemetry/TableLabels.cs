using System.Collections.Concurrent;

namespace Foz.Operations.Telemetry;

/// <summary>
/// The names of tables as metrics carry them: the first tables by their names, all later ones together, so that a
/// project of thousands of tables does not make thousands of time series. Safe for use by many threads.
/// </summary>
/// <param name="countMax">How many tables get series of their own.</param>
public sealed class TableLabels(int countMax)
{
    /// <summary>What the tables after the first ones are called together.</summary>
    public const string Other = "other";

    readonly ConcurrentDictionary<string, string> labels = new(StringComparer.Ordinal);
    int count;

    /// <summary>Returns the label of a table.</summary>
    public string Of(string table)
    {
        if (labels.TryGetValue(table, out var label)) return label;
        return Volatile.Read(ref count) < countMax && Interlocked.Increment(ref count) <= countMax
            ? labels.GetOrAdd(table, table)
            : Other;
    }
}
