using System.Runtime.ExceptionServices;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Journal;
using Foz.Lake.Sql;
using Foz.Lake.Tables;
using Foz.Serving.Catalogs;
using Foz.Serving.Governance;
using Foz.Serving.PostgreSql.Translation;
using Foz.Serving.PostgreSql.Types;
using Foz.Serving.Sessions;
using Foz.Serving.Sql;

namespace Foz.Serving.Statements;

/// <summary>
/// Resolves names in a statement of a session: to tables and views of the lake, at the instant of the transaction if
/// there is one. No other name reaches the engine, for which a name can be a file.
/// </summary>
/// <param name="context">The statement.</param>
/// <param name="instance">Where the statement is bound or run.</param>
/// <param name="isForPlan">
/// Whether the statement is for a plan that users see: it shows only the columns that grants allow, without their
/// conditions and masks.
/// </param>
sealed class SessionNameResolver(ServedContext context, EngineInstance instance, bool isForPlan = false) : INameResolver
{
    /// <param name="context">The statement.</param>
    /// <param name="workload">Where the statement is bound or run.</param>
    /// <param name="isForPlan">Whether people see how the statement would be run.</param>
    public SessionNameResolver(ServedContext context, Workload workload, bool isForPlan = false)
        : this(context, context.Session.Host.Lake.Engines.Find(workload), isForPlan)
    {
    }

    const string CurrentUser = "current_user";

    /// <summary>
    /// The endings of tables that have columns of the table beside them, and of those whose texts may have a value of
    /// any of its columns.
    /// </summary>
    static readonly string[] ofColumns = [TableName.None.Quarantine.Name, TableName.None.ChangeState.Name],
        ofAnyColumn = [TableName.None.Rejected.Name, TableName.None.Held.Name];

    readonly SqlSession session = context.Session;
    readonly EnvironmentNameResolver names = context.Session.Host.Names;
    CatalogView? catalog;

    /// <summary>
    /// The access that views give to what they read, by the catalog under which the names of their SQL are resolved:
    /// its name is random for each view, so that no statement can use it.
    /// </summary>
    readonly Dictionary<string, TableAccess> views = new(StringComparer.Ordinal);

    public bool AreForOthers => true;

    public bool HasOwnNumbers => session.Dialect.HasOwnNumbers;

    public async ValueTask<RelationBinding?> FindAsync(TableReference reference, CancellationToken cancellationToken)
    {
        if (reference is { Catalog: { } view, Schema: not null } && views.TryGetValue(view, out var through))
            return await BindThroughAsync(reference with { Catalog = null }, through, cancellationToken)
                ?? throw Missing(reference with { Catalog = null });
        if (reference.IsText || (NameRules.IsOutside(reference) && !session.Dialect.HasCatalog(reference.Catalog)))
            context.Access.Deny($"{reference} would be a file or something of the engine");
        if (reference.IsText || NameRules.HasPath(reference)) throw Missing(reference);
        if (session.Dialect.FindRelation(session, reference) is { } relation)
            return new RelationBinding.Relation(await OpenAsync(relation, cancellationToken));
        reference = session.Dialect.Qualify(session, reference);
        if (reference.Schema is not null) return await FindInSchemaAsync(reference, cancellationToken);
        foreach (var schema in session.SearchPath)
            if (await IsThereAsync(new(schema, reference.Name), cancellationToken)
                && await BindAsync(reference with { Schema = schema }, cancellationToken) is { } found)
                return found;
        throw Missing(reference);
    }

