using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Foz.Lake;
using Foz.Lake.Engine;
using Foz.Lake.Sql;
using Foz.Pipelines.Intervals;
using Foz.Pipelines.Projects;

namespace Foz.Pipelines.Materializations;

/// <summary>A model's SELECT for one interval.</summary>
/// <param name="model">The model.</param>
/// <param name="strategy">What it says of its intervals.</param>
/// <param name="interval">The interval.</param>
sealed partial class IntervalSql(Model model, IncrementalStrategy.Microbatch strategy, Interval interval)
{
    const string Dates = "DATE";
    const string Timestamps = "TIMESTAMP";
    const string Instants = "TIMESTAMP WITH TIME ZONE";

    string Column => SqlText.Identifier(strategy.EventTime);

    /// <summary>That of a batch; null where the model, or the batch, has no interval.</summary>
    public static IntervalSql? Of(Model model, Interval? interval) =>
        model.Materialization.Strategy is IncrementalStrategy.Microbatch strategy && interval is { } batch
            ? new(model, strategy, batch)
            : null;

    /// <summary>
    /// The columns of what <see cref="Filter"/> gives; null where two have one name, of which the engine renames one.
    /// </summary>
    /// <param name="columns">The columns of the SELECT.</param>
    public static IReadOnlyList<EngineColumn>? ColumnsOf(IReadOnlyList<EngineColumn> columns) =>
        columns.DistinctBy(column => column.Name, StringComparer.OrdinalIgnoreCase).Count() == columns.Count
            ? columns
            : null;

    /// <summary>The SELECT with <c>batch_start()</c> and <c>batch_end()</c> filled in.</summary>
    public string Fill() => BatchFunction.Replace(model.Sql, match =>
        !match.Groups["bound"].Success ? match.Value
        : Literal(Timestamps, match.Groups["bound"].Length == "end".Length ? interval.End : interval.Start));

    /// <summary>The rows of a SELECT that are of an interval.</summary>
    /// <param name="select">The SELECT.</param>
    /// <param name="columns">Its columns.</param>
    /// <exception cref="FozException">The column of the event's time is missing, or is no time.</exception>
    public string Filter(string select, IReadOnlyList<EngineColumn> columns) =>
        $"SELECT * FROM ({select}\n) AS foz_interval WHERE {Condition(columns)}";

    /// <summary>The condition of the rows of an interval.</summary>
    /// <param name="columns">The columns of the rows.</param>
    /// <exception cref="FozException">The column of the event's time is missing, or is no time.</exception>
    public string Condition(IReadOnlyList<EngineColumn> columns)
    {
        var column =
            columns.FirstOrDefault(c => string.Equals(c.Name, strategy.EventTime, StringComparison.OrdinalIgnoreCase))
                ?? throw Wrong(
                    $"{model.Name} has no column '{strategy.EventTime}', which its event_time names",
                    Foz.Lake.Configuration.NearestName.Hint(strategy.EventTime, columns.Select(c => c.Name)));
        return Condition(column.TypeName);
    }

    /// <summary>The condition of the rows of an interval.</summary>
    /// <param name="type">The type of the event's time, as SQL writes it.</param>
    /// <exception cref="FozException">The type is no time, or holds whole days only and the interval less.</exception>
    public string Condition(string type)
    {
        if (type is not (Dates or Timestamps or Instants))
            throw Wrong(
                $"'event_time' of {model.Name} is the column '{strategy.EventTime}', which is no date or timestamp",
                $"cast it in the SELECT: CAST({strategy.EventTime} AS TIMESTAMP) AS {strategy.EventTime}");
        if (type is Dates && strategy.BatchSize is BatchSize.Hour)
            throw Wrong(
                $"'event_time' of {model.Name} is the date '{strategy.EventTime}', and its batch_size an hour",
                "take batch_size: day, or a timestamp for event_time");
        return $"{Column} >= {Literal(type, interval.Start)} AND {Column} < {Literal(type, interval.End)}";
    }

    static string Literal(string type, DateTimeOffset instant)
    {
        var builder = new StringBuilder(type switch
        {
            Dates => "DATE '",
            Instants => "TIMESTAMPTZ '",
            _ => "TIMESTAMP '",
        });
        builder.Append(instant.UtcDateTime.ToString(
            type is Dates ? "yyyy-MM-dd" : "yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture));
        return builder.Append(type is Instants ? "+00'" : "'").ToString();
    }

    FozException Wrong(string message, string? hint) =>
        new(ErrorKind.Data, message) { Place = model.Place, Hint = hint };

    /// <summary>The functions that return an interval's bounds; not inside texts, names or comments.</summary>
    [GeneratedRegex(
        @"('([^']|'')*'|""([^""]|"""")*""|--[^\n]*|/\*.*?\*/)|\bbatch_(?<bound>start|end)\s*\(\s*\)",
        RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture | RegexOptions.Singleline)]
    private static partial Regex BatchFunction { get; }
}
