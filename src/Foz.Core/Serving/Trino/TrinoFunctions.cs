using System.Collections.Frozen;
using Foz.Core.Serving.PostgreSql;
using Foz.DuckDB;

namespace Foz.Core.Serving.Trino;

/// <summary>A function of Trino, and what it is in DuckDB.</summary>
/// <param name="Name">Its name in Trino.</param>
/// <param name="Target">Its name in DuckDB.</param>
/// <param name="Example">A call of it.</param>
/// <param name="Value">What that gives, as JSON.</param>
sealed record TrinoFunction(string Name, string Target, string Example, string Value)
{
    /// <summary>Whether more of a call changes than its name.</summary>
    public bool IsSpecial => Target == "special";

    /// <summary>Whether it is known, and not supported.</summary>
    public bool IsRefused => Target == "refused";
}

/// <summary>
/// The functions of Trino's that are known: <c>trino_functions.tsv</c> has a line for each, with its name in DuckDB, or
/// <c>=</c> for the same, <c>special</c> for one whose calls are written anew, <c>refused</c>; an example, and what it gives.
/// </summary>
static class TrinoFunctions
{
    /// <summary>All of them, by name in small letters.</summary>
    public static FrozenDictionary<string, TrinoFunction> All { get; } = PgRelation.ReadLines("trino_functions.tsv")
        .Select(cells => new TrinoFunction(
            cells[0], cells[1] == "=" ? cells[0] : cells[1], cells.ElementAtOrDefault(2) ?? "", cells.ElementAtOrDefault(3) ?? ""))
        .ToFrozenDictionary(function => function.Name, StringComparer.Ordinal);

    /// <summary>What no other functions of DuckDB say.</summary>
    public static IEnumerable<ScalarFunction> Natives { get; } =
    [
        // DuckDB has one function for lists and another for maps.
        new()
        {
            Name = "foz_trino_cardinality",
            Parameters = [LogicalType.Any],
            ReturnType = LogicalType.BigInt,
            Body = static (arguments, result) =>
            {
                for (var row = 0; row < arguments.RowCount; row++) result.Values<long>()[row] = Cardinality(arguments[0], row);
            },
        },
    ];

    static long Cardinality(in Vector vector, int row) => vector.Type.Id switch
    {
        TypeId.List or TypeId.Map => vector.Values<ListEntry>()[row].Count,
        TypeId.Array => vector.Type.ArraySize,
        _ => throw new FozException(ErrorKind.Sql, "cardinality takes an array or a map") { SqlState = "42883" },
    };

