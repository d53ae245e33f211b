using System.Globalization;
using Foz.Serving.Catalogs;
using Foz.Serving.PostgreSql.Types;
using Foz.Serving.Settings;
using Foz.Serving.Sql;

namespace Foz.Serving.PostgreSql;

/// <summary>The rows of the system catalogs.</summary>
static class CatalogRows
{
    const uint HeapAccessMethod = 2;
    const uint DefaultCollation = 100;

    /// <summary>The rows of a relation; none of one that has nothing to tell of a lake.</summary>
    public static IEnumerable<PgRow> Of(PgRelation relation, CatalogImage image) =>
        relation.Schema == PgRelation.InformationSchema
            ? InformationSchemaRows.Of(relation.Name, image)
            : relation.Name switch
            {
                "pg_namespace" =>
                    image.Schemas.Append(PgRelation.Catalog).Append(PgRelation.InformationSchema).Select(Namespace),
                "pg_class" => PgRelation.All.Values.Select(SystemClass).Concat(image.Tables.Select(Class)),
                "pg_attribute" =>
                    PgRelation.All.Values.SelectMany(SystemAttributes).Concat(image.Tables.SelectMany(Attributes)),
                "pg_type" => PgTypeRow.All.Values.OrderBy(t => t.Oid).Select(t => t.ToRow()),
                "pg_proc" => EmbeddedTable.ReadLines("pg_proc.tsv").Select(Procedure),
                "pg_description" => image.Tables.SelectMany(Descriptions),
                "pg_tables" => image.Tables.Where(t => !t.IsView).Select(TableRow),
                "pg_views" => image.Tables.Where(t => t.IsView).Select(ViewRow),
                "pg_roles" or "pg_authid" or "pg_user" or "pg_shadow" => image.Roles.Select(Role),
                "pg_settings" =>
                    SessionSetting.All.Values.OrderBy(s => s.Name, StringComparer.OrdinalIgnoreCase).Select(Setting),
                "pg_stat_user_tables" or "pg_statio_user_tables" or "pg_stat_all_tables" =>
                    image.Tables.Where(t => !t.IsView).Select(Statistics),
                _ => SystemRows.Of(relation.Name),
            };

    static PgRow Namespace(string schema) => new()
    {
        ["oid"] = PgOids.OfSchema(schema), ["nspname"] = schema, ["nspowner"] = PgOids.Owner,
    };

    static PgRow ClassOf(uint oid, string schema, string name, string kind, int columns) => new()
    {
        ["oid"] = oid, ["relname"] = name, ["relnamespace"] = PgOids.OfSchema(schema), ["relowner"] = PgOids.Owner,
        ["relam"] = kind == "r" ? HeapAccessMethod : 0, ["relfilenode"] = kind == "r" ? oid : 0, ["relkind"] = kind,
        ["relnatts"] = columns, ["relpersistence"] = "p", ["relispopulated"] = true,
        ["relreplident"] = kind == "r" ? "d" : "n",
    };

    static PgRow SystemClass(PgRelation relation)
    {
        var row = ClassOf(relation.Oid, relation.Schema, relation.Name, relation.Kind, relation.Columns.Count);
        row["reltuples"] = -1;
        return row;
    }

    static PgRow Class(CatalogTable table)
    {
        var row = ClassOf(
            table.Oid, table.Name.Schema.ToLowerInvariant(), table.Name.Name, table.IsView ? "v" : "r",
            table.Columns.Count);
        row["reltuples"] = table.RowCount ?? -1;
        row["relpages"] = Math.Min(int.MaxValue, (table.Bytes + 8191) / 8192);
        if (table.IsView) row["relhasrules"] = true;
        return row;
    }

    static IEnumerable<PgRow> SystemAttributes(PgRelation relation) => relation.Columns.Select((column, i) =>
        Attribute(
            relation.Oid, column.Name, i + 1, PgTypes.Of(Foz.DuckDB.LogicalType.Parse(column.Type)), isNullable: true));

    static IEnumerable<PgRow> Attributes(CatalogTable table) => table.Columns.Select((column, i) =>
        Attribute(table.Oid, column.Name, i + 1, column.PgType, column.IsNullable));

