using Foz.Serving.PostgreSql.Types;

namespace Foz.Serving.PostgreSql;

/// <summary>The rows of system catalogs that are the same in every lake.</summary>
static class SystemRows
{
    /// <summary>The number of the tablespace <c>pg_default</c>.</summary>
    public const string DefaultTablespace = "1663";

    /// <summary>The rows of a relation of <c>pg_catalog</c>.</summary>
    public static IEnumerable<PgRow> Of(string relation) => relation switch
    {
        "pg_database" => [Database()],
        "pg_am" =>
        [
            new() { ["oid"] = 2, ["amname"] = "heap", ["amhandler"] = 3, ["amtype"] = "t" },
            new() { ["oid"] = 403, ["amname"] = "btree", ["amhandler"] = 330, ["amtype"] = "i" },
        ],
        "pg_tablespace" =>
        [
            new() { ["oid"] = 1663, ["spcname"] = "pg_default", ["spcowner"] = PgOids.Owner },
            new() { ["oid"] = 1664, ["spcname"] = "pg_global", ["spcowner"] = PgOids.Owner },
        ],
        "pg_language" =>
        [
            new() { ["oid"] = 12, ["lanname"] = "internal", ["lanowner"] = PgOids.Owner },
            new() { ["oid"] = 14, ["lanname"] = "sql", ["lanowner"] = PgOids.Owner, ["lanpltrusted"] = true },
        ],
        "pg_collation" =>
        [
            new()
            {
                ["oid"] = 100, ["collname"] = "default", ["collnamespace"] = PgOids.Catalog, ["collprovider"] = "d",
                ["collisdeterministic"] = true, ["collencoding"] = -1,
            },
            new()
            {
                ["oid"] = 950, ["collname"] = "C", ["collnamespace"] = PgOids.Catalog, ["collprovider"] = "c",
                ["collisdeterministic"] = true, ["collencoding"] = -1,
            },
        ],
        "pg_range" =>
        [
            Range(3904, 23, 4451), Range(3906, 1700, 4532), Range(3908, 1114, 4533), Range(3910, 1184, 4534),
            Range(3912, 1082, 4535), Range(3926, 20, 4536),
        ],
        _ => [],
    };

    static PgRow Database() => new()
    {
        ["oid"] = PgOids.Database, ["datname"] = "lake", ["datdba"] = PgOids.Owner, ["encoding"] = 6,
        ["datlocprovider"] = "c",
        ["datallowconn"] = true, ["datconnlimit"] = -1, ["datcollate"] = "C", ["datctype"] = "C.UTF-8",
        ["dattablespace"] = 1663,
    };

    static PgRow Range(uint type, uint element, uint multirange) => new()
    {
        ["rngtypid"] = type, ["rngsubtype"] = element, ["rngmultitypid"] = multirange,
    };
}
