using Foz.Lake;
using Foz.Lake.Data;
using Foz.Lake.Sql;
using Foz.Lake.Statements;
using Foz.Serving.Catalogs;
using Foz.Serving.Changes;
using Foz.Serving.Copying;
using Foz.Serving.PostgreSql.Translation;
using Foz.Serving.PostgreSql.Types;
using Foz.Serving.Sessions;
using Foz.Serving.Statements;

namespace Foz.Serving.PostgreSql;

/// <summary>PostgreSQL's SQL and catalogs.</summary>
sealed class PgDialect : ISqlDialect
{
    PgDialect()
    {
    }

    /// <summary>The dialect: it knows nothing of a session.</summary>
    public static PgDialect Instance { get; } = new();

    public string Protocol => "postgresql";

    public bool HasOwnNumbers => true;

    public bool ChecksOverflow => true;

    public IEnumerable<string> SearchPathOf(SqlSession session) => session.Settings["search_path"]
        .Split(',', StringSplitOptions.TrimEntries)
        .Select(schema => schema.Trim('"')).Select(schema => schema == "$user" ? session.User.Name : schema)
        .Where(schema => schema.Length > 0);

    public async Task<SqlStatement> PrepareAsync(
        ServedContext context, string sql, SqlTokens tokens, IReadOnlyList<uint> parameterTypes,
        CancellationToken cancellationToken)
    {
        var session = context.Session;
        // The first word of most statements says that they are nothing else.
        if (tokens.IsWord(0, "select"))
        {
            session.Transactions.Check();
            return await QueryStatement.PrepareAsync(context, sql, parameterTypes, cancellationToken);
        }
        var own = SessionStatementReader.Read(sql);
        if (own is not (SessionStatement.Commit or SessionStatement.Rollback or SessionStatement.RollbackTo))
            session.Transactions.Check();
        if (own is SessionStatement.Execute execute)
            return await ExecuteStatement.PrepareAsync(context, sql, execute, cancellationToken);
        if (own is not null)
            return await SessionCommand.PrepareAsync(context, sql, own, parameterTypes, cancellationToken);
        if (await ExplainStatement.PrepareAsync(context, sql, parameterTypes, cancellationToken) is { } explain)
            return explain;
        switch (CopyReader.Read(sql))
        {
            case CopyOut copy: return await CopyStatement.PrepareAsync(context, sql, copy, cancellationToken);
            case CopyIn copy: return new CopyInStatement(session, sql, copy);
        }
        if (await ChangeStatement.ReadAsync(session, sql, cancellationToken) is { } statement)
            return await ChangeStatement.PrepareAsync(context, sql, statement, parameterTypes, cancellationToken);
        return await QueryStatement.PrepareAsync(context, sql, parameterTypes, cancellationToken);
    }

    public async Task<RewrittenSql> TranslateAsync(
        ServedContext context, string sql, IReadOnlyList<uint>? parameterTypes, CancellationToken cancellationToken)
    {
        var session = context.Session;
        if (session.Host.Translations.Find(sql) is { } known) return known;
        var asksCatalog = false;
        var asked = SessionTranslation.Of(
            session,
            () =>
            {
                asksCatalog = true;
                return 0;
            },
            parameterTypes);
        var translated = PgTranslator.Translate(sql, asked);
        if (!asked.IsAsked) session.Host.Translations.Add(sql, translated);
        if (!asksCatalog) return translated;
        var (_, number) = await session.Catalog.ViewAsync(cancellationToken);
        return PgTranslator.Translate(sql, SessionTranslation.Of(session, () => number, parameterTypes));
    }

    public async Task<Statement> TranslateAsync(
        ServedContext context, Statement statement, Func<string, string> fill, CancellationToken cancellationToken)
    {
        var session = context.Session;
        var isView = statement is Statement.CreateView;
        var asksCatalog = false;
        var translated = Translate(() =>
        {
            asksCatalog = true;
            return 0;
        });
        if (!asksCatalog) return translated;
        // What is kept is read by sessions that know nothing of this one.
        if (isView)
            throw new FozException(
                ErrorKind.Sql, "a view cannot ask the catalog by functions, or casts such as ::regclass")
            {
                SqlState = "0A000", Hint = "join pg_class and pg_namespace instead",
            };
        var (_, number) = await session.Catalog.ViewAsync(cancellationToken);
        return Translate(() => number);

        Statement Translate(Func<long> catalog) => PgStatement.Translate(
            statement,
            sql => fill(
                PgTranslator.Translate(sql, SessionTranslation.Of(session, catalog, isOfReader: isView)).Text),
            PgColumnTypes.Translate);
    }

    public string SchemaOf(SqlSession session, CatalogView catalog, string table) =>
        catalog.Image.Find(schema: null, table, catalog.SearchPath)?.Name.Schema
        ?? (catalog.SearchPath.Count > 0 ? catalog.SearchPath[0] : null)
        ?? throw new FozException(ErrorKind.NotFound, "no schema has been selected to create in")
        {
            SqlState = "3F000",
        };

    public bool HasCatalog(string? catalog) => false;

    public SystemRelation? FindRelation(SqlSession session, TableReference reference)
    {
        if (reference.Catalog is { } catalog && !catalog.Equals(TableName.Catalog, StringComparison.OrdinalIgnoreCase))
            throw new FozException(
                ErrorKind.NotFound, $"cross-database references are not implemented: \"{reference}\"")
            { SqlState = "0A000" };
        return PgRelation.Find(reference.Schema, reference.Name) switch
        {
            null => null,
            { Schema: PgRelation.Catalog, Name: ActivityRows.Relation } activity =>
                new SystemRelation.OfMoment(activity.Select(ActivityRows.Of(session))),
            { } relation => new SystemRelation.OfImage(
                $"{relation.Schema}.{relation.Name}",
                (schema, image) => relation.CreateSql(schema, CatalogRows.Of(relation, image))),
        };
    }

    public TableReference Qualify(SqlSession session, TableReference reference) => reference;

    public ValueTask<FozException?> MissingAsync(
        SqlSession session, TableReference reference, CancellationToken cancellationToken) => new((FozException?)null);
}
