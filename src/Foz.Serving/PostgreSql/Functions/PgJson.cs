using System.Text.Json;
using Foz.DuckDB;
using Foz.Lake;
using Foz.Lake.Engine.Functions;

namespace Foz.Serving.PostgreSql.Functions;

/// <summary>
/// Parts of documents, as PostgreSQL's <c>-&gt;</c> and <c>-&gt;&gt;</c> give them: as they are written there.
/// </summary>
static class PgJson
{
    static readonly JsonReaderOptions options = new() { MaxDepth = 1000 };

    /// <summary>All of them.</summary>
    public static IEnumerable<ScalarFunction> Functions { get; } =
    [
        Of("foz_json_part", LogicalType.Json, isText: false, isPlace: false),
        Of("foz_json_part", LogicalType.Json, isText: false, isPlace: true),
        Of("foz_json_part_text", LogicalType.Varchar, isText: true, isPlace: false),
        Of("foz_json_part_text", LogicalType.Varchar, isText: true, isPlace: true),
    ];

    static ScalarFunction Of(string name, LogicalType type, bool isText, bool isPlace) => new()
    {
        Name = name,
        Parameters = [LogicalType.Varchar, isPlace ? LogicalType.BigInt : LogicalType.Varchar],
        ReturnType = type,
        Body = (arguments, result) =>
        {
            var documents = arguments[0];
            var keys = arguments[1];
            for (var row = 0; row < arguments.RowCount; row++)
            {
                if (documents.IsNull(row) || keys.IsNull(row)
                    || !(isPlace
                        ? Find(documents.Bytes(row), keys.Values<long>()[row], out var part)
                        : Find(documents.Bytes(row), keys.Bytes(row), out part))
                    || (isText && part is [(byte)'n', ..])) result.SetNull(row);
                else if (isText && part is [(byte)'"', ..]) result.SetText(row, Unquote(part));
                else result.SetBytes(row, part);
            }
        },
    };

    /// <summary>The last member of an object that has a name.</summary>
    static bool Find(ReadOnlySpan<byte> json, ReadOnlySpan<byte> name, out ReadOnlySpan<byte> part)
    {
        part = default;
        try
        {
            var reader = new Utf8JsonReader(json, options);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return false;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isNamed = reader.ValueTextEquals(name);
                var value = Next(json, ref reader);
                if (isNamed) part = value;
            }
        }
        catch (JsonException)
        {
            throw Invalid();
        }
        return !part.IsEmpty;
    }

    /// <summary>The element of an array at a place, counted from 0, or from the end where it is negative.</summary>
    static bool Find(ReadOnlySpan<byte> json, long place, out ReadOnlySpan<byte> part)
    {
        part = default;
        try
        {
            if (place < 0) place += Count(json);
            var reader = new Utf8JsonReader(json, options);
            if (place < 0 || !reader.Read() || reader.TokenType != JsonTokenType.StartArray) return false;
            for (; Next(json, ref reader) is { IsEmpty: false } value; place--)
                if (place == 0) part = value;
        }
        catch (JsonException)
        {
            throw Invalid();
        }
        return !part.IsEmpty;
    }

    static long Count(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, options);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartArray) return 0;
        var count = 0L;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            reader.Skip();
            count++;
        }
        return count;
    }

    /// <summary>The value that comes next, as it is written; nothing where an array ends.</summary>
    static ReadOnlySpan<byte> Next(ReadOnlySpan<byte> json, scoped ref Utf8JsonReader reader)
    {
        if (!reader.Read() || reader.TokenType == JsonTokenType.EndArray) return default;
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        return json[start..(int)reader.BytesConsumed];
    }

    static string Unquote(ReadOnlySpan<byte> text)
    {
        var reader = new Utf8JsonReader(text, options);
        reader.Read();
        return reader.GetString()!;
    }

    static FozException Invalid() => FunctionFault.Of("22P02", "invalid input syntax for type json");
}
