using Foz.Lake.Engine;
using Foz.Lake.Sql;
using Foz.Serving.Sql;

namespace Foz.Tests.Serving.Sql;

/// <summary>
/// Makes calls of the allowed functions over columns of all types, whose values are at the edges of what the types
/// hold.
/// </summary>
sealed class FunctionFuzz
{
    const int RowsMax = 24;

    static readonly string[] numbers = ["0", "1", "-1", "2", "7", "63", "64", "100", "NULL"];

    static readonly string[] fractions =
        [
            "0", "-0.0", "1", "-1", "0.5", "2.5", "1e-308", "1.7e308", "-1.7e308", "'NaN'", "'infinity'", "'-infinity'",
            "NULL",
        ];

    static readonly string[] texts =
    [
        "''", "' '", "'a'", "'abc'", "'A,b;c'", "'epoch'", "'julian'", "'jd'", "'year'", "'century'", "'isodow'",
        "'timezone'", "'%Y-%m-%d %f'",
        "'%'", "'$.a[0]'", "'$..*'", "'/a/0'", "'(a|b)*'", "'('", "'[0-9]+'", "'\\'", "'é'", "'ﷺ'", "'👩‍👩‍👧'",
        "'e' || chr(769)", "chr(0)", "repeat('ä', 5000)",
        "'UTC'", "'America/Sao_Paulo'", "'{\"a\":[1,null,{\"b\":\"c\"}]}'", "'[1,2'", "'null'", "'1'", "'-1'",
        "'1e400'", "'NaN'", "'infinity'",
        "'2024-02-29'", "'12:00:00.5+02'", "'1 day'", "'P1Y2M'", "'%s %d {} {0}'", "'base64'", "'sha256'", "NULL",
    ];

    // Functions whose results grow with a number are given small ones here: how much they make is another wall's.
    static readonly string[] growing =
        [
            "repeat", "lpad", "rpad", "range", "generate_series", "list_resize", "array_resize", "bar", "printf",
            "format", "bitstring", "<<", "**", "^", "pow", "power",
        ];

