using System.Globalization;
using System.Text;
using Foz.DuckDB;
using Foz.Lake.Engine;
using Foz.Lake.Sql;
using Foz.Serving.Catalogs;
using Foz.Serving.Sql;

namespace Foz.Serving.PostgreSql.Functions;

/// <summary>Functions that PostgreSQL has and DuckDB lacks.</summary>
static class PgFunctions
{
    /// <summary>
    /// The functions for an instance. Those that look into the catalog take a view's number, the function's name and
    /// its arguments as texts.
    /// </summary>
    public static IEnumerable<ScalarFunction> Of(CatalogImages images, EngineInstance instance) =>
    [
        Function("text", LogicalType.Varchar, images, static (view, name, arguments, ref result, row) =>
        {
            if (view.Text(name, arguments) is { } text) result.SetText(row, text);
            else result.SetNull(row);
        }),
        Function("bool", LogicalType.Boolean, images, static (view, name, arguments, ref result, row) =>
        {
            if (view.PredicateOutcomes(name, arguments) is { } truth) result.Values<bool>()[row] = truth;
            else result.SetNull(row);
        }),
        // It does something: neither planning a statement nor describing it may.
        Function("backend", LogicalType.Boolean, images, static (view, name, arguments, ref result, row) =>
            result.Values<bool>()[row] = int.TryParse(arguments[0], CultureInfo.InvariantCulture, out var id)
                && view.Signal(name, id)) with
        {
            IsVolatile = true,
        },
        Function("oid", LogicalType.Of(TypeId.UInteger), images, static (view, name, arguments, ref result, row) =>
        {
            if (view.Number(name, arguments) is { } oid) result.Values<uint>()[row] = oid;
            else result.SetNull(row);
        }),
        Function("long", LogicalType.BigInt, images, static (view, name, arguments, ref result, row) =>
            result.Values<long>()[row] = view.Count(name, arguments)),
        .. PgArithmetic.Functions, .. PgTexts.Of(instance), .. PgMatches.Of(instance), .. PgJson.Functions,
        PgUntypedTexts.Function,
    ];