    public async ValueTask<RelationBinding?> FindAsync(TableFunctionCall call, CancellationToken cancellationToken)
    {
        if (ServedFunctions.Allows(ServedFunctions.Table, call.Name)) return null;
        if (call.Name == LakeNameResolver.TableChangesFunction && session.User.IsOwner
            && call.Arguments is [{ } table, ..]
            && (table.Value ?? string.Join('.', table.Parts)) is var name && TableName.TryParse(name, out var changed))
        {
            context.Access.Read(changed, [], []);
            return await names.FindAsync(call, cancellationToken);
        }
        if (call is { Name: "pg_get_keywords", Arguments: [] })
            return new RelationBinding.Relation(
                "(SELECT keyword_name AS word, CASE keyword_category WHEN 'reserved' THEN 'R' ELSE 'U' END AS catcode, "
                + "true AS barelabel, keyword_category AS catdesc, '' AS baredesc FROM duckdb_keywords())");
        throw ServedFunctions.Missing(ServedFunctions.Table, call.Name);
    }

    public void Check(SqlAnalysis statement)
    {
        StatementWork.CheckPlanning(statement);
        ServedFunctions.Check(statement.Functions);
        // Where the engine does not know such a name, it would be a file, or something of the engine's own.
        if (statement.WithNames.FirstOrDefault(name =>
            NameRules.IsOutside(new() { Name = name, Span = default })) is not { } outside)
            return;
        context.Access.Deny($"WITH {outside} would be a file or something of the engine");
        throw new FozException(ErrorKind.Sql, $"a query of WITH cannot be named \"{outside}\"") { SqlState = "42602" };
    }

    async ValueTask<RelationBinding> FindInSchemaAsync(TableReference reference, CancellationToken cancellationToken)
    {
        FozException? error = null;
        try
        {
            if (await BindAsync(reference, cancellationToken) is { } found) return found;
        }
        catch (FozException e) when (e.Kind is ErrorKind.NotFound)
        {
            // A version of a table that there is not is another error.
            if (await IsThereAsync(new(reference.Schema!, reference.Name), cancellationToken)) throw;
            error = e;
        }
        if (await session.Dialect.MissingAsync(session, reference, cancellationToken) is { } missing) throw missing;
        if (error is not null) ExceptionDispatchInfo.Throw(error);
        throw Missing(reference);
    }

    /// <summary>What the session sees of the lake; for all of a statement it is of one moment.</summary>
    async ValueTask<CatalogImage> ImageAsync(CancellationToken cancellationToken) =>
        (catalog ??= (await session.Catalog.ViewAsync(cancellationToken)).View).Image;

    /// <summary>A relation of the dialect's catalogs.</summary>
    async ValueTask<string> OpenAsync(SystemRelation relation, CancellationToken cancellationToken)
    {
        if (relation is not SystemRelation.OfImage made) return ((SystemRelation.OfMoment)relation).Select;
        var image = await ImageAsync(cancellationToken);
        return session.Host.Catalogs.Open(
            made.Name, schema => made.CreateSql(schema, image), image, instance, cancellationToken);
    }

    /// <summary>Resolves a name with a schema; tables that are not granted do not exist.</summary>
    async ValueTask<RelationBinding?> BindAsync(TableReference reference, CancellationToken cancellationToken)
    {
        var table = new TableName(reference.Schema!, reference.Name);
        var access = session.User.IsOwner ? null : Granted().Of(session.User.Grantee, table);
        if (access is null && !session.User.IsOwner)
        {
            if (await IsThereAsync(table, cancellationToken)) context.Access.Deny($"no grant on {table}");
            return null;
        }
        var binding = await FindInLakeAsync(reference, cancellationToken);
        IReadOnlyList<Field> fields = binding is RelationBinding.Rows found
            ? await TaggedAsync(reference, found.Table, cancellationToken)
            : [];
        if (binding is not null)
            context.Access.Read(
                table, [.. fields.Where(f => access?.Shows(f) ?? true).Select(f => f.Name)],
                fields.Select(f => f.Name));
        return binding switch
        {
            null => null,
            RelationBinding.Rows rows when access is null || IsWhole(access, rows.Table, fields) => Whole(rows),
            _ when access is null => binding,
            RelationBinding.Relation => binding,
            RelationBinding.Rows rows => rows with { Through = ThroughOf(access, fields) },
            RelationBinding.View view when access.IsFull => OfView(view, access, cancellationToken),
            _ => throw new FozException(ErrorKind.Denied, $"only all of {table} can be granted: it is a view")
            {
                Hint = "grant columns, rows and masks on the tables that it reads",
            },
        };
    }

