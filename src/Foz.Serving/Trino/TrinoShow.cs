using Foz.DuckDB;
using Foz.Lake;
using Foz.Lake.Data;
using Foz.Lake.Sql;
using Foz.Serving.Catalogs;
using Foz.Serving.Results;
using Foz.Serving.Sessions;
using Foz.Serving.Statements;
using Foz.Serving.Trino.Functions;
using Foz.Serving.Trino.Types;

namespace Foz.Serving.Trino;

/// <summary>
/// SHOW and DESCRIBE: queries of the catalog's relations, as Trino has them too, so that they show what their user may
/// see.
/// </summary>
/// <param name="session">The session.</param>
/// <param name="request">What the client sent.</param>
sealed class TrinoShow(SqlSession session, TrinoRequest request)
{
    static readonly ServedColumn[] columns =
    [
        new("Name", LogicalType.Varchar), new("Value", LogicalType.Varchar), new("Default", LogicalType.Varchar),
        new("Type", LogicalType.Varchar),
        new("Description", LogicalType.Varchar),
    ];

    /// <summary>Runs one.</summary>
    /// <exception cref="FozException">What it names is not there.</exception>
    public async Task<SqlCursor> RunAsync(TrinoCommand.Show show, CancellationToken cancellationToken)
    {
        if (show.What is ShowSubject.CreateTable or ShowSubject.CreateView)
            return await CreateAsync(show, cancellationToken);
        if (show.What is ShowSubject.Session) return await SessionAsync(show.Like, cancellationToken);
        var statement = await session.PrepareAsync(await QueryOfAsync(show, cancellationToken), [], cancellationToken);
        return await statement.ExecuteAsync([], cancellationToken);
    }