    /// <summary>What is said with other functions of DuckDB.</summary>
    public const string Macros =
        """
        CREATE OR REPLACE MACRO foz_any_of(r) AS CASE WHEN list_contains(r, true) THEN true WHEN list_count(r) < len(r) THEN NULL
            WHEN r IS NOT NULL THEN false END;
        CREATE OR REPLACE MACRO foz_all_of(r) AS CASE WHEN list_contains(r, false) THEN false WHEN list_count(r) < len(r) THEN NULL
            WHEN r IS NOT NULL THEN true END;
        CREATE OR REPLACE MACRO foz_any(x, l) AS CASE WHEN list_contains(l, x) THEN true
            WHEN l IS NULL OR (x IS NULL AND len(l) > 0) OR list_count(l) < len(l) THEN NULL ELSE false END;
        CREATE OR REPLACE MACRO foz_any_eq(x, l) AS foz_any(x, l);
        CREATE OR REPLACE MACRO foz_any_ne(x, l) AS foz_any_of(list_transform(l, lambda foz_e: x <> foz_e));
        CREATE OR REPLACE MACRO foz_any_lt(x, l) AS foz_any_of(list_transform(l, lambda foz_e: x < foz_e));
        CREATE OR REPLACE MACRO foz_any_le(x, l) AS foz_any_of(list_transform(l, lambda foz_e: x <= foz_e));
        CREATE OR REPLACE MACRO foz_any_gt(x, l) AS foz_any_of(list_transform(l, lambda foz_e: x > foz_e));
        CREATE OR REPLACE MACRO foz_any_ge(x, l) AS foz_any_of(list_transform(l, lambda foz_e: x >= foz_e));
        CREATE OR REPLACE MACRO foz_all_eq(x, l) AS foz_all_of(list_transform(l, lambda foz_e: x = foz_e));
        CREATE OR REPLACE MACRO foz_all_lt(x, l) AS foz_all_of(list_transform(l, lambda foz_e: x < foz_e));
        CREATE OR REPLACE MACRO foz_all_le(x, l) AS foz_all_of(list_transform(l, lambda foz_e: x <= foz_e));
        CREATE OR REPLACE MACRO foz_all_gt(x, l) AS foz_all_of(list_transform(l, lambda foz_e: x > foz_e));
        CREATE OR REPLACE MACRO foz_all_ge(x, l) AS foz_all_of(list_transform(l, lambda foz_e: x >= foz_e));
        CREATE OR REPLACE MACRO foz_contains(a, b) AS list_has_all(a, b) AND list_count(b) = len(b);
        CREATE OR REPLACE MACRO foz_contained(a, b) AS list_has_all(b, a) AND list_count(a) = len(a);
        CREATE OR REPLACE MACRO foz_mod(a, b) AS CASE WHEN b = 0 THEN error('22012: division by zero') ELSE a % b END;
        CREATE OR REPLACE MACRO foz_interval_of(y, m, d, h, i, u) AS to_months(CAST(12 * y + m AS INTEGER)) + to_days(CAST(d AS INTEGER))
            + to_microseconds(CAST(3600000000 * h + 60000000 * i + u AS BIGINT));
        CREATE OR REPLACE MACRO foz_sum(x) AS cast_to_type(sum(x), any_value(x) + CAST(0 AS DECIMAL(38,0))),
            (x INTEGER) AS CAST(sum(x) AS BIGINT),
            (x INTERVAL) AS foz_interval_of(sum(date_part('year', x)), sum(date_part('month', x)), sum(date_part('day', x)),
                sum(date_part('hour', x)), sum(date_part('minute', x)), sum(date_part('microseconds', x)));
        CREATE OR REPLACE MACRO foz_mean(x) AS foz_avg(sum(x), count(x)),
            (x INTERVAL) AS foz_avg(foz_sum(x), count(x));
        CREATE OR REPLACE MACRO foz_sum_where(x, c) AS cast_to_type(sum(x) FILTER (WHERE c), any_value(x) + CAST(0 AS DECIMAL(38,0))),
            (x INTEGER, c BOOLEAN) AS CAST(sum(x) FILTER (WHERE c) AS BIGINT),
            (x INTERVAL, c BOOLEAN) AS foz_interval_of(sum(date_part('year', x)) FILTER (WHERE c), sum(date_part('month', x)) FILTER (WHERE c), sum(date_part('day', x)) FILTER (WHERE c),
                sum(date_part('hour', x)) FILTER (WHERE c), sum(date_part('minute', x)) FILTER (WHERE c), sum(date_part('microseconds', x)) FILTER (WHERE c));
        CREATE OR REPLACE MACRO foz_mean_where(x, c) AS foz_avg(sum(x) FILTER (WHERE c), count(x) FILTER (WHERE c)),
            (x INTERVAL, c BOOLEAN) AS foz_avg(foz_sum_where(x, c), count(x) FILTER (WHERE c));
        CREATE OR REPLACE MACRO foz_sum_distinct(x) AS cast_to_type(sum(DISTINCT x), any_value(x) + CAST(0 AS DECIMAL(38,0))),
            (x INTEGER) AS CAST(sum(DISTINCT x) AS BIGINT),
            (x INTERVAL) AS error('0A000: a sum of distinct intervals is not supported');
        CREATE OR REPLACE MACRO foz_mean_distinct(x) AS foz_avg(sum(DISTINCT x), count(DISTINCT x)),
            (x INTERVAL) AS foz_avg(foz_sum_distinct(x), count(DISTINCT x));
        CREATE OR REPLACE MACRO foz_sum_distinct_where(x, c) AS cast_to_type(sum(DISTINCT x) FILTER (WHERE c), any_value(x) + CAST(0 AS DECIMAL(38,0))),
            (x INTEGER, c BOOLEAN) AS CAST(sum(DISTINCT x) FILTER (WHERE c) AS BIGINT),
            (x INTERVAL, c BOOLEAN) AS error('0A000: a sum of distinct intervals is not supported');
        CREATE OR REPLACE MACRO foz_mean_distinct_where(x, c) AS foz_avg(sum(DISTINCT x) FILTER (WHERE c), count(DISTINCT x) FILTER (WHERE c)),
            (x INTERVAL, c BOOLEAN) AS foz_avg(foz_sum_distinct_where(x, c), count(DISTINCT x) FILTER (WHERE c));
        CREATE OR REPLACE MACRO foz_sum_type(x) AS x + CAST(0 AS DECIMAL(38,0)), (x INTEGER) AS CAST(x AS BIGINT);
        CREATE OR REPLACE MACRO foz_as(v, example) AS cast_to_type(v, example);
        CREATE OR REPLACE MACRO foz_epoch(x) AS CAST(epoch_us(x) AS DECIMAL(18,0)) * 0.000001, (x DATE) AS CAST(epoch(x) AS DECIMAL(18,0)),
            (x INTERVAL) AS CAST(epoch_us(x) + 453600000000 * date_part('year', x) AS DECIMAL(18,0)) * 0.000001;
        CREATE OR REPLACE MACRO foz_clock(x) AS x, (x DATE) AS
            CAST(error('0A000: a field of the time of day is not supported for type date') AS TIMESTAMP);
        CREATE OR REPLACE MACRO foz_ceil_of(x) AS ceil(x), (x INTEGER) AS CAST(x AS DOUBLE), (x BIGINT) AS CAST(x AS DOUBLE);
        CREATE OR REPLACE MACRO foz_ceiling_of(x) AS ceil(x), (x INTEGER) AS CAST(x AS DOUBLE), (x BIGINT) AS CAST(x AS DOUBLE);
        CREATE OR REPLACE MACRO foz_floor_of(x) AS floor(x), (x INTEGER) AS CAST(x AS DOUBLE), (x BIGINT) AS CAST(x AS DOUBLE);
        CREATE OR REPLACE MACRO foz_trunc_of(x) AS trunc(x), (x INTEGER) AS CAST(x AS DOUBLE), (x BIGINT) AS CAST(x AS DOUBLE);
        CREATE OR REPLACE MACRO foz_sign_of(x) AS sign(x), (x INTEGER) AS CAST(sign(x) AS DOUBLE), (x BIGINT) AS CAST(sign(x) AS DOUBLE);
        CREATE OR REPLACE MACRO foz_instant(x) AS CASE WHEN current_setting('TimeZone') = 'UTC' AND isfinite(x)
            THEN make_timestamptz(epoch_us(x)) ELSE CAST(x AS TIMESTAMPTZ) END;
        CREATE OR REPLACE MACRO foz_trunc(f, x) AS date_trunc(f, x),
            (f VARCHAR, x DATE) AS foz_instant(date_trunc(f, x));
        CREATE OR REPLACE MACRO foz_trunc_long_of(f, x) AS date_trunc(f, x - INTERVAL 1 YEAR) + INTERVAL 1 YEAR;
        CREATE OR REPLACE MACRO foz_trunc_long(f, x) AS foz_trunc_long_of(f, x),
            (f VARCHAR, x DATE) AS foz_instant(foz_trunc_long_of(f, x)), (f VARCHAR, x INTERVAL) AS date_trunc(f, x);
        CREATE OR REPLACE MACRO foz_field(x) AS CASE WHEN typeof(x) LIKE 'STRUCT%'
            THEN error('0A000: a whole row as a column is not supported: write t.*, t::text or row_to_json(t)') ELSE x END;
        CREATE OR REPLACE MACRO foz_to_jsonb(x) AS CAST(foz_jsonb(CAST(CAST(x AS JSON) AS VARCHAR)) AS JSON);
        CREATE OR REPLACE MACRO foz_json_get(x, k) AS foz_json_part(CAST(CAST(x AS JSON) AS VARCHAR), k);
        CREATE OR REPLACE MACRO foz_json_get_text(x, k) AS foz_json_part_text(CAST(CAST(x AS JSON) AS VARCHAR), k);
        CREATE OR REPLACE MACRO foz_jsonb_key(x) AS foz_jsonb_equal(CAST(CAST(x AS JSON) AS VARCHAR));
        CREATE OR REPLACE MACRO foz_jsonb_join(a, b) AS
            CAST(foz_jsonb_concat(CAST(CAST(a AS JSON) AS VARCHAR), CAST(CAST(b AS JSON) AS VARCHAR)) AS JSON);
        CREATE OR REPLACE MACRO foz_finite(x) AS CASE WHEN x IS NULL OR isfinite(CAST(x AS DOUBLE)) THEN CAST(x AS DOUBLE)
            ELSE error('0A000: a variance of NaN or Infinity is not supported') END;
        CREATE OR REPLACE MACRO foz_joined(x) AS x, (x BLOB) AS error('0A000: string_agg of bytea is not supported');
        CREATE OR REPLACE MACRO foz_after_christ(x) AS CASE WHEN typeof(x) = 'VARCHAR' AND regexp_matches(CAST(x AS VARCHAR), '(?i)bc\s*$')
            THEN error('0A000: a date before Christ is not supported') ELSE x END;
        CREATE OR REPLACE MACRO foz_upper(x) AS replace(upper(replace(x, 'ß', chr(57344))), chr(57344), 'ß');
        CREATE OR REPLACE MACRO foz_array_to_string(a, s) AS CASE WHEN s IS NOT NULL
            THEN list_transform([a], lambda v: CASE WHEN v IS NOT NULL THEN coalesce(array_to_string(v, s), '') END)[1] END;
        CREATE OR REPLACE MACRO foz_string_to_array(t, d) AS list_transform([{'t': t, 'd': d}], lambda c: CASE
            WHEN c.t = '' THEN CAST([] AS VARCHAR[]) WHEN c.d = '' THEN CAST([c.t] AS VARCHAR[])
            WHEN c.t IS NOT NULL THEN string_split(c.t, coalesce(c.d, '')) END)[1];
        CREATE OR REPLACE MACRO foz_json_number(x) AS list_transform([x], lambda v:
            CASE WHEN typeof(v) LIKE 'DECIMAL%' THEN CAST(foz_text(v) AS JSON) ELSE to_json(v) END)[1];
        CREATE OR REPLACE MACRO foz_sha256(x) AS unhex(sha256(x));
        CREATE OR REPLACE MACRO foz_substr(s, f) AS substring(s, greatest(f, 1));
        CREATE OR REPLACE MACRO foz_substr_for(s, f, n) AS CASE WHEN n < 0 THEN error('22011: negative substring length not allowed')
            ELSE substring(s, greatest(f, 1), greatest(CAST(f AS BIGINT) + n - greatest(f, 1), 0)) END;
        CREATE OR REPLACE MACRO foz_split_part(s, d, n) AS CASE WHEN n = 0 THEN error('22023: field position must not be zero')
            WHEN d = '' THEN CASE WHEN n IN (1, -1) THEN s ELSE '' END ELSE split_part(s, d, n) END;
        CREATE OR REPLACE MACRO foz_greatest(a, b) AS CASE WHEN a IS NULL OR b > a THEN b ELSE a END;
        CREATE OR REPLACE MACRO foz_least(a, b) AS CASE WHEN a IS NULL OR b < a THEN b ELSE a END;
        CREATE OR REPLACE MACRO array_upper(a, d) AS CASE WHEN d = 1 AND len(a) > 0 THEN len(a)::INTEGER END;
        CREATE OR REPLACE MACRO array_lower(a, d) AS CASE WHEN d = 1 AND len(a) > 0 THEN 1 END;
        CREATE OR REPLACE MACRO cardinality(a) AS len(a)::INTEGER;
        CREATE OR REPLACE MACRO quote_ident(s) AS
            CASE WHEN regexp_full_match(s, '[a-z_][a-z0-9_]*') THEN s ELSE '"' || replace(s, '"', '""') || '"' END;
        CREATE OR REPLACE MACRO quote_literal(s) AS '''' || replace(s::VARCHAR, '''', '''''') || '''';
        CREATE OR REPLACE MACRO quote_nullable(s) AS coalesce('''' || replace(s::VARCHAR, '''', '''''') || '''', 'NULL');
        CREATE OR REPLACE MACRO initcap(s) AS array_to_string(list_transform(
            regexp_extract_all(lower(s), '[\p{L}\p{N}]+|[^\p{L}\p{N}]+'), lambda w: foz_upper(w[1]) || w[2:]), '');
        CREATE OR REPLACE MACRO btrim(s, c := ' ') AS trim(s, c);
        CREATE OR REPLACE MACRO _pg_expandarray(a) AS
            unnest(list_transform(range(1, len(a) + 1), lambda i: {'x': a[i], 'n': i::INTEGER}));
        CREATE OR REPLACE MACRO array_remove(a, e) AS list_filter(a, lambda x: x IS DISTINCT FROM e);
        CREATE OR REPLACE MACRO pg_partition_ancestors(r) AS unnest(CAST([] AS UINTEGER[]));
        CREATE OR REPLACE MACRO getdatabaseencoding() AS 'UTF8';
        CREATE OR REPLACE MACRO pg_char_to_encoding(s) AS CASE WHEN upper(s) IN ('UTF8', 'UTF-8', 'UNICODE') THEN 6 ELSE -1 END;
        CREATE OR REPLACE MACRO pg_size_pretty(n) AS CASE
            WHEN abs(n) < 10240 THEN n || ' bytes' WHEN abs(n) < 10485760 THEN round(n / 1024)::BIGINT || ' kB'
            WHEN abs(n) < 10737418240 THEN round(n / 1048576)::BIGINT || ' MB'
            WHEN abs(n) < 10995116277760 THEN round(n / 1073741824)::BIGINT || ' GB'
            ELSE round(n / 1099511627776)::BIGINT || ' TB' END;
        """;

