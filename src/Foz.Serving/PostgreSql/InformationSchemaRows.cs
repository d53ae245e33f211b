using Foz.Serving.Catalogs;
using Foz.Serving.PostgreSql.Types;
using Foz.Wire.PostgreSql;

namespace Foz.Serving.PostgreSql;

/// <summary>The rows of <c>information_schema</c>.</summary>
static class InformationSchemaRows
{
    const string Lake = "lake";

    /// <summary>The rows of a relation.</summary>
    public static IEnumerable<PgRow> Of(string relation, CatalogImage image) => relation switch
    {
        "information_schema_catalog_name" => [new() { ["catalog_name"] = Lake }],
        "schemata" => image.Schemas.Append(PgRelation.Catalog).Append(PgRelation.InformationSchema).Select(Schema),
        "tables" => PgRelation.All.Values.Select(SystemTable).Concat(image.Tables.Select(Table)),
        "columns" => PgRelation.All.Values.SelectMany(SystemColumns).Concat(image.Tables.SelectMany(Columns)),
        "views" => image.Tables.Where(t => t.IsView).Select(View),
        "enabled_roles" or "applicable_roles" => image.Roles.Select(role => new PgRow { ["role_name"] = role }),
        _ => [],
    };

    static PgRow Schema(string schema) =>
        new() { ["catalog_name"] = Lake, ["schema_name"] = schema, ["schema_owner"] = "foz" };

    static PgRow SystemTable(PgRelation relation) =>
        TableOf(
            relation.Schema, relation.Name, relation.Kind == "r" ? "BASE TABLE" : "VIEW",
            isInsertable: relation.Kind == "r");

    static PgRow Table(CatalogTable table) => TableOf(
        table.Name.Schema.ToLowerInvariant(), table.Name.Name, table.IsView ? "VIEW" : "BASE TABLE",
        isInsertable: !table.IsView);

    static PgRow TableOf(string schema, string name, string type, bool isInsertable) => new()
    {
        ["table_catalog"] = Lake, ["table_schema"] = schema, ["table_name"] = name, ["table_type"] = type,
        ["is_insertable_into"] = isInsertable ? "YES" : "NO", ["is_typed"] = "NO",
    };

    static IEnumerable<PgRow> SystemColumns(PgRelation relation) => relation.Columns.Select((column, i) => ColumnOf(
        relation.Schema, relation.Name, column.Name, i + 1, PgTypes.Of(Foz.DuckDB.LogicalType.Parse(column.Type)),
        isNullable: true));

    static IEnumerable<PgRow> Columns(CatalogTable table) => table.Columns.Select((column, i) => ColumnOf(
        table.Name.Schema.ToLowerInvariant(), table.Name.Name, column.Name, i + 1, column.PgType, column.IsNullable));

    static PgRow ColumnOf(string schema, string table, string name, int number, PgType type, bool isNullable)
    {
        var typeRow = PgTypeRow.All.GetValueOrDefault(type.Oid);
        var row = new PgRow
        {
            ["table_catalog"] = Lake, ["table_schema"] = schema, ["table_name"] = table, ["column_name"] = name,
            ["ordinal_position"] = number, ["is_nullable"] = isNullable ? "YES" : "NO",
            ["data_type"] = TypeOids.ElementOf(type.Oid) != 0 ? "ARRAY" : typeRow?.SqlName ?? "text",
            ["udt_catalog"] = Lake, ["udt_schema"] = PgRelation.Catalog, ["udt_name"] = typeRow?.Name ?? "text",
            ["dtd_identifier"] = $"{number}", ["is_self_referencing"] = "NO", ["is_identity"] = "NO",
            ["identity_cycle"] = "NO", ["is_generated"] = "NEVER", ["is_updatable"] = "YES",
            ["character_maximum_length"] = null, ["character_octet_length"] = null, ["numeric_precision"] = null,
            ["numeric_precision_radix"] = null, ["numeric_scale"] = null, ["datetime_precision"] = null,
            ["interval_precision"] = null, ["maximum_cardinality"] = null,
        };
        SetPrecision(row, type);
        return row;
    }

    static void SetPrecision(PgRow row, PgType type)
    {
        switch (type.Oid)
        {
            case TypeOids.Text or TypeOids.Varchar:
                row["character_octet_length"] = 1 << 30;
                break;
            case TypeOids.Numeric when type.Modifier >= 4:
                (row["numeric_precision"], row["numeric_precision_radix"]) = ((type.Modifier - 4) >> 16, 10);
                row["numeric_scale"] = (type.Modifier - 4) & 0x7ff;
                break;
            case TypeOids.Numeric:
                row["numeric_precision_radix"] = 10;
                break;
            case TypeOids.Int2 or TypeOids.Int4 or TypeOids.Int8:
                (row["numeric_precision"], row["numeric_precision_radix"]) = (type.Size * 8, 2);
                row["numeric_scale"] = 0;
                break;
            case TypeOids.Float4 or TypeOids.Float8:
                (row["numeric_precision"], row["numeric_precision_radix"]) = (type.Oid == TypeOids.Float4 ? 24 : 53, 2);
                break;
            case TypeOids.Date:
                row["datetime_precision"] = 0;
                break;
            case TypeOids.Time or TypeOids.Timetz or TypeOids.Timestamp or TypeOids.Timestamptz or TypeOids.Interval:
                row["datetime_precision"] = 6;
                break;
        }
    }

    static PgRow View(CatalogTable table) => new()
    {
        ["table_catalog"] = Lake, ["table_schema"] = table.Name.Schema.ToLowerInvariant(),
        ["table_name"] = table.Name.Name,
        ["view_definition"] = table.ViewSql, ["check_option"] = "NONE", ["is_updatable"] = "NO",
        ["is_insertable_into"] = "NO",
        ["is_trigger_updatable"] = "NO", ["is_trigger_deletable"] = "NO", ["is_trigger_insertable_into"] = "NO",
    };
}
