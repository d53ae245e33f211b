using System.Text;
using Foz.Delta.Schema;
using Foz.Lake.Sql;

namespace Foz.Lake.Tables.Expressions;

/// <summary>Spark's functions of dates and timestamps; the session's time zone is UTC.</summary>
static class SparkTimeFunctions
{
    public static IReadOnlyList<SparkFunction> All { get; } =
    [
        Part("year", "year"), Part("quarter", "quarter"), Part("month", "month"), Part("day,dayofmonth", "day"),
        Part("hour", "hour"), Part("minute", "minute"), Part("second", "second"), Part("dayofyear", "dayofyear"),
        Part("weekofyear,week", "weekofyear"),
        // Spark counts from Sunday = 1, or from Monday = 0.
        SparkFunction.One("dayofweek", value => new($"(dayofweek({Time(value)}) + 1)", DeltaType.Integer)),
        SparkFunction.One("weekday", value => new($"(isodow({Time(value)}) - 1)", DeltaType.Integer)),
        SparkFunction.One("last_day", value => new($"last_day({Date(value)})", DeltaType.Date)),
        SparkFunction.One("date,to_date", value => SparkValues.Cast(value, DeltaType.Date)),
        SparkFunction.One("timestamp,to_timestamp", value => SparkValues.Cast(value, DeltaType.Timestamp)),
        SparkFunction.One("unix_timestamp,to_unix_timestamp", value => new(
            $"CAST(floor(epoch({SparkValues.Cast(value, DeltaType.Timestamp).Sql})) AS BIGINT)", DeltaType.Long)),
        SparkFunction.One("timestamp_seconds", value => new($"to_timestamp({value.Sql})", DeltaType.Timestamp)),
        SparkFunction.One("timestamp_millis", value => new($"to_timestamp(({value.Sql}) / 1000)", DeltaType.Timestamp)),
        SparkFunction.One(
            "unix_date", value => new($"date_diff('day', DATE '1970-01-01', {Date(value)})", DeltaType.Integer)),
        SparkFunction.One(
            "date_from_unix_date", value => new($"(DATE '1970-01-01' + CAST({value.Sql} AS INTEGER))", DeltaType.Date)),
        SparkFunction.Two(
            "date_add,dateadd", (value, days) => new($"({Date(value)} + CAST({days.Sql} AS INTEGER))", DeltaType.Date)),
        SparkFunction.Two(
            "date_sub", (value, days) => new($"({Date(value)} - CAST({days.Sql} AS INTEGER))", DeltaType.Date)),
        SparkFunction.Two("add_months", (value, months) => new(
            $"CAST({Date(value)} + to_months(CAST({months.Sql} AS INTEGER)) AS DATE)", DeltaType.Date)),
        SparkFunction.Two("datediff,date_diff", (end, start) => new(
            $"CAST(date_diff('day', {Date(start)}, {Date(end)}) AS INTEGER)", DeltaType.Integer)),
        SparkFunction.Two("date_trunc", (unit, value) => Unit(unit) is { } name
            ? new SqlValue(
                $"date_trunc('{name}', {SparkValues.Cast(value, DeltaType.Timestamp).Sql})", DeltaType.Timestamp)
            : null),
        SparkFunction.Two("trunc", (value, unit) => Unit(unit) is "year" or "quarter" or "month" or "week"
            ? new SqlValue($"CAST(date_trunc('{Unit(unit)}', {Date(value)}) AS DATE)", DeltaType.Date)
            : null),
        SparkFunction.Two("date_format", (value, pattern) => Pattern(pattern) is { } format
            ? new SqlValue($"strftime({Time(value)}, {SqlText.Literal(format)})", DeltaType.String)
            : null),
        SparkFunction.Same("make_date", "make_date", 3, DeltaType.Date),
        new(["current_date", "curdate"], 0, 0, _ => new("current_date", DeltaType.Date)) { IsVolatile = true },
        new(["current_timestamp", "now"], 0, 0, _ => new("now()", DeltaType.Timestamp)) { IsVolatile = true },
    ];

    static SparkFunction Part(string names, string function) => SparkFunction.One(
        names, value => new($"CAST({function}({Time(value)}) AS INTEGER)", DeltaType.Integer));

    static string Date(SqlValue value) => SparkValues.Cast(value, DeltaType.Date).Sql;

    // A text is read as a timestamp.
    static string Time(SqlValue value) =>
        value.Type == DeltaType.String ? SparkValues.Cast(value, DeltaType.Timestamp).Sql : value.Sql;

    static string? Unit(SqlValue unit) => unit.Sql.Trim('\'').ToUpperInvariant() switch
    {
        "YEAR" or "YYYY" or "YY" => "year",
        "QUARTER" => "quarter",
        "MONTH" or "MON" or "MM" => "month",
        "WEEK" => "week",
        "DAY" or "DD" => "day",
        "HOUR" => "hour",
        "MINUTE" => "minute",
        "SECOND" => "second",
        _ => null,
    };

    /// <summary>Java's pattern as DuckDB's format; null where a part of it has no equal.</summary>
    static string? Pattern(SqlValue pattern)
    {
        if (pattern.Type != DeltaType.String || pattern.Sql is not ['\'', .. var quoted, '\'']) return null;
        var java = quoted.Replace("''", "'", StringComparison.Ordinal);
        var format = new StringBuilder();
        for (var i = 0; i < java.Length;)
        {
            var end = i + 1;
            if (java[i] == '\'')
            {
                end = java.IndexOf('\'', i + 1) + 1;
                if (end == 0) return null;
                format.Append(java[(i + 1)..(end - 1)].Replace("%", "%%", StringComparison.Ordinal));
            }
            else if (char.IsAsciiLetter(java[i]))
            {
                while (end < java.Length && java[end] == java[i]) end++;
                if (Letters(java[i..end]) is not { } letters) return null;
                format.Append(letters);
            }
            else
            {
                format.Append(java[i] == '%' ? "%%" : java[i]);
            }
            i = end;
        }
        return format.ToString();
    }

    static string? Letters(string letters) => letters switch
    {
        "yyyy" or "y" => "%Y",
        "yy" => "%y",
        "MMMM" => "%B",
        "MMM" => "%b",
        "MM" => "%m",
        "M" => "%-m",
        "dd" => "%d",
        "d" => "%-d",
        "DDD" => "%j",
        "HH" => "%H",
        "H" => "%-H",
        "hh" => "%I",
        "mm" => "%M",
        "ss" => "%S",
        "SSS" => "%g",
        "SSSSSS" => "%f",
        "a" => "%p",
        "EEEE" => "%A",
        "E" or "EEE" => "%a",
        _ => null,
    };
}