    /// <summary>The function that asks the catalog for an answer of a kind, such as <c>text</c>.</summary>
    public static string NameOf(string kind) => OwnNames.Of(ServedFunctions.CatalogPrefix + kind);

    static bool IsStrict(string function) =>
        function is "pg_has_role" || function.StartsWith("has_", StringComparison.Ordinal);

    delegate void Answer(CatalogView view, string function, string[] arguments, ref VectorWriter result, int row);

    static ScalarFunction Function(string kind, LogicalType type, CatalogImages images, Answer answer) => new()
    {
        Name = NameOf(kind),
        Parameters = [LogicalType.BigInt, LogicalType.Varchar],
        VariableParameters = LogicalType.Any,
        ReturnType = type,
        TakesNulls = true,
        Body = (arguments, result) =>
        {
            var (view, name) =
                (images.Get(arguments[0].Values<long>()[0]), Encoding.UTF8.GetString(arguments[1].Bytes(0)));
            for (var row = 0; row < arguments.RowCount; row++)
            {
                var texts = new string[arguments.ColumnCount - 2];
                var isNull = false;
                for (var i = 0; i < texts.Length; i++)
                {
                    // What a function is about must be there; the rest may be left open.
                    isNull |= (i == 0 || IsStrict(name)) && arguments[i + 2].IsNull(row);
                    texts[i] = arguments[i + 2].IsNull(row)
                        ? ""
                        : Convert.ToString(arguments[i + 2].GetValue(row), CultureInfo.InvariantCulture) ?? "";
                }
                if (isNull) result.SetNull(row);
                else answer(view, name, texts, ref result, row);
            }
        },
    };
}
