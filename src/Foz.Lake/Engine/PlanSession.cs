using System.Collections.Concurrent;
using System.Globalization;
using Foz.Lake.Data;
using Foz.Lake.Engine.Functions;
using Foz.Lake.Sql;

namespace Foz.Lake.Engine;

/// <summary>
/// A session of <see cref="Workload.Binding"/> over whose empty tables statements are planned. The pool lends it, and
/// gets it back when it is disposed of, with its tables: the next statement over the same columns finds them.
/// </summary>
sealed class PlanSession(ConcurrentBag<PlanSession> idle, EngineSession session) : IDisposable
{
    /// <summary>What the names of the empty tables begin with; a number follows.</summary>
    public static readonly string TablePrefix = OwnNames.Of("bound") + "_";

    const int TablesMax = 500;

    readonly Dictionary<string, int> tables = new(StringComparer.Ordinal);

    /// <summary>The session.</summary>
    public EngineSession Session => session;

    /// <summary>Empty tables, one for each list of columns.</summary>
    /// <returns>Their numbers; no two are the same.</returns>
    public IReadOnlyList<int> TablesOf(
        IReadOnlyList<IReadOnlyList<Field>> columns, CancellationToken cancellationToken)
    {
        var numbers = new List<int>(columns.Count);
        foreach (var fields in columns)
        {
            var definition = DefinitionOf(fields);
            for (var use = 0; ; use++)
            {
                var number = TableOf(use, definition, cancellationToken);
                if (numbers.Contains(number)) continue;
                numbers.Add(number);
                break;
            }
        }
        return numbers;
    }

    /// <summary>Columns as <c>CREATE TABLE</c> has them.</summary>
    public static string DefinitionOf(IEnumerable<Field> columns) =>
        string.Join(", ", columns.Select(c => $"{SqlText.Identifier(c.Name)} {ColumnTypes.ToLogicalType(c.Type)}"));

    /// <summary>The name of the table with a number.</summary>
    public static string TableName(int number) => string.Create(CultureInfo.InvariantCulture, $"{TablePrefix}{number}");

    /// <summary>Returns the session to the idle ones, or closes it.</summary>
    public void Dispose()
    {
        if (tables.Count < TablesMax && session.IsCurrent) idle.Add(this);
        else session.Dispose();
    }

    int TableOf(int use, string definition, CancellationToken cancellationToken)
    {
        var key = string.Create(CultureInfo.InvariantCulture, $"{use} {definition}");
        if (tables.TryGetValue(key, out var known)) return known;
        var number = tables.Count;
        // One that was made when its statement was stopped is not known.
        session.Execute($"CREATE OR REPLACE TEMP TABLE {TableName(number)} ({definition})", cancellationToken);
        tables.Add(key, number);
        return number;
    }
}
