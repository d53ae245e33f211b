using System.Globalization;
using System.Text;
using Foz.DuckDB;
using Foz.Lake.Engine;
using Foz.Lake.Engine.Functions;
using Foz.Serving.Bounds;
using Foz.Serving.PostgreSql.Types;

namespace Foz.Serving.PostgreSql.Functions;

/// <summary>PostgreSQL's functions of texts and bytes where the engine's have other values.</summary>
static class PgTexts
{
    /// <summary>The functions for an instance.</summary>
    public static IEnumerable<ScalarFunction> Of(EngineInstance instance) =>
    [
        Text("foz_text_of", isCast: true), Text("foz_out_of", isCast: false),
        Format(new("format", instance)),
        Of("foz_decode", LogicalType.Blob, [LogicalType.Varchar, LogicalType.Varchar],
            static (in a, in b, row, ref result) =>
                result.SetBytes(row, Decode(Utf16(a, row), Utf16(b, row)))),
        Of("foz_encode", LogicalType.Varchar, [LogicalType.Blob, LogicalType.Varchar],
            static (in a, in b, row, ref result) =>
                result.SetText(row, Encode(a.Bytes(row), Utf16(b, row)))),
        Of("foz_to_hex", LogicalType.Varchar, [LogicalType.Integer], static (in a, in b, row, ref result) =>
            result.SetText(row, a.Values<int>()[row].ToString("x", CultureInfo.InvariantCulture))),
        Of("foz_to_hex", LogicalType.Varchar, [LogicalType.BigInt], static (in a, in b, row, ref result) =>
            result.SetText(row, a.Values<long>()[row].ToString("x", CultureInfo.InvariantCulture))),
        Of("foz_jsonb_equal", LogicalType.Varchar, [LogicalType.Varchar], static (in a, in b, row, ref result) =>
            result.SetText(row, PgJsonb.Comparable(a.Bytes(row)))),
        Of("foz_jsonb_concat", LogicalType.Varchar, [LogicalType.Varchar, LogicalType.Varchar],
            static (in a, in b, row, ref result) =>
                result.SetText(row, PgJsonb.Concat(a.Bytes(row), b.Bytes(row)))),
        new()
        {
            Name = "foz_typeof",
            Parameters = [LogicalType.Any],
            ReturnType = LogicalType.Varchar,
            TakesNulls = true,
            Body = static (arguments, result) =>
            {
                var name = PgTypeNames.Of(PgTypes.Of(arguments.TypeOf(0)).Oid);
                for (var row = 0; row < arguments.RowCount; row++) result.SetText(row, name);
            },
        },
    ];

    /// <summary>
    /// Texts of values. The type decides when a statement is bound, and what is not of the type is not computed; each
    /// argument stands as seldom as can be, since calls inside of each other multiply.
    /// </summary>
    public static string Macros { get; } = MacroOf("foz_text", "") + MacroOf("foz_out", "BOOLEAN|");

    static string MacroOf(string name, string types) => $"""
        CREATE OR REPLACE MACRO {name}(x) AS CASE
            WHEN regexp_matches(typeof(x), '^({types}FLOAT|DOUBLE|INTERVAL|BLOB|{OwnDecimals})$|^STRUCT|\]$')
            THEN {name}_of(x) ELSE CAST(x AS VARCHAR) END;

        """;

    /// <summary>The types of decimals whose text is another than the engine's.</summary>
    static string OwnDecimals => string.Join('|',
        from width in Enumerable.Range(1, DecimalValue.WidthMax)
        from scale in Enumerable.Range(0, width + 1)
        where PgValueText.Differs(LogicalType.Decimal(width, scale))
        select string.Create(CultureInfo.InvariantCulture, $@"DECIMAL\({width},{scale}\)"));

    delegate void Setter(in Vector a, in Vector b, int row, ref VectorWriter result);

    static ScalarFunction Of(string name, LogicalType type, LogicalType[] parameters, Setter set) => new()
    {
        Name = name,
        Parameters = parameters,
        ReturnType = type,
        Body = (arguments, result) =>
        {
            var a = arguments[0];
            var b = arguments[arguments.ColumnCount - 1];
            for (var row = 0; row < a.Count; row++)
                if (!a.IsNull(row) && !b.IsNull(row)) set(a, b, row, ref result);
                else result.SetNull(row);
        },
    };

    /// <summary>PostgreSQL's text of a value of a type whose text is another than the engine's.</summary>
    static ScalarFunction Text(string name, bool isCast) =>
        Of(name, LogicalType.Varchar, [LogicalType.Any], (in a, in b, row, ref result) =>
            result.SetText(row, PgValueText.Of(a.GetValue(row)!, isCast)));

    static string Utf16(in Vector vector, int row) => Encoding.UTF8.GetString(vector.Bytes(row));

    static ScalarFunction Format(CallBound bound) => new()
    {
        Name = "foz_format_text",
        Parameters = [LogicalType.Varchar],
        VariableParameters = LogicalType.Varchar,
        ReturnType = LogicalType.Varchar,
        TakesNulls = true,
        Body = (arguments, result) =>
        {
            var length = 0L;
            for (var row = 0; row < arguments.RowCount; row++)
            {
                if (arguments[0].IsNull(row))
                {
                    result.SetNull(row);
                    continue;
                }
                var values = new string?[arguments.ColumnCount - 1];
                for (var i = 0; i < values.Length; i++)
                    values[i] = arguments[i + 1].IsNull(row) ? null : Utf16(arguments[i + 1], row);
                var before = length;
                var text = PgFormat.Apply(Utf16(arguments[0], row), values, made => bound.Check(before + made));
                length += text.Length;
                result.SetText(row, text);
            }
        },
    };

    static byte[] Decode(string text, string format) => format.ToLowerInvariant() switch
    {
        "hex" => ByteaText.Hexadecimal(text),
        "base64" => Base64(text),
        "escape" =>
            ByteaText.Read(text.StartsWith(@"\x", StringComparison.Ordinal)
                ? throw FunctionFault.Of("22P02", "invalid input syntax for type bytea")
                : text),
        _ => throw FunctionFault.Of("22023", $"unrecognized encoding: \"{format}\""),
    };

    static byte[] Base64(string text)
    {
        try
        {
            return Convert.FromBase64String(text);
        }
        catch (FormatException)
        {
            throw FunctionFault.Of("22023", "invalid base64 data");
        }
    }

    static string Encode(ReadOnlySpan<byte> bytes, string format)
    {
        const int LineLength = 76;
        switch (format.ToLowerInvariant())
        {
            case "hex":
                return Convert.ToHexStringLower(bytes);
            case "base64":
                return string.Join(
                    '\n', Convert.ToBase64String(bytes).Chunk(LineLength).Select(line => new string(line)));
            case "escape":
                var text = new StringBuilder(bytes.Length);
                foreach (var b in bytes)
                {
                    if (b == '\\') text.Append(@"\\");
                    else if (b is 0 or >= 0x80) text.Append('\\').Append(Convert.ToString(b, 8).PadLeft(3, '0'));
                    else text.Append((char)b);
                }
                return text.ToString();
            default:
                throw FunctionFault.Of("22023", $"unrecognized encoding: \"{format}\"");
        }
    }
}
