using System.Collections.Frozen;
using System.Globalization;
using Foz.Serving.Sql;

namespace Foz.Serving.PostgreSql.Types;

/// <summary>A type that PostgreSQL has, as <c>pg_type</c> tells of it.</summary>
sealed record PgTypeRow(uint Oid, string Name, string[] Cells)
{
    static readonly string[] columns =
    [
        "oid", "typname", "typlen", "typbyval", "typtype", "typcategory", "typispreferred", "typdelim", "typelem",
        "typarray",
        "typinput", "typoutput", "typreceive", "typsend", "typalign", "typstorage", "typbasetype", "typcollation",
        "typsubscript",
    ];

    static readonly HashSet<string> texts = new(StringComparer.Ordinal)
    {
        "typname", "typtype", "typcategory", "typdelim", "typalign", "typstorage",
    };

    static readonly Dictionary<string, string> sqlNames = new(StringComparer.Ordinal)
    {
        ["int2"] = "smallint",
        ["int4"] = "integer",
        ["int8"] = "bigint",
        ["bool"] = "boolean",
        ["float4"] = "real",
        ["float8"] = "double precision",
        ["varchar"] = "character varying",
        ["bpchar"] = "character",
        ["char"] = "\"char\"",
        ["timestamp"] = "timestamp without time zone",
        ["timestamptz"] = "timestamp with time zone",
        ["time"] = "time without time zone",
        ["timetz"] = "time with time zone",
        ["varbit"] = "bit varying",
    };

    /// <summary>All types, by number.</summary>
    public static readonly FrozenDictionary<uint, PgTypeRow> All = EmbeddedTable.ReadLines("pg_type.tsv")
        .Select(cells => new PgTypeRow(uint.Parse(cells[0], CultureInfo.InvariantCulture), cells[1], cells))
        .ToFrozenDictionary(row => row.Oid);

    /// <summary>The type of a name, as <c>pg_type</c> or SQL has it; null for none.</summary>
    public static PgTypeRow? Find(string name)
    {
        var lower = name.Trim().ToLowerInvariant();
        if (lower.StartsWith("pg_catalog.", StringComparison.Ordinal)) lower = lower["pg_catalog.".Length..];
        return PgTypes.FindByName(lower) is { } oid ? All.GetValueOrDefault(oid)
            : All.Values.FirstOrDefault(row => row.Name == lower || row.SqlName == lower);
    }

    /// <summary>The type of the elements; 0 where it has none.</summary>
    uint Element => uint.Parse(Cells[8], CultureInfo.InvariantCulture);

    /// <summary>What SQL calls it.</summary>
    public string SqlName => Name.StartsWith('_') && Element != 0
        ? All[Element].SqlName + "[]"
        : sqlNames.GetValueOrDefault(Name, Name);

    /// <summary>What SQL calls it with a modifier, as <c>format_type</c> gives it.</summary>
    public string Format(int modifier)
    {
        if (modifier < 4) return SqlName;
        return Name switch
        {
            "numeric" => $"numeric({(modifier - 4) >> 16},{(modifier - 4) & 0x7ff})",
            "varchar" or "bpchar" => $"{SqlName}({modifier - 4})",
            _ => SqlName,
        };
    }

    /// <summary>The row of <c>pg_type</c>.</summary>
    public PgRow ToRow()
    {
        var row = new PgRow
        {
            ["typnamespace"] = PgOids.Catalog, ["typowner"] = PgOids.Owner, ["typisdefined"] = true, ["typtypmod"] = -1,
        };
        for (var i = 0; i < columns.Length; i++)
            row[columns[i]] = texts.Contains(columns[i]) ? Cells[i]
                : Cells[i] is "t" or "f" ? Cells[i] == "t"
                : long.Parse(Cells[i], CultureInfo.InvariantCulture);
        return row;
    }
}