    static readonly (string Type, string[] Values)[] types =
    [
        ("BOOLEAN", ["true", "false", "NULL"]),
        ("TINYINT", [.. numbers, "-128", "127"]), ("SMALLINT", [.. numbers, "-32768", "32767"]),
        ("INTEGER", [.. numbers, "-2147483648", "2147483647"]),
        ("BIGINT", [.. numbers, "-9223372036854775808", "9223372036854775807"]),
        ("HUGEINT",
            [.. numbers, "'-170141183460469231731687303715884105728'", "'170141183460469231731687303715884105727'"]),
        ("UTINYINT", ["0", "1", "255", "NULL"]), ("UINTEGER", ["0", "1", "4294967295", "NULL"]),
        ("UBIGINT", ["0", "1", "18446744073709551615", "NULL"]),
        ("UHUGEINT", ["0", "'340282366920938463463374607431768211455'", "NULL"]),
        ("FLOAT", ["0", "-0.0", "1.5", "3.4e38", "'NaN'", "'infinity'", "'-infinity'", "NULL"]), ("DOUBLE", fractions),
        ("DECIMAL(4,1)", ["0", "-999.9", "999.9", "2.5", "NULL"]),
        ("DECIMAL(18,3)", ["0", "-999999999999999.999", "1.005", "NULL"]),
        ("DECIMAL(38,10)",
            ["0", "'-9999999999999999999999999999.9999999999'", "'9999999999999999999999999999.9999999999'", "NULL"]),
        ("VARCHAR", texts), ("JSON", ["'{\"a\":[1,null]}'", "'[]'", "'null'", "'\"x\"'", "'1e308'", "NULL"]),
        ("BLOB", ["''", "'a'", "'\\x00\\xFF'", "repeat('z', 3000)", "NULL"]),
        ("BIT", ["'0'", "'1'", "'010101111'", "repeat('1', 200)", "NULL"]),
        ("UUID", ["'00000000-0000-0000-0000-000000000000'", "'ffffffff-ffff-ffff-ffff-ffffffffffff'", "NULL"]),
        ("DATE",
            [
                "'2024-02-29'", "'1970-01-01'", "'0001-01-01'", "'-5000-01-01'", "'infinity'", "'-infinity'",
                "'5881580-07-10'", "NULL",
            ]),
        ("TIME", ["'00:00:00'", "'23:59:59.999999'", "'24:00:00'", "NULL"]),
        ("TIMETZ", ["'00:00:00+15:59'", "'24:00:00-15:59'", "NULL"]),
        ("TIMESTAMP",
            [
                "'2024-02-29 12:00:00.123456'", "'1969-12-31 23:59:59'", "'290309-12-22 (BC) 00:00:00'",
                "'294247-01-10 04:00:54.775806'", "'infinity'", "'-infinity'", "NULL",
            ]),
        ("TIMESTAMP_S", ["'2024-02-29'", "'infinity'", "NULL"]),
        ("TIMESTAMP_MS", ["'2024-02-29'", "'-infinity'", "NULL"]),
        ("TIMESTAMP_NS", ["'2024-02-29'", "'1677-09-22'", "'2262-04-11'", "'infinity'", "NULL"]),
        ("TIMESTAMPTZ",
            [
                "'2024-02-29 12:00:00+00'", "'2024-03-31 02:30:00+01'", "'0001-01-01 00:00:00+00'",
                "'290000-01-01 00:00:00+00'", "'infinity'", "'-infinity'", "NULL",
            ]),
        ("INTERVAL",
            [
                "'0 days'", "'1 month'", "'-1 year'", "'178956970 years'", "'2147483647 days'", "'1 day 02:03:04.5'",
                "NULL",
            ]),
        ("INTEGER[]", ["[]", "[1]", "[NULL]", "[3, NULL, -1]", "range(500)", "NULL"]),
        ("VARCHAR[]", ["[]", "['']", "['a', NULL]", "NULL"]),
        ("DOUBLE[]", ["[]", "[0.0]", "['NaN'::DOUBLE, 1e308]", "[NULL]", "NULL"]),
        ("INTEGER[][]", ["[]", "[[]]", "[[1, NULL], NULL]", "NULL"]),
        ("INTEGER[3]", ["[1, 2, 3]", "[NULL, 0, -1]", "NULL"]), ("FLOAT[3]", ["[1, 2, 3]", "[0, 0, 0]", "NULL"]),
        ("STRUCT(a INTEGER, b VARCHAR)", ["{'a': 1, 'b': 'x'}", "{'a': NULL, 'b': NULL}", "NULL"]),
        ("MAP(VARCHAR, INTEGER)", ["MAP {}", "MAP {'a': 1}", "MAP {'a': NULL, 'b': 2}", "NULL"]),
        ("BIGNUM", ["0", "-1", "'123456789012345678901234567890'", "NULL"]),
    ];

    readonly EngineSession engine;
    readonly Random random;
    readonly List<Signature> signatures;

    public FunctionFuzz(EngineSession engine, int seed)
    {
        (this.engine, random) = (engine, new(seed));
        signatures = Read(engine);
    }

    /// <summary>How many functions it calls.</summary>
    public int FunctionCount => signatures.Select(s => s.Name).Distinct().Count();

    /// <summary>The statements that make the table of the columns.</summary>
    public string Table()
    {
        var rows = Enumerable.Range(0, RowsMax).Select(row =>
            $"SELECT {row} AS i, "
                + string.Join(
                    ", ", types.Select((type, i) => $"TRY_CAST({Pick(type.Values)} AS {type.Type}) AS c{i}")));
        return $"CREATE OR REPLACE TEMP TABLE edges AS {string.Join(" UNION ALL ", rows)}";
    }