    /// <summary>What the session sees of rows of a table that it has changed.</summary>
    /// <exception cref="FozException">It may read nothing of the table.</exception>
    public async ValueTask<RelationBinding> SeeAsync(
        TableReference reference, TableRows rows, CancellationToken cancellationToken)
    {
        var bound = new RelationBinding.Rows(rows);
        if (session.User.IsOwner) return Whole(bound);
        var access = Granted().Of(session.User.Grantee, new(reference.Schema!, reference.Name))
            ?? throw Missing(reference);
        var fields = await TaggedAsync(reference, rows, cancellationToken);
        return IsWhole(access, rows, fields) ? Whole(bound) : bound with { Through = ThroughOf(access, fields) };
    }

    /// <summary>A view whose names are looked up with its owner's rights.</summary>
    RelationBinding.View OfView(RelationBinding.View view, TableAccess access, CancellationToken cancellationToken)
    {
        using var engine = instance.Open();
        var owner = $"foz_{Guid.NewGuid():N}";
        views[owner] = access;
        return new(engine.Analyze(view.Sql, cancellationToken).Rewrite(table =>
            table is { Schema: { } schema, IsText: false, At: null } && PgRelation.Find(schema, table.Name) is null
                ? $"{SqlText.Identifier(owner)}.{SqlText.Identifier(schema)}.{SqlText.Identifier(table.Name)}"
                : null).Text);
    }

    /// <summary>
    /// What a view reads: no grant is needed of it, but rows that are hidden stay so, and protected columns need a
    /// rule.
    /// </summary>
    async ValueTask<RelationBinding?> BindThroughAsync(
        TableReference reference, TableAccess view, CancellationToken cancellationToken)
    {
        var table = new TableName(reference.Schema!, reference.Name);
        var binding = await FindInLakeAsync(reference, cancellationToken);
        if (binding is RelationBinding.View nested) return OfView(nested, view, cancellationToken);
        if (binding is not RelationBinding.Rows rows) return binding;
        var fields = await TaggedAsync(reference, rows.Table, cancellationToken);
        var access = Granted().Through(view, session.User.Grantee, table);
        context.Access.Read(table, [.. fields.Where(access.Shows).Select(f => f.Name)], fields.Select(f => f.Name));
        return IsWhole(access, rows.Table, fields) ? Whole(rows) : rows with { Through = ThroughOf(access, fields) };
    }

    /// <summary>Rows of which everything may be read.</summary>
    static RelationBinding.Rows Whole(RelationBinding.Rows rows) => rows.Table.Fields.Any(DeclaredColumns.IsDeclared)
        ? rows with { Through = relation => DeclaredColumns.Shown(rows.Table.Fields, relation) }
        : rows;

    /// <summary>Makes of a relation what may be read of it. What a mask shows of a value is a text.</summary>
    Func<string, string> ThroughOf(TableAccess access, IReadOnlyList<Field> fields)
    {
        context.Access.NotePartial();
        var declared = fields.Where(field => DeclaredColumns.IsDeclared(field) && !access.Masks(field)).ToList();
        return isForPlan
            ? relation => access.SelectColumns(fields, DeclaredColumns.Shown(declared, relation))
            : relation => access.Select(
                fields, DeclaredColumns.Shown(declared, relation),
                condition => PgTranslator.Translate(condition, SessionTranslation.Of(session, static () => 0)).Text);
    }

    AccessList Granted() => context.Access.Ask(session.Host.Options.Access());

