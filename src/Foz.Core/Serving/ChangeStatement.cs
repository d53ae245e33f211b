using System.Globalization;
using Foz.Core.Engine;
using Foz.Core.Journal;
using Foz.Core.Serving.PostgreSql;
using Foz.Core.Statements;

namespace Foz.Core.Serving;

/// <summary>A statement that changes tables, or tells of them in Delta's words.</summary>
sealed class ChangeStatement : SqlStatement
{
    readonly SqlParameters parameters;

    ChangeStatement(SqlSession session, string text, SqlParameters parameters, IReadOnlyList<uint> parameterTypes)
        : base(session, text)
    {
        this.parameters = parameters;
        ParameterTypes =
        [
            .. Enumerable.Range(0, parameters.Count)
                .Select(i => i < parameterTypes.Count && parameterTypes[i] != 0 ? new PgType(parameterTypes[i], -1) : PgTypes.Text),
        ];
    }

    public override IReadOnlyList<ServedColumn>? Columns => told;

    IReadOnlyList<ServedColumn>? told;

    public override IReadOnlyList<PgType> ParameterTypes { get; }

    public static async Task<ChangeStatement> PrepareAsync(
        SqlSession session, string sql, Statement statement, IReadOnlyList<uint> parameterTypes,
        CancellationToken cancellationToken)
    {
        var change = new ChangeStatement(session, sql, SqlParameters.Read(sql), parameterTypes);
        if (!GivesRows(statement)) return change;
        // It changes nothing: what it tells is known best by asking.
        var result = await change.RunAsync(statement, cancellationToken);
        change.told = [.. result.Columns.Select(c => new ServedColumn(c.Name, ColumnTypes.ToLogicalType(c.Type)))];
        return change;
    }

    private protected override async Task<SqlCursor> StartAsync(
        IReadOnlyList<object?> values, CancellationToken cancellationToken)
    {
        var sql = parameters.Replace(n => SqlParameters.Literal(values[n - 1], ParameterTypes[n - 1])).Text;
        var statement = StatementReader.Read(sql)!;
        if (!GivesRows(statement)) CheckMayChange();
        var result = await RunAsync(statement, cancellationToken);
        Session.Service.Catalogs.Invalidate();
        if (told is null) return Done(statement, result);
        var rows = result.Rows.Select(row => $"({string.Join(", ", row.Select(SqlValueText.Of))})");
        return await ConstantRows.OpenAsync(Session, told, rows, $"SELECT {result.Rows.Count}", cancellationToken);
    }

    async Task<StatementResult> RunAsync(Statement statement, CancellationToken cancellationToken)
    {
        foreach (var (table, _) in StatementTargets.Of(statement))
            if (table.Name is { } name) Session.Access.Read(name, [], []);
        if (!Session.User.IsOwner)
            throw new FozException(ErrorKind.Denied, "only the owner's statements change tables, or tell of their files");
        Session.Audit(Text, GivesRows(statement) ? AuditEvent.Read : AuditEvent.Change, analysis: null);
        using var engine = Session.Service.Lake.Engines.Open(Workload.Query);
        return await new StatementRunner(engine, Session.Service.Names, Session.Service.Lake.Tables)
        {
            QueryNames = new SessionNames(Session, Workload.Query),
        }.RunAsync(statement, cancellationToken);
    }

    void CheckMayChange()
    {
        if (Session.State == TransactionState.Idle) return;
        throw new FozException(ErrorKind.Sql, "a statement that changes a table is committed by itself, and cannot be in a transaction")
        {
            SqlState = "0A000", Hint = "switch the client to autocommit, or COMMIT first",
        };
    }

    static bool GivesRows(Statement statement) =>
        statement is Statement.DescribeHistory or Statement.DescribeDetail or Statement.ShowProperties;

    static DoneCursor Done(Statement statement, StatementResult result)
    {
        var affected = result.Columns.Count > 0 && result.Columns[0].Name == "num_affected_rows"
            ? Convert.ToInt64(result.Rows[0][0], CultureInfo.InvariantCulture)
            : 0;
        return new(statement switch
        {
            Statement.Insert => string.Create(CultureInfo.InvariantCulture, $"INSERT 0 {affected}"),
            Statement.Update => string.Create(CultureInfo.InvariantCulture, $"UPDATE {affected}"),
            Statement.Delete => string.Create(CultureInfo.InvariantCulture, $"DELETE {affected}"),
            Statement.Merge => string.Create(CultureInfo.InvariantCulture, $"MERGE {affected}"),
            Statement.Alter => "ALTER TABLE",
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
