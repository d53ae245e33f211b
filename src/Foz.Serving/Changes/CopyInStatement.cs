using Foz.Lake;
using Foz.Lake.Data;
using Foz.Lake.Journal;
using Foz.Lake.Sql;
using Foz.Lake.Statements;
using Foz.Serving.Copying;
using Foz.Serving.Results;
using Foz.Serving.Sessions;
using Foz.Serving.Statements;

namespace Foz.Serving.Changes;

/// <summary>A COPY that writes the rows that the client sends to a table.</summary>
sealed class CopyInStatement : ServedStatement
{
    readonly CopyIn copy;

    internal CopyInStatement(SqlSession session, string text, CopyIn copy)
        : base(session, text) => this.copy = copy;

    public override bool TakesRows => true;

    /// <summary>Begins it.</summary>
    /// <returns>What takes the rows, to be disposed.</returns>
    public Task<CopyLoad> BeginLoadAsync(CancellationToken cancellationToken) => ServedWork.RunAsync(
        Session, Text,
        (context, token) =>
        {
            Session.Transactions.Check();
            return LoadAsync(context, token);
        },
        cancellationToken);

    private protected override Task<SqlCursor> StartAsync(
        ServedContext context, IReadOnlyList<object?> parameters, CancellationToken cancellationToken) =>
        throw new FozException(
            ErrorKind.Sql, "COPY FROM STDIN takes rows, which cannot be sent here")
        { SqlState = "0A000" };

    async Task<CopyLoad> LoadAsync(ServedContext context, CancellationToken cancellationToken)
    {
        var table = await FindAsync(context, cancellationToken);
        var insert = new Statement.Insert(new(table, null), "") { Columns = copy.Columns };
        await new WriteRights(context).CheckAsync(insert, cancellationToken);
        new ChangeRunner(context).CheckMayWrite("COPY FROM");
        Session.Transactions.BeginImplicit(onlyAdds: true);
        context.Audit(AuditEvent.Change, analysis: null);
        // It waits for its client most of the time: it takes its slot when it has all rows.
        var run = await StatementRun.BeginAsync(context, takesSlot: false, cancellationToken);
        var engine = run.OpenAhead();
        try
        {
            var columns = await ChangeRunner.Of(context, engine).GivenColumnsAsync(insert, cancellationToken);
            foreach (var name in copy.Options.ForceNull.Concat(copy.Options.ForceNotNull))
                if (columns.All(column => column.Name != name))
                    throw new FozException(ErrorKind.Sql, $"FORCE_NULL column \"{name}\" not referenced by COPY")
                    {
                        SqlState = "42P10",
                    };
            engine.UseTimeZone(Session.Settings["TimeZone"], cancellationToken);
            run.Pause();
            return new(engine, insert, columns, copy.Options, run);
        }
        catch
        {
            engine.Dispose();
            run.Abandon();
            throw;
        }
    }

    async Task<TableName> FindAsync(ServedContext context, CancellationToken cancellationToken)
    {
        var (catalog, _) = await Session.Catalog.ViewAsync(cancellationToken);
        var found = catalog.Image.Find(copy.Schema, copy.Table, catalog.SearchPath);
        var written = copy.Schema is null ? copy.Table : $"{copy.Schema}.{copy.Table}";
        // Who may only add rows does not see the table.
        if (found is null && copy.Schema is { } schema && new WriteRights(context).MayInsert(new(schema, copy.Table)))
            return new(schema, copy.Table);
        if (found is null)
            throw new FozException(ErrorKind.NotFound, $"relation \"{written}\" does not exist")
            {
                SqlState = "42P01",
                Place = SqlPlaces.At(Text, Math.Max(0, Text.IndexOf(copy.Table, StringComparison.OrdinalIgnoreCase))),
            };
        return !found.IsView
            ? found.Name
            : throw new FozException(ErrorKind.Sql, $"cannot copy to view \"{copy.Table}\"") { SqlState = "42809" };
    }
}
