using System.Collections.Frozen;

namespace Foz.Pipelines.Projects.Parsing;

/// <summary>Words of DuckDB's SQL, for <see cref="FastSelectParser"/>.</summary>
static class SqlKeywords
{
    /// <summary>Types that are one word, some with a size.</summary>
    public static readonly FrozenSet<string> Types = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase, "integer", "int", "bigint", "smallint", "tinyint", "hugeint", "double",
        "real", "decimal",
        "numeric", "varchar", "text", "boolean", "date", "timestamp", "timestamptz");

    /// <summary>
    /// Words that may mean something in DuckDB's grammar, except for those of them that are names of columns
    /// everywhere.
    /// </summary>
    public static readonly FrozenSet<string> Keywords = """
        between bigint bit boolean char character coalesce dec decimal exists extract float grouping grouping_id inout int integer interval
        national nchar none nullif numeric out overlay position precision real row setof smallint substring time timestamp treat trim values
        varchar xmlattributes xmlconcat xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable all analyse
        analyze and any array as asc asymmetric both case cast check collate column constraint create default deferrable desc describe
        distinct do else end except false fetch for foreign from group having in initially intersect into lambda lateral leading limit not
        null offset on only or order pivot pivot_longer pivot_wider placing primary qualify references returning select show some summarize
        symmetric table then to trailing true union unique unpivot using variadic when where window with anti asof at authorization binary
        by collation columns concurrently cross freeze full generated glob ilike inner is isnull join left like map natural notnull outer
        overlaps positional right semi similar struct tablesample try_cast unpack verbose escape exclude filter first following ignore last
        nulls others over partition preceding recursive replace respect rows sample set sets ties unbounded within without call
        commit copy delete drop execute explain export import insert load pragma prepare reset set truncate update use vacuum attach alter
        begin checkpoint deallocate detach install rollback merge comment grant revoke cube rollup text materialized exclusive
        """.Split([' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries)
        .ToFrozenSet(StringComparer.OrdinalIgnoreCase);
}
