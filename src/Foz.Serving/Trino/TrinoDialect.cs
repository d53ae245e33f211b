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
    /// <summary>Where names are looked for that are written without a catalog or a schema.</summary>
    public TrinoPlace Place { get; set; } = new(Catalog: null, Schema: null);

    public string Protocol => "trino";

    public bool HasOwnNumbers => false;

    public bool ChecksOverflow => false;

    public IEnumerable<string> SearchPathOf(SqlSession session) => Place.Schema is { } schema ? [schema] : [];

    public async Task<SqlStatement> PrepareAsync(
        ServedContext context, string sql, SqlTokens tokens, IReadOnlyList<uint> parameterTypes,
        CancellationToken cancellationToken)
    {
        context.Session.Transactions.Check();
        if (await ExplainStatement.PrepareAsync(context, sql, parameterTypes, cancellationToken) is { } explain)
            return explain;
        var cursor = new StatementCursor(sql);
        if (cursor.Sees("CREATE", "SCHEMA") || cursor.Sees("DROP", "SCHEMA"))
            return await SessionCommand.PrepareAsync(
                context, sql, SessionStatementReader.Read(sql)!, parameterTypes, cancellationToken);
        return await ChangeStatement.ReadAsync(context.Session, sql, cancellationToken) is { } statement
            ? await ChangeStatement.PrepareAsync(context, sql, statement, parameterTypes, cancellationToken)
            : await QueryStatement.PrepareAsync(context, sql, parameterTypes, cancellationToken);
    }

    public Task<RewrittenSql> TranslateAsync(
        ServedContext context, string sql, IReadOnlyList<uint>? parameterTypes, CancellationToken cancellationToken) =>
        TrinoText.TranslateAsync(context, Place.Schema, sql, cancellationToken);

    public async Task<Statement> TranslateAsync(
        ServedContext context, Statement statement, Func<string, string> fill, CancellationToken cancellationToken)
    {
        var own = TrinoText.ContextOf(context.Session, Place.Schema, isKept: statement is Statement.CreateView);
        List<string> asked =
        [
            .. TargetOf(statement) is { } name
                ? [$"SELECT * FROM {SqlText.Identifier(name.Schema)}.{SqlText.Identifier(name.Name)}"]
                : (string[])[],
        ];
        var unknown = TrinoColumns.Unknown();
        var translated = Translate(unknown);
        return unknown.IsAsked && await TrinoText.ColumnsOfAsync(context, asked, cancellationToken) is { } columns
            ? Translate(columns)
            : translated;

        Statement Translate(TrinoColumns columns) => PgStatement.Translate(statement, sql =>
        {
            var text = fill(TrinoTranslator.Translate(sql, own, columns).Text);
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
        Place.Schema ?? throw TrinoNames.MissingSchemaName();

    public bool HasCatalog(string? catalog) => TrinoRelation.System.Equals(catalog, StringComparison.OrdinalIgnoreCase);

    public SystemRelation? FindRelation(SqlSession session, TableReference reference)
    {
        if (TrinoNames.Find(reference, Place) is not { } relation) return null;
        if (relation is { Schema: "runtime", Name: "queries" })
            return new SystemRelation.OfMoment(relation.Select(TrinoRows.Of(queries())));
        var of = reference.Catalog ?? Place.Catalog ?? TableName.Catalog;
        return new SystemRelation.OfImage(
            relation.TableOf(of), (schema, image) => relation.CreateSql(schema, of, TrinoRows.Of(relation, of, image)));
    }

    public TableReference Qualify(SqlSession session, TableReference reference) =>
        reference with { Schema = reference.Schema ?? Place.Schema };

    public async ValueTask<FozException?> MissingAsync(
        SqlSession session, TableReference reference, CancellationToken cancellationToken) =>
        await TrinoNames.MissingAsync(reference, Place, session, cancellationToken);
}