    /// <summary>What is said with other functions of DuckDB.</summary>
    public const string Macros =
        """
        CREATE OR REPLACE MACRO foz_trino_plus(x, i) AS cast_to_type(x + i, x);
        CREATE OR REPLACE MACRO foz_trino_minus(x, i) AS cast_to_type(x - i, x);
        CREATE OR REPLACE MACRO foz_trino_add_millisecond(n, x) AS cast_to_type(x + to_milliseconds(n), x);
        CREATE OR REPLACE MACRO foz_trino_add_second(n, x) AS cast_to_type(x + to_seconds(n), x);
        CREATE OR REPLACE MACRO foz_trino_add_minute(n, x) AS cast_to_type(x + to_minutes(n), x);
        CREATE OR REPLACE MACRO foz_trino_add_hour(n, x) AS cast_to_type(x + to_hours(n), x);
        CREATE OR REPLACE MACRO foz_trino_add_day(n, x) AS cast_to_type(x + to_days(n::INTEGER), x);
        CREATE OR REPLACE MACRO foz_trino_add_week(n, x) AS cast_to_type(x + to_weeks(n::INTEGER), x);
        CREATE OR REPLACE MACRO foz_trino_add_month(n, x) AS cast_to_type(x + to_months(n::INTEGER), x);
        CREATE OR REPLACE MACRO foz_trino_add_quarter(n, x) AS cast_to_type(x + to_quarters(n::INTEGER), x);
        CREATE OR REPLACE MACRO foz_trino_add_year(n, x) AS cast_to_type(x + to_years(n::INTEGER), x);
        CREATE OR REPLACE MACRO foz_trino_date_diff(u, a, b) AS date_sub(u, a, b);
        CREATE OR REPLACE MACRO foz_trino_date_trunc(u, x) AS cast_to_type(date_trunc(u, x), x);
        CREATE OR REPLACE MACRO foz_trino_from_unixtime
            (x) AS to_timestamp(x),
            (x, z) AS to_timestamp(x);
        CREATE OR REPLACE MACRO foz_trino_from_iso8601_date(s) AS CAST(s AS DATE);
        CREATE OR REPLACE MACRO foz_trino_from_iso8601_timestamp(s) AS CAST(s AS TIMESTAMPTZ);
        CREATE OR REPLACE MACRO foz_trino_to_iso8601(x) AS replace(CAST(x AS VARCHAR), ' ', 'T');
        CREATE OR REPLACE MACRO foz_trino_with_timezone(x, z) AS timezone(z, x);
        CREATE OR REPLACE MACRO foz_trino_millisecond(x) AS millisecond(x) % 1000;
        CREATE OR REPLACE MACRO foz_trino_array_distinct(a) AS list_filter(a, lambda x, i: list_position(a, x) = i);
        CREATE OR REPLACE MACRO foz_trino_array_except(a, b) AS
            list_filter(list_filter(a, lambda x, i: list_position(a, x) = i), lambda x: NOT list_contains(b, x));
        CREATE OR REPLACE MACRO foz_trino_array_union(a, b) AS list_distinct(list_concat(a, b));
        CREATE OR REPLACE MACRO foz_trino_array_join
            (a, d) AS array_to_string(list_transform(a, lambda x: CAST(x AS VARCHAR)), d),
            (a, d, n) AS array_to_string(list_transform(a, lambda x: coalesce(CAST(x AS VARCHAR), n)), d);
        CREATE OR REPLACE MACRO foz_trino_array_position(a, x) AS coalesce(list_position(a, x), 0);
        CREATE OR REPLACE MACRO foz_trino_array_sort(a) AS list_sort(a, 'ASC', 'NULLS LAST');
        CREATE OR REPLACE MACRO foz_trino_element_at(a, i) AS a[i];
        CREATE OR REPLACE MACRO foz_trino_slice(a, s, n) AS list_slice(a, s, s + n - 1);
        CREATE OR REPLACE MACRO foz_trino_array_max(a) AS CASE WHEN list_count(a) = len(a) THEN list_max(a) END;
        CREATE OR REPLACE MACRO foz_trino_array_min(a) AS CASE WHEN list_count(a) = len(a) THEN list_min(a) END;
        CREATE OR REPLACE MACRO foz_trino_contains(a, x) AS CASE WHEN list_contains(a, x) THEN true
            WHEN x IS NULL OR list_count(a) < len(a) THEN NULL WHEN a IS NOT NULL THEN false END;
        CREATE OR REPLACE MACRO foz_trino_any(a) AS CASE WHEN list_bool_or(a) THEN true
            WHEN list_count(a) < len(a) THEN NULL WHEN a IS NOT NULL THEN false END;
        CREATE OR REPLACE MACRO foz_trino_all(a) AS CASE WHEN NOT list_bool_and(a) THEN false
            WHEN list_count(a) < len(a) THEN NULL WHEN a IS NOT NULL THEN true END;
        CREATE OR REPLACE MACRO foz_trino_split_part(s, d, n) AS
            CASE WHEN n < 1 THEN error('Index must be greater than zero') ELSE string_split(s, d)[n] END;
        CREATE OR REPLACE MACRO foz_trino_substr
            (s, i) AS CASE WHEN i = 0 OR i < -length(s) THEN left(s, 0) ELSE substr(s, i) END,
            (s, i, n) AS CASE WHEN i = 0 OR n <= 0 OR i < -length(s) THEN left(s, 0) ELSE substr(s, i, n) END;
        CREATE OR REPLACE MACRO foz_trino_sequence
            (a, b) AS list_transform(generate_series(a, b, CASE WHEN a <= b THEN 1 ELSE -1 END), lambda x: cast_to_type(x, a)),
            (a, b, s) AS list_transform(generate_series(a, b, s), lambda x: cast_to_type(x, a));
        CREATE OR REPLACE MACRO foz_trino_bitwise_and(a, b) AS a & b;
        CREATE OR REPLACE MACRO foz_trino_bitwise_or(a, b) AS a | b;
        CREATE OR REPLACE MACRO foz_trino_bitwise_xor(a, b) AS xor(a, b);
        CREATE OR REPLACE MACRO foz_trino_bitwise_not(a) AS ~a;
        CREATE OR REPLACE MACRO foz_trino_bitwise_left_shift(a, n) AS CAST(a AS BIGINT) << n;
        CREATE OR REPLACE MACRO foz_trino_bitwise_right_shift(a, n) AS CASE WHEN a >= 0 OR n = 0 THEN CAST(a AS BIGINT) >> n
            WHEN typeof(a) = 'BIGINT' THEN ((CAST(a AS BIGINT) >> 1) & 9223372036854775807) >> (n - 1)
            ELSE (CAST(a AS BIGINT) & CASE typeof(a) WHEN 'TINYINT' THEN 255 WHEN 'SMALLINT' THEN 65535 ELSE 4294967295 END) >> n END;
        CREATE OR REPLACE MACRO foz_trino_e() AS exp(1);
        CREATE OR REPLACE MACRO foz_trino_infinity() AS CAST('Infinity' AS DOUBLE);
        CREATE OR REPLACE MACRO foz_trino_nan() AS CAST('NaN' AS DOUBLE);
        CREATE OR REPLACE MACRO foz_trino_random
            () AS random(),
            (n) AS CAST(floor(random() * n) AS BIGINT),
            (a, b) AS CAST(floor(random() * (b - a)) AS BIGINT) + a;
        CREATE OR REPLACE MACRO foz_trino_json_extract_scalar(j, p) AS
            CASE WHEN json_type(j, p) NOT IN ('OBJECT', 'ARRAY', 'NULL') THEN json_extract_string(j, p) END;
        CREATE OR REPLACE MACRO foz_trino_json_array_get(j, i) AS json_extract(j, '$[' || CAST(i AS VARCHAR) || ']');
        CREATE OR REPLACE MACRO foz_trino_json_format(j) AS CAST(j AS VARCHAR);
        CREATE OR REPLACE MACRO foz_trino_json_parse(s) AS CAST(s AS JSON);
        CREATE OR REPLACE MACRO foz_trino_map_agg(k, v) AS map(array_agg(k), array_agg(v));
        CREATE OR REPLACE MACRO foz_trino_md5(x) AS unhex(md5(x));
        CREATE OR REPLACE MACRO foz_trino_sha1(x) AS unhex(sha1(x));
        CREATE OR REPLACE MACRO foz_trino_sha256(x) AS unhex(sha256(x));
        CREATE OR REPLACE MACRO foz_trino_regexp_count(s, p) AS len(regexp_extract_all(s, p));
        CREATE OR REPLACE MACRO foz_trino_regexp_extract
            (s, p) AS CASE WHEN regexp_matches(s, p) THEN regexp_extract(s, p) END,
            (s, p, g) AS CASE WHEN regexp_matches(s, p) THEN regexp_extract(s, p, g) END;
        CREATE OR REPLACE MACRO foz_trino_regexp_replace
            (s, p) AS regexp_replace(s, p, '', 'g'),
            (s, p, r) AS regexp_replace(s, p, regexp_replace(r, '\$(\d)', '\\\1', 'g'), 'g');
        CREATE OR REPLACE MACRO foz_trino_replace
            (s, a) AS replace(s, a, ''),
            (s, a, b) AS replace(s, a, b);
        CREATE OR REPLACE MACRO foz_trino_url_extract_protocol(u) AS nullif(regexp_extract(u, '^([a-zA-Z][a-zA-Z0-9+.-]*):', 1), '');
        CREATE OR REPLACE MACRO foz_trino_url_extract_host(u) AS nullif(regexp_extract(u, '^[a-zA-Z][a-zA-Z0-9+.-]*://(?:[^/?#@]*@)?([^/?#:]*)', 1), '');
        CREATE OR REPLACE MACRO foz_trino_url_extract_path(u) AS regexp_extract(u, '^[a-zA-Z][a-zA-Z0-9+.-]*://[^/?#]*([^?#]*)', 1);
        CREATE OR REPLACE MACRO foz_trino_url_extract_query(u) AS nullif(regexp_extract(u, '\?([^#]*)', 1), '');
        CREATE OR REPLACE MACRO foz_trino_url_extract_parameter(u, n) AS
            nullif(regexp_extract(regexp_extract(u, '\?([^#]*)', 1), '(?:^|&)' || n || '=([^&]*)', 1), '');
        """;
}
