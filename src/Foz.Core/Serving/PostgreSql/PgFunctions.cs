using System.Globalization;
using System.Text;
using Foz.Core.Engine;
using Foz.DuckDB;

namespace Foz.Core.Serving.PostgreSql;

/// <summary>Functions that PostgreSQL has and DuckDB lacks.</summary>
static class PgFunctions
{
    const string CatalogPrefix = "catalog_";

    /// <summary>The functions that look into the catalog: a view's number, the function's name, its arguments as texts.</summary>
    public static IEnumerable<ScalarFunction> Of(CatalogImages images) =>
    [
        Function("text", LogicalType.Varchar, images, static (view, name, arguments, ref result, row) =>
        {
            if (view.Text(name, arguments) is { } text) result.SetText(row, text);
            else result.SetNull(row);
        }),
        Function("bool", LogicalType.Boolean, images, static (view, name, arguments, ref result, row) =>
        {
            if (view.Truth(name, arguments) is { } truth) result.Values<bool>()[row] = truth;
            else result.SetNull(row);
        }),
        // It does something: neither planning a statement nor describing it may.
        Function("backend", LogicalType.Boolean, images, static (view, name, arguments, ref result, row) =>
            result.Values<bool>()[row] = int.TryParse(arguments[0], CultureInfo.InvariantCulture, out var id) && view.Signal(name, id)) with
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
    ];

    /// <summary>What is said with other functions of DuckDB.</summary>
    public const string Macros =
        """
        CREATE OR REPLACE MACRO foz_any(x, l) AS list_contains(l, x);
        CREATE OR REPLACE MACRO array_upper(a, d) AS CASE WHEN d = 1 AND len(a) > 0 THEN len(a)::INTEGER END;
        CREATE OR REPLACE MACRO array_lower(a, d) AS CASE WHEN d = 1 AND len(a) > 0 THEN 1 END;
        CREATE OR REPLACE MACRO cardinality(a) AS len(a)::INTEGER;
        CREATE OR REPLACE MACRO quote_ident(s) AS
            CASE WHEN regexp_full_match(s, '[a-z_][a-z0-9_]*') THEN s ELSE '"' || replace(s, '"', '""') || '"' END;
        CREATE OR REPLACE MACRO quote_literal(s) AS '''' || replace(s::VARCHAR, '''', '''''') || '''';
        CREATE OR REPLACE MACRO quote_nullable(s) AS coalesce('''' || replace(s::VARCHAR, '''', '''''') || '''', 'NULL');
        CREATE OR REPLACE MACRO initcap(s) AS
            array_to_string(list_transform(string_split(lower(s), ' '), lambda w: upper(w[1]) || w[2:]), ' ');
        CREATE OR REPLACE MACRO btrim(s, c := ' ') AS trim(s, c);
        CREATE OR REPLACE MACRO div(a, b) AS trunc(a // b);
        CREATE OR REPLACE MACRO regexp_match(s, p) AS CASE WHEN regexp_matches(s, p) THEN [regexp_extract(s, p)] END;
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
    public static string NameOf(string kind) => OwnNames.Of(CatalogPrefix + kind);

    /// <summary>Whether a function asks the catalog.</summary>
    public static bool AsksCatalog(string name) =>
        OwnNames.Has(name) && name.StartsWith(ServedFunctions.OwnPrefix + CatalogPrefix, StringComparison.OrdinalIgnoreCase);

    static bool IsStrict(string function) => function is "pg_has_role" || function.StartsWith("has_", StringComparison.Ordinal);

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
            var (view, name) = (images.Get(arguments[0].Values<long>()[0]), Encoding.UTF8.GetString(arguments[1].Bytes(0)));
            for (var row = 0; row < arguments.RowCount; row++)
            {
                var texts = new string[arguments.ColumnCount - 2];
                var isNull = false;
                for (var i = 0; i < texts.Length; i++)
                {
                    // What a function is about must be there; the rest may be left open.
                    isNull |= (i == 0 || IsStrict(name)) && arguments[i + 2].IsNull(row);
                    texts[i] = arguments[i + 2].IsNull(row) ? "" : Convert.ToString(arguments[i + 2].GetValue(row), CultureInfo.InvariantCulture) ?? "";
                }
                if (isNull) result.SetNull(row);
                else answer(view, name, texts, ref result, row);
            }
        },
    };
}