    async Task<string> QueryOfAsync(TrinoCommand.Show show, CancellationToken cancellationToken)
    {
        switch (show.What)
        {
            case ShowSubject.Catalogs:
                return $"SELECT catalog_name AS \"Catalog\" FROM "
                    + $"system.metadata.catalogs{Where("catalog_name", show.Like)} ORDER BY 1";
            case ShowSubject.Schemas:
                return $"SELECT schema_name AS \"Schema\" FROM "
                    + $"{InformationSchema(show.Name is [var named] ? named : null)}.schemata"
                    + $"{Where("schema_name", show.Like)} ORDER BY 1";
            case ShowSubject.Tables:
                var (inCatalog, schema) = await SchemaOfAsync(show.Name, cancellationToken);
                return $"SELECT table_name AS \"Table\" FROM {InformationSchema(inCatalog)}.tables"
                    + $"{Where("table_name", show.Like, $"table_schema = {SqlText.Literal(schema)}")} ORDER BY 1";
            case ShowSubject.Columns:
                var (ofCatalog, ofSchema, table) = await TableOfAsync(show.Name, cancellationToken);
                return "SELECT column_name AS \"Column\", data_type AS \"Type\", "
                    + "coalesce(extra_info, '') AS \"Extra\", "
                    + $"coalesce(comment, '') AS \"Comment\" FROM {InformationSchema(ofCatalog)}.columns"
                    + Where(
                        "column_name", show.Like, $"table_schema = {SqlText.Literal(ofSchema)}",
                        $"table_name = {SqlText.Literal(table)}")
                    + " ORDER BY ordinal_position";
            case ShowSubject.CreateSchema:
                var (_, made) = await SchemaOfAsync(show.Name, cancellationToken);
                return $"SELECT {SqlText.Literal($"CREATE SCHEMA {TableName.Catalog}.{made}")} AS \"Create Schema\"";
            case ShowSubject.Functions:
                var functions = TrinoFunctions.All.Values.Where(f => !f.IsRefused)
                    .Select(f => $"({Texts(f.Name, "", "", "", f.Example)}, true)");
                return $"SELECT * FROM (VALUES {string.Join(", ", functions)}) AS t(\"Function\", "
                    + "\"Return Type\", \"Argument Types\", "
                    + $"\"Function Type\", \"Description\", "
                    + $"\"Deterministic\"){Where("\"Function\"", show.Like)} ORDER BY 1";
            case ShowSubject.Roles:
                return $"SELECT role_name AS \"Role\" FROM "
                    + $"{TableName.Catalog}.information_schema.enabled_roles ORDER BY 1";
            case ShowSubject.Grants:
                return $"SELECT * FROM {TableName.Catalog}.information_schema.table_privileges "
                    + "ORDER BY table_schema, table_name";
            default:
                return await StatsAsync(show.Name, cancellationToken);
        }
    }

    async Task<SqlCursor> SessionAsync(string? like, CancellationToken cancellationToken)
    {
        var rows = TrinoProperties.All.Values.OrderBy(p => p.Name, StringComparer.Ordinal).Select(p =>
            $"({Texts(p.Name, request.Properties.GetValueOrDefault(p.Name) ?? p.Default, p.Default, p.Type,
                p.Description)})");
        if (like is null) return await ConstantRows.OpenAsync(session, columns, rows, "SHOW", cancellationToken);
        var names = string.Join(", ", columns.Select(c => SqlText.Identifier(c.Name)));
        var statement = await session.PrepareAsync(
            $"SELECT * FROM (VALUES {string.Join(", ", rows)}) AS t({names}) WHERE \"Name\" LIKE {like} ORDER BY 1", [],
            cancellationToken);
        return await statement.ExecuteAsync([], cancellationToken);
    }

    async Task<SqlCursor> CreateAsync(TrinoCommand.Show show, CancellationToken cancellationToken)
    {
        var table = await FindAsync(show.Name, cancellationToken);
        var (what, isView) = (show.What is ShowSubject.CreateView ? "View" : "Table", table.IsView);
        if (isView != show.What is ShowSubject.CreateView)
            throw new FozException(
                ErrorKind.Sql,
                $"Relation '{TableName.Catalog}.{table.Name}' is a {(isView ? "view" : "table")}, not a "
                    + $"{what.ToLowerInvariant()}")
            {
                SqlState = "0A000",
            };
        return await ConstantRows.OpenAsync(
            session, [new($"Create {what}", LogicalType.Varchar)], [$"({SqlText.Literal(TextOf(table))})"], "SHOW",
            cancellationToken);
    }

    static string TextOf(CatalogTable table)
    {
        var name = $"{TableName.Catalog}.{Quoted(table.Name.Schema.ToLowerInvariant())}.{Quoted(table.Name.Name)}";
        if (table.IsView)
            return table.ViewSql is { } sql
                ? $"CREATE VIEW {name} SECURITY DEFINER AS\n{sql}"
                : throw new FozException(ErrorKind.Denied, $"Access Denied: Cannot show create view for {table.Name}");
        var lines = table.Columns.Select(c =>
            $"   {Quoted(c.Name)} "
                + $"{TrinoType.Of(c.Type, hasPrecisions: true).Name}"
                + $"{(c.IsNullable ? "" : " NOT NULL")}{Comment(c.Comment)}");
        var comment = table.Comment is null ? "" : $"\nCOMMENT {SqlText.Literal(table.Comment)}";
        return $"CREATE TABLE {name} (\n{string.Join(",\n", lines)}\n){comment}";
    }

    static string Comment(string? text) => text is null ? "" : $" COMMENT {SqlText.Literal(text)}";

    static string Quoted(string name) =>
        name.Length > 0 && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '_')
            && !char.IsAsciiDigit(name[0])
            ? name
            : SqlText.Identifier(name);

    async Task<string> StatsAsync(IReadOnlyList<string> name, CancellationToken cancellationToken)
    {
        var table = await FindAsync(name, cancellationToken);
        const string unknown = "CAST(NULL AS double), CAST(NULL AS double), CAST(NULL AS double)";
        var rows = table.Columns.Select(c =>
            $"({SqlText.Literal(c.Name)}, {unknown}, CAST(NULL AS double), CAST(NULL AS "
                + "varchar), CAST(NULL AS varchar))")
            .Append(
                FormattableString.Invariant(
                    $"(NULL, {unknown}, CAST({(table.RowCount is { } n ? $"{n}" : "NULL")} AS double), NULL, NULL)"));
        return $"SELECT * FROM (VALUES {string.Join(", ", rows)}) AS t(column_name, data_size, distinct_values_count, "
            + "nulls_fraction, row_count, low_value, high_value)";
    }

    async Task<CatalogTable> FindAsync(IReadOnlyList<string> name, CancellationToken cancellationToken)
    {
        var (catalog, schema, table) = await TableOfAsync(name, cancellationToken);
        var (view, _) = await session.Catalog.ViewAsync(cancellationToken);
        return catalog == TableName.Catalog && view.Image.Find(schema, table, []) is { } found
            ? found
            : throw TrinoNames.MissingTable(catalog, schema, table);
    }

    /// <summary>A schema that is there.</summary>
    async Task<(string Catalog, string Schema)> SchemaOfAsync(
        IReadOnlyList<string> name, CancellationToken cancellationToken)
    {
        var (catalog, schema) = name switch
        {
            [var only] => (request.Catalog ?? TableName.Catalog, only),
            [var first, var second] => (first, second),
            [] => (request.Catalog ?? TableName.Catalog, request.Schema ?? throw TrinoNames.MissingSchemaName()),
            _ => throw new FozException(ErrorKind.Sql, $"Too many parts in schema name: {string.Join('.', name)}"),
        };
        await TrinoNames.CheckSchemaAsync(session, catalog, schema, cancellationToken);
        return (catalog, schema);
    }

    /// <summary>A table that is there.</summary>
    async Task<(string Catalog, string Schema, string Table)> TableOfAsync(
        IReadOnlyList<string> name, CancellationToken cancellationToken)
    {
        var (catalog, schema) = await SchemaOfAsync([.. name.Take(name.Count - 1)], cancellationToken);
        var table = name[^1];
        var (view, _) = await session.Catalog.ViewAsync(cancellationToken);
        if (TrinoRelation.Find(catalog, schema, table) is null
            && (catalog != TableName.Catalog || view.Image.Find(schema, table, []) is null))
            throw TrinoNames.MissingTable(catalog, schema, table);
        return (catalog, schema, table);
    }

    string InformationSchema(string? catalog)
    {
        catalog ??= request.Catalog ?? TableName.Catalog;
        return TrinoRelation.Catalogs.Contains(catalog)
            ? $"{catalog}.information_schema"
            : throw TrinoNames.MissingCatalog(catalog);
    }

    static string Where(string column, string? like, params ReadOnlySpan<string> conditions)
    {
        List<string> all = [.. conditions];
        if (like is not null) all.Add($"{column} LIKE {like}");
        return all.Count == 0 ? "" : $" WHERE {string.Join(" AND ", all)}";
    }

    static string Texts(params IEnumerable<string> texts) => string.Join(", ", texts.Select(SqlText.Literal));
}
