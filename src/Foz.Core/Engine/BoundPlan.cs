using System.Text.Json;
using Foz.Core.Data;

namespace Foz.Core.Engine;

/// <summary>What a statement's plan asks of the rows of its tables, found by binding it over empty ones.</summary>
public static class BoundPlan
{
    /// <summary>Binds a statement, and reads filters from its optimized plan.</summary>
    /// <param name="session">A session of the pool in whose instance for binding the statement is planned.</param>
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
        List<(SqlSpan Span, IReadOnlyList<Field> Columns)> known = [];
        foreach (var reference in analysis.Tables)
            if (table(reference) is { } columns) known.Add((reference.Span, columns));
        foreach (var call in analysis.TableFunctions)
            if (function?.Invoke(call) is { } columns) known.Add((call.Span, columns));
        using var planner = session.BorrowPlanner();
        var numbers = planner.TablesOf([.. known.Select(t => t.Columns)], cancellationToken);
        var names = known.Zip(numbers, (t, number) => (t.Span, Name: PlanSession.TableName(number)))
            .ToDictionary(t => t.Span, t => t.Name);
        var rewritten = analysis.Rewrite(
            reference => names.GetValueOrDefault(reference.Span), call => names.GetValueOrDefault(call.Span));
        using var plan = Serialize(planner.Session, rewritten.Text, cancellationToken);
        if (plan.RootElement.GetProperty("error").GetBoolean())
        {
            CheckBinding(planner.Session, analysis, rewritten, cancellationToken);
            // It binds, but its plan cannot be written as JSON and tells nothing.
            return new Dictionary<SqlSpan, FilterExpression>();
        }
        var reader = new PlanReader(PlanSession.TablePrefix);
        reader.Read(plan.RootElement.GetProperty("plans"));
        return known.Zip(numbers, (table, number) => (table.Span, Filter: reader.FilterOf(number)))
            .Where(table => table.Filter is not null)
            .ToDictionary(table => table.Span, table => table.Filter!);
    }

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
}
