using System.Collections.Frozen;
using Foz.Serving.Sql;

namespace Foz.Serving.Trino.Functions;

/// <summary>A function of Trino, and what it is in DuckDB.</summary>
/// <param name="Name">Its name in Trino.</param>
/// <param name="Word">Its name in DuckDB, or what else its line says of it.</param>
/// <param name="Example">A call of it.</param>
/// <param name="Value">What that gives, as JSON.</param>
sealed record TrinoFunction(string Name, string Word, string Example, string Value)
{
    const string Clock = "clock:";

    /// <summary>Its name in DuckDB.</summary>
    public string Target => TakesClock ? Word[Clock.Length..] : Word;

    /// <summary>Whether it looks at the clock of its first argument: of an instant at the one in UTC.</summary>
    public bool TakesClock => Word.StartsWith(Clock, StringComparison.Ordinal);

    /// <summary>Whether more of a call changes than its name.</summary>
    public bool IsSpecial => Target == "special";

    /// <summary>Whether it is known, and not supported.</summary>
    public bool IsRefused => Target == "refused";
}

/// <summary>
/// The known functions of Trino: <c>trino_functions.tsv</c> has a line for each, with its name in DuckDB, or <c>=</c>
/// for the same, <c>clock:</c> before one that reads the clock of a value, <c>special</c> for one whose calls are
/// rewritten, <c>refused</c>; an example, and its result.
/// </summary>
static class TrinoFunctions
{
    /// <summary>All of them, by name in small letters.</summary>
    public static FrozenDictionary<string, TrinoFunction> All { get; } = EmbeddedTable.ReadLines("trino_functions.tsv")
        .Select(cells => new TrinoFunction(
            cells[0], cells[1] == "=" ? cells[0] : cells[1], cells.ElementAtOrDefault(2) ?? "",
            cells.ElementAtOrDefault(3) ?? ""))
        .ToFrozenDictionary(function => function.Name, StringComparer.Ordinal);

