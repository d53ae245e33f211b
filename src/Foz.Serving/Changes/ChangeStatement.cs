using System.Globalization;
using Foz.DuckDB;
using Foz.Lake;
using Foz.Lake.Engine;
using Foz.Lake.Engine.Functions;
using Foz.Lake.Journal;
using Foz.Lake.Statements;
using Foz.Serving.PostgreSql.Types;
using Foz.Serving.Results;
using Foz.Serving.Sessions;
using Foz.Serving.Sql;
using Foz.Serving.Statements;

namespace Foz.Serving.Changes;

/// <summary>A statement that changes tables, or tells of them in Delta's words.</summary>
sealed class ChangeStatement : ServedStatement
{
    readonly Statement statement;

    ChangeStatement(SqlSession session, string text, Statement statement, IReadOnlyList<PgType> parameterTypes)
        : base(session, text) => (this.statement, ParameterTypes) = (statement, parameterTypes);

    public override IReadOnlyList<ServedColumn>? Columns => described;

    internal override bool IsOfRows =>
        statement is Statement.Insert or Statement.Update or Statement.Delete or Statement.Merge;

    IReadOnlyList<ServedColumn>? described;

    public override IReadOnlyList<PgType> ParameterTypes { get; }

    /// <summary>
    /// Reads a statement; null where it is a query. A table without a schema is looked for as the session does it.
    /// </summary>
    /// <exception cref="FozException">It is malformed.</exception>
    public static async Task<Statement?> ReadAsync(SqlSession session, string sql, CancellationToken cancellationToken)
    {
        var looksForSchema = false;
        var read = StatementReader.Read(sql, _ =>
        {
            looksForSchema = true;
            return "";
        });
        if (!looksForSchema) return read;
        var (catalog, _) = await session.Catalog.ViewAsync(cancellationToken);
        return StatementReader.Read(sql, name => session.Dialect.SchemaOf(session, catalog, name));
    }

    public static async Task<ChangeStatement> PrepareAsync(
        ServedContext context, string sql, Statement statement, IReadOnlyList<uint> parameterTypes,
        CancellationToken cancellationToken)
    {
        var types = new ChangeParameters(context, statement, parameterTypes);
        var change = new ChangeStatement(
            context.Session, sql, statement, await types.FindAsync(SqlParameters.Read(sql).Count, cancellationToken));
        if (statement.Returning is not null)
        {
            await new WriteRights(context).CheckGrantsAsync(statement, cancellationToken);
            change.described = await new ReturnedRows(context, statement).DescribeAsync(
                n => $"CAST(NULL AS {PgTypes.Find(change.ParameterTypes[n - 1].Oid) ?? LogicalType.Varchar})",
                cancellationToken);
        }
        if (!GivesRows(statement)) return change;
        // It changes nothing: what it tells is known best by asking.
        var result = await change.TellAsync(context, statement, cancellationToken);
        change.described = [.. result.Columns.Select(c => new ServedColumn(c.Name, ColumnTypes.ToLogicalType(c.Type)))];
        return change;
    }

    private protected override async Task<SqlCursor> StartAsync(
        ServedContext context, IReadOnlyList<object?> values, CancellationToken cancellationToken)
    {
        var translated = await Session.Dialect.TranslateAsync(
            context, statement, sql => Fill(sql, values), cancellationToken);
        if (translated is Statement.CreateView view)
            translated = view with
            {
                Query = await new SessionNameResolver(context, Workload.Serving).QualifyAsync(view.Query,
                    cancellationToken),
            };
        if (described is not null && statement.Returning is null)
        {
            var rows = (await TellAsync(context, translated, cancellationToken)).Rows
                .Select(row => $"({string.Join(", ", row.Select(SqlValueText.Of))})").ToList();
            return await ConstantRows.OpenAsync(Session, described, rows, $"SELECT {rows.Count}", cancellationToken);
        }
        await new WriteRights(context).CheckAsync(translated, cancellationToken);
        context.Audit(AuditEvent.Change, analysis: null);
        var runner = new ChangeRunner(context);
        await runner.CheckAsync(translated, cancellationToken);
        var run = await StatementRun.BeginAsync(context, takesSlot: true, cancellationToken);
        // What RETURNING cannot tell is not changed either.
        var isAlone = statement.Returning is not null
            && Session.Transactions.BeginAlone(ChangeRunner.OnlyAdds(translated));
        SqlCursor? cursor = null;
        try
        {
            var result = await RunAsync(runner, run, translated, cancellationToken);
            var done = Done(statement, result);
            if (result.Returned is { } returned)
                cursor = await new ReturnedRows(context, statement).OpenAsync(
                    run.OpenEngine(cancellationToken), returned, Value, done.Tag, cancellationToken);
            if (isAlone) await Session.Transactions.EndAloneAsync(isCommitted: true, cancellationToken);
            if (cursor is not null) return run.Follow(cursor, named: null);
            run.EndChange(done.RowCount);
            return done;
        }
        catch
        {
            if (cursor is not null) await cursor.DisposeAsync();
            if (isAlone) await Session.Transactions.EndAloneAsync(isCommitted: false, cancellationToken);
            run.Abandon();
            throw;
        }

        string Value(int number) => SqlParameters.Literal(values[number - 1], ParameterTypes[number - 1]);
    }

