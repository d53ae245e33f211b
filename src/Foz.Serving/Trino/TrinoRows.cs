using Foz.Lake.Data;
using Foz.Serving.Catalogs;
using Foz.Serving.Trino.Types;

namespace Foz.Serving.Trino;

/// <summary>The rows of the relations that Trino's catalogs have.</summary>
static class TrinoRows
{
    const string Lake = TableName.Catalog;
    const long NullableUnknown = 2;

    /// <summary>The rows of a relation for a catalog; none of one that has nothing to tell.</summary>
    /// <param name="relation">The relation.</param>
    /// <param name="catalog">The catalog in whose <c>information_schema</c> it is.</param>
    /// <param name="image">What the user sees of the lake.</param>
    public static IEnumerable<object?[]> Of(TrinoRelation relation, string catalog, CatalogImage image) =>
        (relation.Schema, relation.Name) switch
        {
            (TrinoRelation.InformationSchema, var name) => OfInformationSchema(name, catalog.ToLowerInvariant(), image),
            ("jdbc", var name) => OfJdbc(name, image),
            ("metadata", "catalogs") =>
                [[Lake, Lake, "delta_lake"], [TrinoRelation.System, TrinoRelation.System, TrinoRelation.System]],
            ("metadata", "table_comments") =>
                image.Tables.Select(t => new object?[] { Lake, SchemaOf(t), t.Name.Name, t.Comment }),
            ("runtime", "nodes") => [["foz", "http://localhost", TrinoVersion.Served, true, "active"]],
            _ => [],
        };

    /// <summary>The rows of <c>system.runtime.queries</c>.</summary>
    public static IEnumerable<object?[]> Of(IEnumerable<TrinoQueryRow> queries) => queries.Select(q => new object?[]
    {
        q.Id, q.State, q.User, q.Source?.Replace('\0', ' '), q.Sql.Replace('\0', ' '),
        new object?[] { q.Workload ?? "global" }, (long)q.Queued.TotalMilliseconds, 0L, 0L, q.Created, q.Created, null,
        null,
        q.ErrorName is null ? null : "USER_ERROR", q.ErrorName,
    });

    static IEnumerable<object?[]> OfInformationSchema(string name, string catalog, CatalogImage image)
    {
        var tables = TablesOf(catalog, image);
        return name switch
        {
            "schemata" => TrinoRelation.SchemasOf(catalog, image).Select(schema => new object?[] { catalog, schema }),
            "tables" => tables.Select(t => new object?[]
            {
                catalog, t.Schema, t.Name, t.IsView ? "VIEW" : "BASE TABLE", t.IsView ? "VIEW" : null, t.Comment,
            }),
            "columns" => tables.SelectMany(t => t.Columns.Select((c, i) => new object?[]
            {
                catalog, t.Schema, t.Name, c.Name, i + 1L, null, c.IsNullable ? "YES" : "NO", TypeOf(c), c.Comment,
                null, c.Comment,
            })),
            "views" when catalog == Lake =>
                image.Tables.Where(t => t.IsView)
                    .Select(t => new object?[] { Lake, SchemaOf(t), t.Name.Name, t.ViewSql }),
            "roles" or "enabled_roles" => image.Roles.Select(role => new object?[] { role }),
            _ => [],
        };
    }

    static IEnumerable<object?[]> OfJdbc(string name, CatalogImage image) => name switch
    {
        "catalogs" => TrinoRelation.Catalogs.Order(StringComparer.Ordinal).Select(catalog => new object?[] { catalog }),
        "schemas" => TrinoRelation.Catalogs.SelectMany(catalog =>
            TrinoRelation.SchemasOf(catalog, image).Select(schema => new object?[] { schema, catalog })),
        "tables" => TrinoRelation.Catalogs.SelectMany(catalog => TablesOf(catalog, image).Select(t => new object?[]
        {
            catalog, t.Schema, t.Name, t.IsView ? "VIEW" : t.IsSystem ? "SYSTEM TABLE" : "TABLE", t.Comment, null, null,
            null, null, null,
        })),
        "columns" => TrinoRelation.Catalogs.SelectMany(catalog => TablesOf(catalog, image)
            .SelectMany(t => t.Columns.Select((c, i) => JdbcColumn(catalog, t, c, i + 1)))),
        "table_types" => [["SYSTEM TABLE"], ["TABLE"], ["VIEW"]],
        "types" => JdbcType.All.Select(t => t.ToRow()),
        _ => [],
    };

    static object?[] JdbcColumn(string catalog, ListedTable table, CatalogColumn column, int number)
    {
        var type = JdbcType.Of(column.Type);
        return
        [
            catalog, table.Schema, table.Name, column.Name, type.Number, TypeOf(column), type.Size, 0L, type.Digits,
            type.Radix,
            column.IsNullable ? NullableUnknown : 0L, column.Comment, null, null, null, type.OctetLength, number,
            column.IsNullable ? "" : "NO", null, null, null, null, null, null,
        ];
    }

    /// <summary>The tables of a catalog with those that the system has there.</summary>
    static IEnumerable<ListedTable> TablesOf(string catalog, CatalogImage image)
    {
        var system = TrinoRelation.All
            .Where(r => r.Catalog is null || r.Catalog == catalog)
            .Select(r => new ListedTable(
                r.Schema, r.Name, IsView: false, IsSystem: true, Comment: null,
                [
                    .. r.Columns.Select(c =>
                        new CatalogColumn(
                            c.Name, Foz.DuckDB.LogicalType.Parse(c.Type), IsNullable: true, Comment: null)),
                ]));
        return catalog != Lake
            ? system
            : system.Concat(
                image.Tables.Select(t =>
                    new ListedTable(SchemaOf(t), t.Name.Name, t.IsView, IsSystem: false, t.Comment, t.Columns)));
    }

    static string TypeOf(CatalogColumn column) => TrinoType.Of(column.Type, hasPrecisions: true).Name;

    static string SchemaOf(CatalogTable table) => table.Name.Schema.ToLowerInvariant();

    /// <summary>A table or view as catalogs list it.</summary>
    readonly record struct ListedTable(
        string Schema, string Name, bool IsView, bool IsSystem, string? Comment, IReadOnlyList<CatalogColumn> Columns);
}
