using System.Globalization;
using System.Text.Json;
using Foz.Core.Data;

namespace Foz.Core.Engine;

/// <summary>What a statement's plan asks of the rows of its tables, found by binding it over empty ones.</summary>
public static class BoundPlan
{
    const string TablePrefix = "foz_bound_";

    /// <summary>Binds a statement, and reads filters from its optimized plan.</summary>
    /// <param name="session">
    /// A session of <see cref="Workload.Binding"/>, to be disposed afterwards: it is left with temporary tables.
    /// </param>
    /// <param name="analysis">The statement.</param>
    /// <param name="table">
    /// The columns of a table; null leaves the name to DuckDB, which knows none of the lake's.
    /// </param>
    /// <param name="function">The same for calls of table functions; null leaves them all to DuckDB.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>
    /// What the rows needed of a table fulfil, by where its name, or the call of a table function, stands in the
    /// statement; nothing for a table of which nothing is known.
    /// </returns>
    /// <exception cref="FozException">
    /// The statement does not bind: of kind <see cref="ErrorKind.Sql"/>, with its <see cref="FozException.Place"/> in
    /// the statement where DuckDB knows it.
    /// </exception>
    public static IReadOnlyDictionary<SqlSpan, FilterExpression> ReadFilters(
        EngineSession session, SqlAnalysis analysis, Func<TableReference, IReadOnlyList<Field>?> table,
        Func<TableFunctionCall, IReadOnlyList<Field>?>? function, CancellationToken cancellationToken)
    {
        List<(SqlSpan Span, IReadOnlyList<Field> Columns)> tables = [];
        var rewritten = analysis.Rewrite(
            reference => Name(reference.Span, table(reference)),
            call => Name(call.Span, function?.Invoke(call)));
        if (tables.Count > 0) session.Execute(Definitions(tables), cancellationToken);
        using var plan = Serialize(session, rewritten.Text, cancellationToken);
        if (plan.RootElement.GetProperty("error").GetBoolean())
        {
            CheckBinding(session, analysis, rewritten, cancellationToken);
            // It binds, but its plan cannot be written as JSON and tells nothing.
            return new Dictionary<SqlSpan, FilterExpression>();
        }
        var reader = new PlanReader(TablePrefix);
        reader.Read(plan.RootElement.GetProperty("plans"));
        return Enumerable.Range(0, tables.Count)
            .Select(number => (tables[number].Span, Filter: reader.FilterOf(number)))
            .Where(table => table.Filter is not null)
            .ToDictionary(table => table.Span, table => table.Filter!);

        string? Name(SqlSpan span, IReadOnlyList<Field>? columns)
        {
            if (columns is null) return null;
            tables.Add((span, columns));
            return TableName(tables.Count - 1);
        }
    }

    static string Definitions(List<(SqlSpan Span, IReadOnlyList<Field> Columns)> tables) => string.Join(
        "; ",
        tables.Select((table, number) =>
        {
            var columns = table.Columns.Select(c => $"{SqlText.Identifier(c.Name)} {ColumnTypes.ToLogicalType(c.Type)}");
            return $"CREATE TEMP TABLE {TableName(number)} ({string.Join(", ", columns)})";
        }));

    static JsonDocument Serialize(EngineSession session, string sql, CancellationToken cancellationToken)
    {
        var json = session.QueryScalar<string>(
            "SELECT json_serialize_plan($1::VARCHAR, optimize := true)::VARCHAR", cancellationToken, sql);
        // DuckDB writes these as no JSON has them; an unescaped quote cannot stand inside of a text.
        json = json.Replace("\"value\":NaN", "\"value\":null").Replace("\"value\":Infinity", "\"value\":null")
            .Replace("\"value\":-Infinity", "\"value\":null");
        return JsonDocument.Parse(json, new() { MaxDepth = SqlTreeReader.DepthMax });
    }

    static void CheckBinding(
        EngineSession session, SqlAnalysis analysis, RewrittenSql rewritten, CancellationToken cancellationToken)
    {
        try
        {
            _ = session.Describe(rewritten.Text, cancellationToken);
        }
        catch (FozException e) when (e.Place is { File: EngineSession.SqlPlace } place)
        {
            var position = EngineErrors.PositionOf(rewritten.Text, place);
            throw new FozException(e.Kind, e.Message, e)
            {
                Place = EngineErrors.PlaceAt(analysis.Sql, rewritten.ToOriginal(position)), Hint = e.Hint,
            };
        }
    }

    static string TableName(int number) => string.Create(CultureInfo.InvariantCulture, $"{TablePrefix}{number}");
}