    static PgRow Attribute(uint relation, string name, int number, PgType type, bool isNullable)
    {
        var cells = PgTypeRow.All.GetValueOrDefault(type.Oid)?.Cells;
        return new()
        {
            ["attrelid"] = relation, ["attname"] = name, ["atttypid"] = type.Oid, ["attstattarget"] = -1,
            ["attlen"] = type.Size,
            ["attnum"] = number, ["attndims"] = 0, ["attcacheoff"] = -1, ["atttypmod"] = type.Modifier,
            ["attbyval"] = cells?[3] == "t", ["attalign"] = cells?[14] ?? "i", ["attstorage"] = cells?[15] ?? "x",
            ["attcompression"] = "", ["attnotnull"] = !isNullable, ["attidentity"] = "", ["attgenerated"] = "",
            ["attislocal"] = true,
            ["attcollation"] = cells is null
                ? 0
                : long.Parse(cells[17], CultureInfo.InvariantCulture) == 0 ? 0 : DefaultCollation,
        };
    }

    static PgRow Procedure(string[] cells) => new()
    {
        ["oid"] = long.Parse(cells[0], CultureInfo.InvariantCulture), ["proname"] = cells[1],
        ["pronamespace"] = PgOids.Catalog,
        ["proowner"] = PgOids.Owner, ["prolang"] = 12, ["procost"] = 1, ["prokind"] = cells[5],
        ["prorettype"] = long.Parse(cells[2], CultureInfo.InvariantCulture),
        ["pronargs"] = long.Parse(cells[3], CultureInfo.InvariantCulture), ["proretset"] = cells[4] == "t",
        ["provolatile"] = "i", ["proparallel"] = "s", ["proisstrict"] = true, ["prosrc"] = cells[1],
    };

    static IEnumerable<PgRow> Descriptions(CatalogTable table)
    {
        const uint PgClass = 1259;
        if (table.Comment is { Length: > 0 } comment)
            yield return new()
            {
                ["objoid"] = table.Oid, ["classoid"] = PgClass, ["objsubid"] = 0, ["description"] = comment,
            };
        for (var i = 0; i < table.Columns.Count; i++)
            if (table.Columns[i].Comment is { Length: > 0 } text)
                yield return new()
                {
                    ["objoid"] = table.Oid, ["classoid"] = PgClass, ["objsubid"] = i + 1, ["description"] = text,
                };
    }

    static PgRow TableRow(CatalogTable table) => new()
    {
        ["schemaname"] = table.Name.Schema.ToLowerInvariant(), ["tablename"] = table.Name.Name, ["tableowner"] = "foz",
    };

    static PgRow ViewRow(CatalogTable table) => new()
    {
        ["schemaname"] = table.Name.Schema.ToLowerInvariant(), ["viewname"] = table.Name.Name, ["viewowner"] = "foz",
        ["definition"] = table.ViewSql,
    };

    static PgRow Role(string name) => new()
    {
        ["oid"] = name == "foz" ? PgOids.Owner : PgOids.Of("role", name), ["rolname"] = name, ["rolinherit"] = true,
        ["rolcanlogin"] = true, ["rolsuper"] = name == "foz", ["rolconnlimit"] = -1, ["rolpassword"] = "********",
        ["usename"] = name, ["usesysid"] = name == "foz" ? PgOids.Owner : PgOids.Of("role", name),
        ["passwd"] = "********",
    };

    static PgRow Setting(SessionSetting setting) => new()
    {
        ["name"] = setting.Name, ["setting"] = setting.Default, ["category"] = "Foz",
        ["short_desc"] = setting.Description,
        ["context"] = setting.IsFixed ? "internal" : "user", ["vartype"] = "string", ["source"] = "default",
        ["boot_val"] = setting.Default, ["reset_val"] = setting.Default, ["pending_restart"] = false,
    };

    static PgRow Statistics(CatalogTable table) => new()
    {
        ["relid"] = table.Oid, ["schemaname"] = table.Name.Schema.ToLowerInvariant(), ["relname"] = table.Name.Name,
        ["n_live_tup"] = table.RowCount ?? 0,
    };
}