    string Fill(string sql, IReadOnlyList<object?> values) =>
        SqlParameters.Read(sql).Replace(n => SqlParameters.Literal(values[n - 1], ParameterTypes[n - 1])).Text;

    async Task<StatementResult> RunAsync(
        ChangeRunner runner, StatementRun run, Statement statement, CancellationToken cancellationToken)
    {
        var isAgain = false;
        while (true)
        {
            using var engine = run.OpenEngine(cancellationToken);
            try
            {
                var result = await runner.RunAsync(engine, statement, cancellationToken);
                Session.Host.Catalogs.Invalidate();
                return result;
            }
            catch (FozException) when (engine.IsOutdated && !isAgain)
            {
                // It names a folder that its engine did not reach: nothing was written. The next one reaches it.
                isAgain = true;
            }
        }
    }

    /// <summary>Carries out a statement that changes nothing, and tells of a table.</summary>
    async Task<StatementResult> TellAsync(
        ServedContext context, Statement statement, CancellationToken cancellationToken)
    {
        await new WriteRights(context).CheckAsync(statement, cancellationToken);
        context.Audit(AuditEvent.Read, analysis: null);
        using var engine = Session.Host.Lake.Engines.Open(Workload.Query);
        return await ChangeRunner.Of(context, engine).RunAsync(statement, cancellationToken);
    }

    static long AffectedOf(StatementResult result) =>
        result.Columns.Count > 0 && result.Columns[0].Name == "num_affected_rows"
            ? Convert.ToInt64(result.Rows[0][0], CultureInfo.InvariantCulture)
            : 0;

    static bool GivesRows(Statement statement) =>
        statement is Statement.DescribeHistory or Statement.DescribeDetail or Statement.ShowProperties;

    static DoneCursor Done(Statement statement, StatementResult result)
    {
        var affected = AffectedOf(result);
        return new(statement switch
        {
            Statement.Insert => string.Create(CultureInfo.InvariantCulture, $"INSERT 0 {affected}"),
            Statement.Update => string.Create(CultureInfo.InvariantCulture, $"UPDATE {affected}"),
            Statement.Delete { IsTruncate: true } => "TRUNCATE TABLE",
            Statement.Delete => string.Create(CultureInfo.InvariantCulture, $"DELETE {affected}"),
            Statement.Merge =>
                string.Create(CultureInfo.InvariantCulture, $"{((Statement.Merge)statement).Word} {affected}"),
            Statement.Alter or Statement.Rename { IsView: false } => "ALTER TABLE",
            Statement.Rename => "ALTER VIEW",
            Statement.CreateTable or Statement.CloneTable or Statement.ConvertToDelta => "CREATE TABLE",
            Statement.DropTable => "DROP TABLE",
            Statement.CreateView => "CREATE VIEW",
            Statement.DropView => "DROP VIEW",
            Statement.Restore => "RESTORE",
            Statement.Optimize => "OPTIMIZE",
            Statement.Vacuum => "VACUUM",
            Statement.Analyze => "ANALYZE",
            _ => "OK",
        }, affected);
    }
}
