using System.Globalization;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Engine;
using Foz.Lake.Sql;
using Foz.Lake.Statements;
using Foz.Lake.Tables;
using Foz.Serving.PostgreSql.Types;
using Foz.Serving.Results;
using Foz.Serving.Sessions;
using Foz.Serving.Statements;

namespace Foz.Serving.Changes;

/// <summary>The rows that a statement changes, as its RETURNING tells of them to who may read them.</summary>
/// <param name="context">The statement of a session.</param>
/// <param name="statement">The statement as it was read.</param>
sealed class ReturnedRows(ServedContext context, Statement statement)
{
    const string Kept = "foz_returned";

    readonly SqlSession session = context.Session;

    // No statement can have it.
    readonly string name = $"foz_{Guid.NewGuid():N}";

    /// <summary>The columns, found without running the statement.</summary>
    /// <param name="value">Gives a value of a parameter's type.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">It names what is not there, or not granted.</exception>
    public async Task<IReadOnlyList<ServedColumn>> DescribeAsync(
        Func<int, string> value, CancellationToken cancellationToken)
    {
        var text = await TextAsync(value, cancellationToken);
        var names = new ReturnedNames(new(context, Workload.Serving), name, Table, rows: null);
        var described = await new StatementResolver(names, session.Host.Lake.Engines).DescribeAsync(
            text, cancellationToken);
        return [.. described.Shape.Columns.Select(column => new ServedColumn(column.Name, column.Type))];
    }

    /// <summary>
    /// Opens the rows of a statement that has run: all rows are computed before the first is sent, so that errors occur
    /// here.
    /// </summary>
    /// <param name="engine">The engine's session that reads them, which the cursor owns.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="value">Gives the values of parameters.</param>
    /// <param name="tag">The tag that the client gets at the end.</param>
    /// <param name="cancellationToken">Stops it up to the first row.</param>
    public async Task<SqlCursor> OpenAsync(
        EngineSession engine, TableRows rows, Func<int, string> value, string tag, CancellationToken cancellationToken)
    {
        BoundStatement? bound = null;
        try
        {
            var text = await TextAsync(value, cancellationToken);
            bound = await new StatementBinder(
                engine,
                new ReturnedNames(new(context, engine.Instance), name, Table, rows)).BindAsync(text, cancellationToken);
            var kept = Keep(engine, bound.Sql, cancellationToken);
            bound.Dispose();
            bound = new(kept);
            return new EngineCursor(session, engine, bound, bound.Sql, tag, cancellationToken);
        }
        catch
        {
            bound?.Dispose();
            engine.Dispose();
            throw;
        }
    }

    /// <summary>Puts rows into a temporary table.</summary>
    /// <returns>The SELECT of them, with the same columns.</returns>
    static string Keep(EngineSession engine, string sql, CancellationToken cancellationToken)
    {
        var columns = engine.Describe(sql, cancellationToken);
        var names = columns.Select((_, number) => string.Create(CultureInfo.InvariantCulture, $"c{number}")).ToList();
        engine.Execute(
            $"CREATE OR REPLACE TEMP TABLE {Kept} AS SELECT * FROM ({sql}\n) AS r({string.Join(", ", names)})",
            cancellationToken);
        // The engine took NULL for an INTEGER when it made the table.
        var list = columns.Zip(
            names, (column, name) => $"{(column.IsNull ? "NULL" : name)} AS {SqlText.Identifier(column.Name)}");
        return SentRows.Bound(
            $"SELECT {string.Join(", ", list)} FROM {Kept}",
            [.. columns.Select(column => new ServedColumn(column.Name, column.Type))]);
    }

    TableReference Table => StatementTargets.Of(statement)[0].Table.Name is { } name
        ? new() { Schema = name.Schema, Name = name.Name, Span = default }
        : throw new FozException(ErrorKind.Denied, "tables are changed by their names, not by their folders");

    string Alias => statement switch
    {
        Statement.Insert insert => insert.Alias ?? Table.Name,
        Statement.Update update => update.Alias,
        Statement.Delete delete => delete.Alias,
        Statement.Merge merge => merge.Definition.TargetAlias,
        _ => Table.Name,
    };

    async Task<string> TextAsync(Func<int, string> value, CancellationToken cancellationToken)
    {
        var select = $"SELECT {statement.Returning}\nFROM {name} AS {SqlText.Identifier(Alias)}";
        var translated = await session.Dialect.TranslateAsync(context, select, parameterTypes: null, cancellationToken);
        return SqlParameters.Read(translated.Text).Replace(value).Text;
    }

    /// <summary>Names of a statement over the rows: all others are what they are for the session.</summary>
    /// <param name="names">The session's.</param>
    /// <param name="own">What the rows are called.</param>
    /// <param name="table">The table that they are of.</param>
    /// <param name="rows">The rows; null for those that the table has.</param>
    sealed class ReturnedNames(SessionNameResolver names, string own, TableReference table, TableRows? rows)
        : INameResolver
    {
        public async ValueTask<RelationBinding?> FindAsync(
            TableReference reference, CancellationToken cancellationToken)
        {
            if (reference.Schema is not null || reference.Name != own)
                return await names.FindAsync(reference, cancellationToken);
            return rows is null
                ? await names.FindAsync(table, cancellationToken)
                : await names.SeeAsync(table, rows, cancellationToken);
        }

        public ValueTask<RelationBinding?> FindAsync(TableFunctionCall call, CancellationToken cancellationToken) =>
            names.FindAsync(call, cancellationToken);

        public bool AreForOthers => true;

        public void Check(SqlAnalysis statement) => names.Check(statement);
    }
}
