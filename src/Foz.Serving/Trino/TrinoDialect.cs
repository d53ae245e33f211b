using Foz.Lake;
using Foz.Lake.Data;
using Foz.Lake.Sql;
using Foz.Lake.Statements;
using Foz.Serving.Catalogs;
using Foz.Serving.Changes;
using Foz.Serving.PostgreSql.Translation;
using Foz.Serving.Sessions;
using Foz.Serving.Statements;
using Foz.Serving.Trino.Translation;
using Foz.Serving.Trino.Types;

namespace Foz.Serving.Trino;

/// <summary>Trino's SQL and catalogs.</summary>
/// <param name="queries">Gives the statements that <c>system.runtime.queries</c> lists.</param>
sealed class TrinoDialect(Func<IReadOnlyList<TrinoQueryRow>> queries) : ISqlDialect
{
    public string Protocol => "trino";

    public bool HasOwnNumbers => false;

    public bool ChecksOverflow => false;

    public IEnumerable<string> SearchPathOf(SqlSession session) => session.Schema is { } schema ? [schema] : [];

    public async Task<SqlStatement> PrepareAsync(
        SqlSession session, string sql, SqlTokens tokens, IReadOnlyList<uint> parameterTypes,
        CancellationToken cancellationToken)
    {
        session.CheckTransaction();
        if (await ExplainStatement.PrepareAsync(session, sql, parameterTypes, cancellationToken) is { } explain)
            return explain;
        var cursor = new StatementCursor(sql);
        if (cursor.Sees("CREATE", "SCHEMA") || cursor.Sees("DROP", "SCHEMA"))
            return await SessionCommand.PrepareAsync(
                session, sql, SessionStatementReader.Read(sql)!, parameterTypes, cancellationToken);
        return await ChangeStatement.ReadAsync(session, sql, cancellationToken) is { } statement
            ? await ChangeStatement.PrepareAsync(session, sql, statement, parameterTypes, cancellationToken)
            : await QueryStatement.PrepareAsync(session, sql, parameterTypes, cancellationToken);
    }

    public Task<RewrittenSql> TranslateAsync(
        SqlSession session, string sql, IReadOnlyList<uint>? parameterTypes, CancellationToken cancellationToken) =>
        TrinoText.TranslateAsync(session, sql, cancellationToken);

    public async Task<Statement> TranslateAsync(
        SqlSession session, Statement statement, Func<string, string> fill, CancellationToken cancellationToken)
    {
        var context = TrinoText.ContextOf(session, isKept: statement is Statement.CreateView);
        List<string> asked =
        [
            .. TargetOf(statement) is { } name
                ? [$"SELECT * FROM {SqlText.Identifier(name.Schema)}.{SqlText.Identifier(name.Name)}"]
                : (string[])[],
        ];
        var unknown = TrinoColumns.Unknown();
        var translated = Translate(unknown);
        return unknown.IsAsked && await TrinoText.ColumnsOfAsync(session, asked, cancellationToken) is { } columns
            ? Translate(columns)
            : translated;

        Statement Translate(TrinoColumns columns) => PgStatement.Translate(statement, sql =>
        {
            var text = fill(TrinoTranslator.Translate(sql, context, columns).Text);
            if (columns == unknown) asked.Add(IsQuery(text) ? text : $"SELECT ({text})");
            return text;
        }, TrinoColumnTypes.Translate);
    }

    /// <summary>The table whose columns the expressions of a statement name.</summary>
    static TableName? TargetOf(Statement statement) => statement switch
    {
        Statement.Update update => update.Table.Name,
        Statement.Delete delete => delete.Table.Name,
        Statement.Merge merge => merge.Table.Name,
        _ => null,
    };

    static bool IsQuery(string sql)
    {
        var tokens = SqlTokens.Read(sql);
        return tokens.IsWord(0, "select") || tokens.IsWord(0, "with") || tokens.IsWord(0, "values")
            || tokens.IsWord(0, "table");
    }

    public string SchemaOf(SqlSession session, CatalogView catalog, string table) =>
        session.Schema ?? throw TrinoNames.MissingSchemaName();

    public bool HasCatalog(string? catalog) => TrinoRelation.System.Equals(catalog, StringComparison.OrdinalIgnoreCase);

    public SystemRelation? FindRelation(SqlSession session, TableReference reference)
    {
        if (TrinoNames.Find(reference, session) is not { } relation) return null;
        if (relation is { Schema: "runtime", Name: "queries" })
            return new SystemRelation.OfMoment(relation.Select(TrinoRows.Of(queries())));
        var of = reference.Catalog ?? session.Catalog ?? TableName.Catalog;
        return new SystemRelation.OfImage(
            relation.TableOf(of), (schema, image) => relation.CreateSql(schema, of, TrinoRows.Of(relation, of, image)));
    }

    public TableReference Qualify(SqlSession session, TableReference reference) =>
        reference with { Schema = reference.Schema ?? session.Schema };

    public async ValueTask<FozException?> MissingAsync(
        SqlSession session, TableReference reference, CancellationToken cancellationToken) =>
        await TrinoNames.MissingAsync(reference, session, cancellationToken);
}