    /// <summary>What is said with other functions of DuckDB.</summary>
    public const string Macros =
        """
        CREATE OR REPLACE MACRO foz_trino_divide(a, b) AS foz_trino_quotient(a, foz_trino_divisor(a, b, b));
        CREATE OR REPLACE MACRO foz_trino_modulo(a, b) AS CASE WHEN foz_trino_has_divisor(a, b) THEN a % b END;
        CREATE OR REPLACE MACRO foz_trino_days_between(a, b) AS to_days(CAST(a AS DATE) - CAST(b AS DATE));
        CREATE OR REPLACE MACRO foz_trino_difference(a, b) AS CASE
            WHEN typeof(a) = 'DATE' AND typeof(b) IN ('DATE', 'TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT', 'HUGEINT')
            THEN error('0A000: a difference of dates whose types the statement does not show, or of a date and a number, is not supported: write date(x) - date(y)')
            ELSE a - b END;
        CREATE OR REPLACE MACRO foz_trino_is_nested(x) AS right(typeof(x), 1) IN (')', ']') AND left(typeof(x), 7) <> 'DECIMAL';
        CREATE OR REPLACE MACRO foz_trino_eq(a, b) AS CASE WHEN foz_trino_is_nested(a) THEN foz_trino_equal([a, b])
            ELSE a = b AND foz_trino_is_ordinary(a, b) END;
        CREATE OR REPLACE MACRO foz_trino_ne(a, b) AS CASE WHEN foz_trino_is_nested(a) THEN NOT foz_trino_equal([a, b])
            ELSE a <> b OR NOT foz_trino_is_ordinary(a, b) END;
        CREATE OR REPLACE MACRO foz_trino_lt(a, b) AS foz_trino_is_ordinary(a, b) AND a < b;
        CREATE OR REPLACE MACRO foz_trino_le(a, b) AS foz_trino_is_ordinary(a, b) AND a <= b;
        CREATE OR REPLACE MACRO foz_trino_gt(a, b) AS foz_trino_is_ordinary(a, b) AND a > b;
        CREATE OR REPLACE MACRO foz_trino_ge(a, b) AS foz_trino_is_ordinary(a, b) AND a >= b;
        CREATE OR REPLACE MACRO foz_trino_between(x, a, b) AS foz_trino_ge(x, a) AND foz_trino_le(x, b);
        CREATE OR REPLACE MACRO foz_trino_nullif(a, b) AS CASE WHEN foz_trino_eq(a, b) THEN NULL ELSE a END;
        CREATE OR REPLACE MACRO foz_trino_text(x, digits) AS CASE WHEN typeof(x) = 'JSON' THEN foz_trino_json_text(CAST(x AS VARCHAR))
            WHEN typeof(x) IN ('DOUBLE', 'FLOAT') OR left(typeof(x), 9) = 'TIMESTAMP' THEN foz_trino_value_text(x, digits)
            ELSE CAST(x AS VARCHAR) END;
        CREATE OR REPLACE MACRO foz_trino_to_json(x) AS CASE WHEN left(typeof(x), 9) = 'TIMESTAMP'
            THEN to_json(foz_trino_value_text(x, -1)) ELSE to_json(x) END;
        CREATE OR REPLACE MACRO foz_trino_iso8601(x, digits) AS CASE WHEN left(typeof(x), 9) = 'TIMESTAMP'
            THEN replace(replace(foz_trino_value_text(x, digits), ' UTC', 'Z'), ' ', 'T') ELSE CAST(x AS VARCHAR) END;
        CREATE OR REPLACE MACRO foz_trino_plus(x, i) AS foz_trino_like(foz_trino_clock(x) + i, x);
        CREATE OR REPLACE MACRO foz_trino_minus(x, i) AS foz_trino_like(foz_trino_clock(x) - i, x);
        CREATE OR REPLACE MACRO foz_trino_add_millisecond(n, x) AS foz_trino_like(foz_trino_clock(x) + to_milliseconds(n), x);
        CREATE OR REPLACE MACRO foz_trino_add_second(n, x) AS foz_trino_like(foz_trino_clock(x) + to_seconds(n), x);
        CREATE OR REPLACE MACRO foz_trino_add_minute(n, x) AS foz_trino_like(foz_trino_clock(x) + to_minutes(n), x);
        CREATE OR REPLACE MACRO foz_trino_add_hour(n, x) AS foz_trino_like(foz_trino_clock(x) + to_hours(n), x);
        CREATE OR REPLACE MACRO foz_trino_add_day(n, x) AS foz_trino_like(foz_trino_clock(x) + to_days(n::INTEGER), x);
        CREATE OR REPLACE MACRO foz_trino_add_week(n, x) AS foz_trino_like(foz_trino_clock(x) + to_weeks(n::INTEGER), x);
        CREATE OR REPLACE MACRO foz_trino_add_month(n, x) AS foz_trino_like(foz_trino_clock(x) + to_months(n::INTEGER), x);
        CREATE OR REPLACE MACRO foz_trino_add_quarter(n, x) AS foz_trino_like(foz_trino_clock(x) + to_quarters(n::INTEGER), x);
        CREATE OR REPLACE MACRO foz_trino_add_year(n, x) AS foz_trino_like(foz_trino_clock(x) + to_years(n::INTEGER), x);
        CREATE OR REPLACE MACRO foz_trino_date_diff(u, a, b) AS date_sub(u, foz_trino_clock(a), foz_trino_clock(b));
        CREATE OR REPLACE MACRO foz_trino_date_trunc(u, x) AS foz_trino_like(date_trunc(u, foz_trino_clock(x)), x);
        CREATE OR REPLACE MACRO foz_trino_parse_datetime(s, p) AS CAST(strptime(s, p) AS TIMESTAMPTZ);
        CREATE OR REPLACE MACRO foz_trino_from_iso8601_date(s) AS CAST(s AS DATE);
        CREATE OR REPLACE MACRO foz_trino_from_iso8601_timestamp(s) AS CAST(s AS TIMESTAMPTZ);
        CREATE OR REPLACE MACRO foz_trino_millisecond(x) AS millisecond(x) % 1000;
        CREATE OR REPLACE MACRO foz_trino_array_distinct(a) AS list_filter(a, lambda x, i: list_position(a, x) = i);
        CREATE OR REPLACE MACRO foz_trino_array_except(a, b) AS
            list_filter(list_filter(a, lambda x, i: list_position(a, x) = i), lambda x: NOT list_contains(b, x));
        CREATE OR REPLACE MACRO foz_trino_array_union(a, b) AS list_distinct(list_concat(a, b));
        CREATE OR REPLACE MACRO foz_trino_array_join
            (a, d) AS array_to_string(list_transform(a, lambda x: foz_trino_text(x, -1)), d),
            (a, d, n) AS array_to_string(list_transform(a, lambda x: coalesce(foz_trino_text(x, -1), n)), d);
        CREATE OR REPLACE MACRO foz_trino_array_position(a, x) AS CASE WHEN a IS NULL OR x IS NULL THEN NULL
            WHEN foz_trino_is_equatable(x) THEN coalesce(list_position(a, x), 0) ELSE 0 END;
        CREATE OR REPLACE MACRO foz_trino_array_remove(a, x) AS CASE WHEN foz_trino_is_equatable(x) THEN array_remove(a, x) ELSE a END;
        CREATE OR REPLACE MACRO foz_trino_array_sort(a) AS list_sort(a, 'ASC', 'NULLS LAST');
        CREATE OR REPLACE MACRO foz_trino_element_at(a, i) AS a[i];
        CREATE OR REPLACE MACRO foz_trino_at(a, i) AS a[foz_trino_place(a, i)];
        CREATE OR REPLACE MACRO foz_trino_number(x) AS
            CASE WHEN NOT foz_trino_is_equatable(x) THEN error('0A000: max, max_by and greatest of NaN are not supported') ELSE x END;
        CREATE OR REPLACE MACRO foz_trino_slice(a, s, n) AS list_slice(a, s, s + n - 1);
        CREATE OR REPLACE MACRO foz_trino_array_max(a) AS CASE WHEN list_count(a) = len(a) THEN list_max(a) END;
        CREATE OR REPLACE MACRO foz_trino_array_min(a) AS CASE WHEN list_count(a) = len(a) THEN list_min(a) END;
        CREATE OR REPLACE MACRO foz_trino_contains(a, x) AS CASE
            WHEN a IS NOT NULL AND (foz_trino_is_nested(x) OR typeof(x) IN ('DOUBLE', 'FLOAT')) THEN foz_trino_in(list_prepend(x, a))
            WHEN list_contains(a, x) THEN true
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
        CREATE OR REPLACE MACRO foz_trino_sequence_length(n) AS
            CASE WHEN n > 10000 THEN error('result of sequence function must not have more than 10000 entries') ELSE n END;
        CREATE OR REPLACE MACRO foz_trino_sequence
            (a, b) AS list_transform(range(0, foz_trino_sequence_length(abs(CAST(b AS HUGEINT) - a) + 1)::BIGINT),
                lambda x: CAST(a + CASE WHEN a <= b THEN x ELSE -x END AS BIGINT)),
            (a, b, s) AS CASE WHEN s = 0 THEN error('step must not be zero')
                WHEN CASE WHEN s > 0 THEN a > b ELSE a < b END THEN error('sequence stop value should be greater than or equal to start value if step is greater than zero otherwise stop should be less than or equal to start')
                ELSE list_transform(range(0, foz_trino_sequence_length((CAST(b AS HUGEINT) - a) // s + 1)::BIGINT), lambda x: CAST(a + x * s AS BIGINT)) END;
        CREATE OR REPLACE MACRO foz_trino_sequence_times(a, b, s) AS list_transform(
            range(0, foz_trino_sequence_length((epoch_us(foz_trino_clock(b)) - epoch_us(foz_trino_clock(a))) // epoch_us(s) + 1)),
            lambda x: foz_trino_plus(a, s * x));
        CREATE OR REPLACE MACRO foz_trino_months(s) AS 12 * datepart('year', s) + datepart('month', s);
        CREATE OR REPLACE MACRO foz_trino_sequence_months(a, b, s) AS list_filter(
            list_transform(
                range(0, foz_trino_sequence_length(abs(foz_trino_date_diff('month', a, b)) // abs(foz_trino_months(s)) + 1) + 1),
                lambda x: foz_trino_plus(a, s * x)),
            lambda x: CASE WHEN foz_trino_months(s) > 0 THEN x <= b ELSE x >= b END);
        CREATE OR REPLACE MACRO foz_trino_repeat(x, n) AS CASE
            WHEN n < 0 THEN error('count argument of repeat function must be greater than or equal to 0')
            WHEN n > 10000 THEN error('count argument of repeat function must be less than or equal to 10000')
            ELSE list_transform(range(0, n), lambda i: x) END;
        CREATE OR REPLACE MACRO foz_trino_url_encode(s) AS replace(replace(replace(url_encode(s), '%20', '+'), '~', '%7E'), '%2A', '*');
        CREATE OR REPLACE MACRO foz_trino_url_decode(s) AS url_decode(replace(s, '+', ' '));
        CREATE OR REPLACE MACRO foz_trino_to_base(n, r) AS CASE WHEN n < 0 THEN '-' ELSE '' END || lower(to_base(abs(n), r));
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
        CREATE OR REPLACE MACRO foz_trino_json_extract(j, p) AS CAST(foz_trino_json_compact(CAST(json_extract(j, p) AS VARCHAR)) AS JSON);
        CREATE OR REPLACE MACRO foz_trino_json_format(j) AS CAST(j AS VARCHAR);
        CREATE OR REPLACE MACRO foz_trino_json_parse(s) AS CAST(foz_trino_json_normalized(s) AS JSON);
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