    /// <summary>Whether everything of rows is read as it is.</summary>
    static bool IsWhole(TableAccess access, TableRows rows, IReadOnlyList<Field> fields) =>
        fields.Count == rows.Fields.Count && access.IsFullOf(fields);

    /// <summary>
    /// A query that is kept for other sessions: each table with the schema in which this one finds it.
    /// </summary>
    /// <exception cref="FozException">It does not parse, or names a table's version without a schema.</exception>
    public async Task<string> QualifyAsync(string sql, CancellationToken cancellationToken)
    {
        using var engine = instance.Open();
        var analysis = engine.Analyze(sql, cancellationToken);
        var found = new Dictionary<SqlSpan, TableName>();
        foreach (var table in analysis.Tables.Where(table => table is { Schema: null, IsText: false }))
        {
            if (PgRelation.Find(schema: null, table.Name) is not null) continue;
            foreach (var schema in session.SearchPath)
            {
                if (!await IsThereAsync(new(schema, table.Name), cancellationToken)) continue;
                found.TryAdd(table.Span, new(schema, table.Name));
                if (table.At is null) continue;
                throw new FozException(
                    ErrorKind.Sql,
                    $"name the schema too where a view reads a version of a table: {schema}.{table.Name}")
                {
                    SqlState = "42P01",
                };
            }
        }
        return analysis.Rewrite(table => found.TryGetValue(table.Span, out var name)
            ? $"{SqlText.Identifier(name.Schema)}.{SqlText.Identifier(name.Name)}"
            : null).Text;
    }

    /// <summary>
    /// Whether grants give all rows and columns of a table, as they are; also where there is no table.
    /// </summary>
    public async ValueTask<bool> IsWholeAsync(AccessList access, TableName table, CancellationToken cancellationToken)
    {
        if (!await IsThereAsync(table, cancellationToken)) return true;
        var reference = new TableReference { Schema = table.Schema, Name = table.Name, Span = default };
        if (access.Of(session.User.Grantee, table) is not { } granted) return false;
        return await names.FindAsync(reference, cancellationToken) is RelationBinding.Rows rows
            ? granted.IsFullOf(await TaggedAsync(reference, rows.Table, cancellationToken))
            : granted.IsFull;
    }

    /// <summary>
    /// Returns the columns of rows with their current tags, whatever version is read and whatever their names were
    /// then. For rows that a table keeps apart it adds those of the table: rejected and held rows may have a value of
    /// any of its columns. Columns that the table no longer has are left out: nothing says any more what they held.
    /// </summary>
    async ValueTask<IReadOnlyList<Field>> TaggedAsync(
        TableReference reference, TableRows rows, CancellationToken cancellationToken)
    {
        if (session.User.IsOwner) return rows.Fields;
        var now = reference.At is null && session.Versions is null
            ? rows
            : await RowsAsync(reference with { At = null });
        var fields = now == rows ? rows.Fields : now is null ? [] : rows.Fields
            .Select(field => (Field: field, Now: now.FindStored(rows.StoredNameOf(field.Name))))
            .Where(known => known.Now is not null).Select(known => ColumnTag.WithTagsOf(known.Field, known.Now));
        var name = reference.Name;
        if (ofColumns.FirstOrDefault(end => name.EndsWith(end, StringComparison.OrdinalIgnoreCase)) is { } suffix)
        {
            var table = await FieldsAsync(reference with { At = null, Name = name[..^suffix.Length] });
            fields = fields.Select(field => ColumnTag.WithTagsOf(field, Find(table, field.Name)));
        }
        else if (ofAnyColumn.FirstOrDefault(
            end => name.EndsWith(end, StringComparison.OrdinalIgnoreCase)) is { } ending)
        {
            var table = await FieldsAsync(reference with { At = null, Name = name[..^ending.Length] });
            fields = fields.Select(field => table.Aggregate(field, ColumnTag.WithTagsOf));
        }
        return [.. fields];

        static Field? Find(IReadOnlyList<Field> among, string column) =>
            among.FirstOrDefault(field => field.Name.Equals(column, StringComparison.OrdinalIgnoreCase));

        async ValueTask<IReadOnlyList<Field>> FieldsAsync(TableReference table) =>
            (await RowsAsync(table))?.Fields ?? [];

        async ValueTask<TableRows?> RowsAsync(TableReference table) =>
            await IsThereAsync(new(table.Schema!, table.Name), cancellationToken)
            && await names.FindAsync(table, cancellationToken) is RelationBinding.Rows found ? found.Table : null;
    }

