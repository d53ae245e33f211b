using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Sql;

namespace Foz.Lake.Statements;

/// <summary>Carries out the statements that change what names stand for.</summary>
sealed class DefinitionStatements(StatementContext context)
{
    readonly EngineSession session = context.Session;
    readonly EnvironmentNameResolver? names = context.Names;

    public async Task<StatementResult> DropTableAsync(Statement.DropTable drop, CancellationToken cancellationToken)
    {
        var name = NameOf(drop.Table);
        return await FindAsync(name, cancellationToken) switch
        {
            { Kind: DefinitionKind.Table } when DropsLater(name) => StatementResult.Of(("num_files_deleted", 0)),
            { Kind: DefinitionKind.Table } table => StatementResult.Of(
                ("num_files_deleted", await names!.Lake.DropTableAsync(table, cancellationToken))),
            { } => throw new FozException(ErrorKind.Usage, $"{name} is a view, not a table")
            {
                Hint = $"DROP VIEW {name}",
            },
            null when drop.IfExists => StatementResult.Of(("num_files_deleted", 0)),
            null => throw await names!.Lake.Catalog.UnknownAsync(name, cancellationToken),
        };
    }

    public async Task<StatementResult> CreateViewAsync(Statement.CreateView create, CancellationToken cancellationToken)
    {
        var name = NameOf(create.View);
        var present = await FindAsync(name, cancellationToken);
        if (present is { Kind: DefinitionKind.Table })
            throw new FozException(ErrorKind.Usage, $"{name} is a table, not a view");
        if (present is not null && create.IfNotExists) return ViewResult(name);
        if (present is not null && !create.Replaces)
            throw new FozException(ErrorKind.Data, $"{name} already exists")
            {
                Hint = "CREATE VIEW IF NOT EXISTS leaves it, CREATE OR REPLACE VIEW makes it another one",
            };
        var sql = await InLakeAsync(name, create.Query, cancellationToken);
        using (var bound = await context.BindAsync(create.Query, cancellationToken))
            session.Describe(bound.Sql, cancellationToken);
        await names!.Lake.Catalog.DefineAsync(
            name,
            before => before is { Kind: DefinitionKind.Table }
                ? throw new FozException(ErrorKind.Conflict, $"{name} became a table meanwhile")
                : new()
                {
                    Schema = name.Schema, Name = name.Name, Kind = DefinitionKind.View, Sql = sql,
                    Description = create.Comment ?? before?.Description, Owner = before?.Owner,
                },
            cancellationToken);
        return ViewResult(name);
    }

    public async Task<StatementResult> DropViewAsync(Statement.DropView drop, CancellationToken cancellationToken)
    {
        var name = NameOf(drop.View);
        switch (await FindAsync(name, cancellationToken))
        {
            case { Kind: DefinitionKind.View } when DropsLater(name): break;
            case { Kind: DefinitionKind.View }:
                await names!.Lake.Catalog.DropAsync(name, cancellationToken);
                break;
            case { }:
                throw new FozException(ErrorKind.Usage, $"{name} is a table, not a view")
                {
                    Hint = $"DROP TABLE {name}",
                };
            case null when !drop.IfExists: throw await names!.Lake.Catalog.UnknownAsync(name, cancellationToken);
        }
        return ViewResult(name);
    }

    public async Task<StatementResult> RenameAsync(Statement.Rename rename, CancellationToken cancellationToken)
    {
        var (name, to) = (NameOf(rename.Table), NameOf(rename.To));
        var found = await FindAsync(name, cancellationToken);
        if (found is null)
            return rename.IfExists
                ? Named(name)
                : throw await names!.Lake.Catalog.UnknownAsync(name, cancellationToken);
        if (rename.IsView != found.Kind is DefinitionKind.View)
            throw new FozException(ErrorKind.Usage, $"{name} is a {(rename.IsView ? "table" : "view")}")
            {
                SqlState = "42809", Hint = $"ALTER {(rename.IsView ? "TABLE" : "VIEW")} {name} RENAME TO {to.Name}",
            };
        await names!.Lake.Catalog.RenameAsync(found, to, cancellationToken);
        return Named(to);
    }

    static StatementResult Named(TableName name) => new([new("name", DataType.String)], [[$"{name}"]]);

    static StatementResult ViewResult(TableName view) => new([new("view", DataType.String)], [[$"{view}"]]);

    /// <summary>The name in the lake: that of the environment's own, never one that it only reads.</summary>
    TableName NameOf(TableTarget target)
    {
        if (target.Name is not { } name || names is null)
            throw new FozException(ErrorKind.NotFound, $"only names of a lake are created and dropped, not {target}")
            {
                Hint = "write schema.table, inside a project",
            };
        return name.Schema.Equals(TableName.SystemSchema, StringComparison.OrdinalIgnoreCase)
            ? throw new FozException(
                ErrorKind.Denied,
                $"{name} is Foz's own: what is in the schema {TableName.SystemSchema} stays unchanged")
            : names.Prefixed(name);
    }

    async ValueTask<Definition?> FindAsync(TableName name, CancellationToken cancellationToken) =>
        context.Dropped?.Contains(name) == true ? null : await names!.Lake.Catalog.FindAsync(name, cancellationToken);

    bool DropsLater(TableName name)
    {
        context.Dropped?.Add(name);
        return context.Dropped is not null;
    }

    /// <summary>Returns a view's SELECT with the names that the lake has, the same for all readers.</summary>
    async Task<string> InLakeAsync(TableName view, string query, CancellationToken cancellationToken)
    {
        var analysis = session.Analyze(query, cancellationToken);
        var known = new Dictionary<TableName, TableName>();
        foreach (var table in analysis.Tables.Where(table => table.Schema is not null))
        {
            var written = new TableName(table.Schema!, table.Name);
            known[written] = await names!.ResolveAsync(written, cancellationToken);
            if (known[written] == view) throw new FozException(ErrorKind.Sql, $"the view {view} would read itself");
        }
        return analysis.Rewrite(table => table is { Schema: { } schema, At: null }
            && known[new(schema, table.Name)] is var name && name != new TableName(schema, table.Name)
            ? $"{SqlText.Identifier(name.Schema)}.{SqlText.Identifier(name.Name)}"
            : null).Text;
    }
}
