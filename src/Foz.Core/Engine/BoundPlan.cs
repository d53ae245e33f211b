using System.Globalization;
using System.Text.Json;
using Foz.Core.Data;

namespace Foz.Core.Engine;

/// <summary>What a statement needs of one of its tables.</summary>
/// <param name="Span">Where the table's name, or the call of a table function, stands in the statement.</param>
/// <param name="IsRead">
/// Whether the plan reads it; if not, the statement's result does not depend on its rows.
/// </param>
/// <param name="Columns">
/// The columns that are read, in the table's order; fields of structs count as their column.
/// </param>
/// <param name="Filter">What the rows needed fulfil; null if nothing is known.</param>
public sealed record BoundTable(SqlSpan Span, bool IsRead, IReadOnlyList<string> Columns, FilterExpression? Filter);

/// <summary>A statement bound over empty tables: what it gives, and what it needs of each table.</summary>
/// <param name="Columns">The columns of its result.</param>
/// <param name="Tables">The tables that were given columns, in the order of the text.</param>
public sealed record BoundPlan(IReadOnlyList<EngineColumn> Columns, IReadOnlyList<BoundTable> Tables)
{
    const string TablePrefix = "foz_bound_";

    /// <summary>Binds a statement, and reads columns and filters from its optimized plan.</summary>
    /// <param name="session">
    /// A session of <see cref="Workload.Binding"/>, to be disposed afterwards: it is left with temporary tables.
    /// </param>
    /// <param name="analysis">The statement.</param>
    /// <param name="table">
    /// The columns of a table; null leaves the name to DuckDB, which knows none of the lake's.
    /// </param>
    /// <param name="function">The same for calls of table functions; null leaves them all to DuckDB.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">
    /// The statement does not bind: of kind <see cref="ErrorKind.Sql"/>, with its <see cref="FozException.Place"/> in
    /// the statement where DuckDB knows it.
    /// </exception>
    public static BoundPlan Read(
        EngineSession session, SqlAnalysis analysis, Func<TableReference, IReadOnlyList<Field>?> table,
        Func<TableFunctionCall, IReadOnlyList<Field>?>? function, CancellationToken cancellationToken)
    {
        List<(SqlSpan Span, IReadOnlyList<Field> Columns)> tables = [];
        var rewritten = analysis.Rewrite(
            reference => Create(reference.Span, table(reference)),
            call => Create(call.Span, function?.Invoke(call)));
        try
        {
            return Read(session, rewritten.Text, tables, cancellationToken);
        }
        catch (FozException e) when (e.Place is { File: EngineSession.SqlPlace } place)
        {
            var position = EngineErrors.PositionOf(rewritten.Text, place);
            throw new FozException(e.Kind, e.Message, e)
            {
                Place = EngineErrors.PlaceAt(analysis.Sql, rewritten.ToOriginal(position)), Hint = e.Hint,
            };
        }

        string? Create(SqlSpan span, IReadOnlyList<Field>? columns)
        {
            if (columns is null) return null;
            var name = string.Create(CultureInfo.InvariantCulture, $"{TablePrefix}{tables.Count}");
            var definitions = columns.Select(c => $"{SqlText.Identifier(c.Name)} {ColumnTypes.ToLogicalType(c.Type)}");
            session.Execute($"CREATE TEMP TABLE {name} ({string.Join(", ", definitions)})", cancellationToken);
            tables.Add((span, columns));
            return name;
        }
    }

    static BoundPlan Read(
        EngineSession session, string sql, List<(SqlSpan Span, IReadOnlyList<Field> Columns)> tables,
        CancellationToken cancellationToken)
    {
        var columns = session.Describe(sql, cancellationToken);
        if (tables.Count == 0) return new(columns, []);
        var json = session.QueryScalar<string>(
            "SELECT json_serialize_plan($1::VARCHAR, optimize := true)::VARCHAR", cancellationToken, sql);
        // DuckDB writes these as no JSON has them; an unescaped quote cannot stand inside of a text.
        json = json.Replace("\"value\":NaN", "\"value\":null").Replace("\"value\":Infinity", "\"value\":null")
            .Replace("\"value\":-Infinity", "\"value\":null");
        using var document = JsonDocument.Parse(json, new() { MaxDepth = SqlTreeReader.DepthMax });
        // A plan that cannot be written as JSON tells nothing: everything is read.
        if (document.RootElement.GetProperty("error").GetBoolean())
            return new(
                columns,
                [.. tables.Select(t => new BoundTable(t.Span, true, [.. t.Columns.Select(c => c.Name)], null))]);
        var plan = new PlanReader(TablePrefix);
        plan.Read(document.RootElement.GetProperty("plans"));
        return new(columns, [.. tables.Select((t, i) => plan.TableOf(t.Span, i)).OrderBy(t => t.Span.Start)]);
    }
}