    async ValueTask<RelationBinding?> FindInLakeAsync(TableReference reference, CancellationToken cancellationToken)
    {
        if (session.Changes?.Dropped.Contains(names.Prefixed(new(reference.Schema!, reference.Name))) == true)
            return null;
        if (await FindInTransactionAsync(reference, cancellationToken) is { } version)
            return new RelationBinding.Rows(TableRows.All(version));
        var table = new TableName(reference.Schema!, reference.Name);
        if (JournalTables.Contains(table) && reference.At is null && !await IsThereAsync(table, cancellationToken))
            return new RelationBinding.Relation($"({JournalTables.SelectNone(table)})");
        var found = await names.FindAsync(reference, cancellationToken);
        if (found is RelationBinding.View view) return new RelationBinding.View(OfReader(view.Sql));
        // Records of which none has reached its table yet lie in files of this machine.
        return found is RelationBinding.Relation ? null : found;
    }

    /// <summary>Returns the SQL of a view in which <c>current_user</c> is the user who reads it.</summary>
    string OfReader(string sql)
    {
        if (!sql.Contains(CurrentUser, StringComparison.OrdinalIgnoreCase)) return sql;
        var tokens = SqlTokens.Read(sql);
        return RewrittenSql.Of(
            sql,
            [
                .. Enumerable.Range(0, tokens.Count)
                    .Where(i =>
                        tokens.IsWord(i, CurrentUser) && !tokens.IsSymbol(i - 1, '.') && !tokens.IsSymbol(i + 1, '.')
                            && !tokens.IsWord(i - 1, "AS"))
                    .Select(i =>
                        new SqlEdit(
                            new(tokens[i].Start, EndOf(i) - tokens[i].Start), SqlText.Literal(session.User.Name))),
            ]).Text;

        int EndOf(int i) =>
            tokens.IsSymbol(i + 1, '(') && tokens.IsSymbol(i + 2, ')') ? tokens[i + 2].End : tokens[i].End;
    }

    /// <summary>The version of a table that the transaction reads; null outside of one, and for views.</summary>
    async ValueTask<TableSnapshot?> FindInTransactionAsync(
        TableReference reference, CancellationToken cancellationToken)
    {
        var written = new TableName(reference.Schema!, reference.Name);
        if (reference.At is not null || session.Versions is not { } versions
            || !await IsThereAsync(written, cancellationToken))
            return null;
        var name = await names.ResolveAsync(written, cancellationToken);
        if (await session.Changes!.FindAsync(name, cancellationToken) is { } changed) return changed;
        return await names.Lake.Catalog.FindAsync(name, cancellationToken) is { Kind: DefinitionKind.Table }
            ? await versions.GetAsync(name, await names.Lake.OpenTableAsync(name, cancellationToken), cancellationToken)
            : null;
    }

    async ValueTask<bool> IsThereAsync(TableName name, CancellationToken cancellationToken) =>
        await names.Lake.Catalog.FindAsync(names.Prefixed(name), cancellationToken) is not null
        || await names.Lake.Catalog.FindAsync(name, cancellationToken) is not null;

    static FozException Missing(TableReference reference) =>
        new(ErrorKind.NotFound, $"relation \"{reference}\" does not exist") { SqlState = "42P01" };
}
