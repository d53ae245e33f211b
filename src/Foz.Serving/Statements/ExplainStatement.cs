using System.Text.RegularExpressions;
using Foz.DuckDB;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Engine;
using Foz.Lake.Sql;
using Foz.Lake.Statements;
using Foz.Serving.PostgreSql.Types;
using Foz.Serving.Results;
using Foz.Serving.Sessions;
using Foz.Serving.Sql;

namespace Foz.Serving.Statements;

/// <summary>
/// A query of which the client wants to know how it would be run: over empty tables, so that it tells nothing of files
/// and rows, and without the conditions and masks of grants.
/// </summary>
sealed partial class ExplainStatement : ServedStatement
{
    static readonly IReadOnlyList<ServedColumn> columns = [new("QUERY PLAN", LogicalType.Varchar)];

    readonly QueryStatement query;
    readonly bool isRun;

    ExplainStatement(SqlSession session, string text, QueryStatement query, bool isRun)
        : base(session, text) => (this.query, this.isRun) = (query, isRun);

    public override IReadOnlyList<ServedColumn> Columns => columns;

    public override IReadOnlyList<PgType> ParameterTypes => query.ParameterTypes;

    /// <summary>Reads EXPLAIN; null for another statement.</summary>
    public static async Task<ExplainStatement?> PrepareAsync(
        ServedContext context, string sql, IReadOnlyList<uint> parameterTypes, CancellationToken cancellationToken)
    {
        var cursor = new StatementCursor(sql);
        if (!cursor.Takes("EXPLAIN")) return null;
        var analyzes = false;
        if (cursor.SeesSymbol('(') && !cursor.SeesBehindNext("SELECT"))
            analyzes = cursor.Parenthesized("options").Contains("ANALYZE", StringComparison.OrdinalIgnoreCase);
        else if (cursor.Takes("ANALYZE")) analyzes = true;
        cursor.Takes("VERBOSE");
        var start = cursor.Position;
        var inner = cursor.Rest("a query");
        try
        {
            return new(
                context.Session, sql,
                await QueryStatement.PrepareAsync(context, inner, parameterTypes, cancellationToken),
                analyzes);
        }
        catch (FozException e)
        {
            throw SqlPosition.Shift(e, inner, sql, start);
        }
    }

    private protected override async Task<SqlCursor> StartAsync(
        ServedContext context, IReadOnlyList<object?> values, CancellationToken cancellationToken)
    {
        var translated = await Session.Dialect.TranslateAsync(context, query.Text, [], cancellationToken);
        var replaced = SqlParameters.Read(translated.Text)
            .Replace(n => SqlParameters.Literal(values[n - 1], ParameterTypes[n - 1]));
        var plan = await new StatementResolver(
            new SessionNameResolver(context, Workload.Serving, isForPlan: true), Session.Host.Lake.Engines)
            .ExplainAsync(replaced.Text, cancellationToken);
        List<string> lines = [.. OwnNames.Hide(OwnersOfViews().Replace(plan, "")).Split('\n')];
        if (isRun) lines.AddRange(await RunAsync(context, values, cancellationToken));
        return await ConstantRows.OpenAsync(
            Session, columns, lines.Select(line => $"({SqlText.Literal(line)})"), "EXPLAIN", cancellationToken);
    }

    /// <summary>The catalogs under which the names of views are looked up.</summary>
    [GeneratedRegex("""
        "?foz_[0-9a-f]{32}"?\.
        """, RegexOptions.CultureInvariant)]
    private static partial Regex OwnersOfViews();

    async Task<IEnumerable<string>> RunAsync(
        ServedContext context, IReadOnlyList<object?> values, CancellationToken cancellationToken)
    {
        var clock = Session.Host.Lake.Clock;
        var startedAt = clock.GetTimestamp();
        await using var cursor = await query.ExecuteAsync(values, cancellationToken);
        while (await cursor.FetchAsync(int.MaxValue, cancellationToken) is not null)
        {
        }
        var elapsed = clock.GetElapsedTime(startedAt);
        var rows = FormattableString.Invariant($"Rows: {cursor.RowCount}");
        // How long it takes tells of rows and values that are hidden.
        return context.Access.IsPartial
            ? [rows, "Execution Time: not shown, since grants hide or mask some of what is read"]
            : [rows, FormattableString.Invariant($"Execution Time: {elapsed.TotalMilliseconds:F3} ms")];
    }
}