    /// <summary>The next call.</summary>
    public string Next()
    {
        var signature = signatures[random.Next(signatures.Count)];
        var count = signature.HasMore ? signature.Types.Count + random.Next(3) : signature.Types.Count;
        var arguments = Enumerable.Range(0, count)
            .Select(i =>
                Argument(i < signature.Types.Count ? signature.Types[i] : "ANY", growing.Contains(signature.Name)))
                .ToList();
        // As statements of clients have it, which DateFields is put into.
        if (signature.Name is "date_part" or "datepart" && arguments.Count == 2)
            arguments[0] = $"foz_date_field({arguments[0]})";
        var call = $"{SqlText.Identifier(signature.Name)}({string.Join(", ", arguments)})";
        var where = random.Next(4) == 0 ? " WHERE i % 3 = 0" : "";
        if (!signature.IsAggregate)
            return random.Next(5) == 0
                ? $"SELECT i FROM edges WHERE {call} IS NULL"
                : $"SELECT {call} FROM edges{where}";
        return random.Next(5) switch
        {
            0 => $"SELECT {call} OVER (ORDER BY i ROWS BETWEEN 2 PRECEDING AND 1 FOLLOWING) FROM edges{where}",
            1 => $"SELECT {call} OVER (PARTITION BY i % 3 ORDER BY c{random.Next(types.Length)}) FROM edges{where}",
            2 => $"SELECT i % 5, {call} FROM edges{where} GROUP BY ALL",
            3 => $"SELECT {SqlText.Identifier(signature.Name)}(DISTINCT "
                + $"{string.Join(", ", arguments)}) FROM edges{where}",
            _ => $"SELECT {call} FILTER (WHERE i > 3) FROM edges{where}",
        };
    }

    string Argument(string type, bool isSmall)
    {
        var choices = Enumerable.Range(0, types.Length).Where(i => Fits(type, types[i].Type)).ToList();
        // Now and then another type: most such calls do not bind, the others are cast.
        var at = choices.Count == 0 || random.Next(12) == 0
            ? random.Next(types.Length)
            : choices[random.Next(choices.Count)];
        if (isSmall && IsNumber(types[at].Type)) return "(i - 2)";
        return random.Next(8) switch
        {
            0 => $"TRY_CAST({Pick(types[at].Values)} AS {types[at].Type})",
            1 when type == "VARCHAR" => Pick(texts),
            _ => $"c{at}",
        };
    }

    static bool Fits(string wanted, string type) => wanted is "ANY" or "T" or "NULL" or "\"NULL\""
        || wanted == type
        || (wanted.StartsWith("DECIMAL", StringComparison.Ordinal)
            && type.StartsWith("DECIMAL", StringComparison.Ordinal))
        || (wanted.EndsWith(']') && type.EndsWith(']'))
        || (wanted.StartsWith("MAP", StringComparison.Ordinal) && type.StartsWith("MAP", StringComparison.Ordinal))
        || (wanted.StartsWith("STRUCT", StringComparison.Ordinal)
            && type.StartsWith("STRUCT", StringComparison.Ordinal))
        || (wanted == "TIMESTAMP WITH TIME ZONE" && type == "TIMESTAMPTZ")
        || (wanted == "TIME WITH TIME ZONE" && type == "TIMETZ");

    static bool IsNumber(string type) =>
        type.EndsWith("INT", StringComparison.Ordinal) || type.EndsWith("INTEGER", StringComparison.Ordinal)
            || type is "DOUBLE" or "FLOAT" or "BIGNUM"
        || type.StartsWith("DECIMAL", StringComparison.Ordinal);

    string Pick(string[] values) => values[random.Next(values.Length)];

    static List<Signature> Read(EngineSession engine)
    {
        var found = new List<Signature>();
        using var rows = engine.Query(
            "SELECT function_name, function_type, parameter_types, varargs, parameters FROM duckdb_functions() "
            + "WHERE function_type IN ('scalar', 'aggregate', 'macro') ORDER BY ALL", CancellationToken.None);
        while (rows.Fetch(CancellationToken.None) is { } chunk)
            using (chunk)
                for (var row = 0; row < chunk.RowCount; row++)
                {
                    var cells = chunk.GetRow(row);
                    var name = (string)cells[0]!;
                    if (!ServedFunctions.Allows(ServedFunctions.Call, name)
                        || name.StartsWith("foz_catalog", StringComparison.Ordinal))
                        continue;
                    var of = (System.Collections.IEnumerable?)(cells[1] is "macro" ? cells[4] : cells[2]);
                    found.Add(new(
                        name, cells[1] is "aggregate", cells[3] is not null,
                        [
                            .. (of ?? Array.Empty<object>()).Cast<object?>()
                                .Select(type => cells[1] is "macro" ? "ANY" : type as string ?? "ANY"),
                        ]));
                }
        return found;
    }

    sealed record Signature(string Name, bool IsAggregate, bool HasMore, IReadOnlyList<string> Types);
}
