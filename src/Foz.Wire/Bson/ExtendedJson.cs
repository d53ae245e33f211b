using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;

namespace Foz.Wire.Bson;

/// <summary>
/// Writes BSON as MongoDB Extended JSON, version 2. The canonical form keeps all types; the relaxed form writes
/// numbers as numbers of JSON, and instants of the years 1970 to 9999 as texts. Both keep values exactly.
/// </summary>
/// <param name="isCanonical">Whether it writes the canonical form.</param>
public sealed class ExtendedJson(bool isCanonical) : IDisposable
{
    /// <summary>Documents deeper than this are refused; MongoDB itself takes a depth of 100.</summary>
    public const int DepthMax = 200;

    const int ObjectIdBytes = 12;
    const long MillisecondsMax = 253_402_300_799_999;
    readonly ArrayBufferWriter<byte> buffer = new();
    Utf8JsonWriter? writer;
    bool isLenient;

    Utf8JsonWriter Writer => writer ??= new(
        buffer,
        new()
        {
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true, MaxDepth = 4 * DepthMax,
        });

    /// <summary>Returns a value as JSON; valid until the next call.</summary>
    /// <exception cref="WireException">It is not BSON, too deep, or has a text that is not UTF-8.</exception>
    public ReadOnlySpan<byte> Write(BsonType type, ReadOnlySpan<byte> value)
    {
        buffer.ResetWrittenCount();
        Writer.Reset(buffer);
        WriteValue(type, value, 0);
        Writer.Flush();
        return buffer.WrittenSpan;
    }

    /// <summary>
    /// Returns a document as JSON with U+FFFD for what is not UTF-8; of one that is not BSON, its bytes in hexadecimal.
    /// </summary>
    public ReadOnlySpan<byte> WriteAny(ReadOnlySpan<byte> document, int bytesMax)
    {
        try
        {
            isLenient = true;
            return Write(BsonType.Document, document);
        }
        catch (WireException)
        {
            return Encoding.ASCII.GetBytes(
                Convert.ToHexStringLower(document[..Math.Min(document.Length, bytesMax / 2)]));
        }
        finally
        {
            isLenient = false;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => writer?.Dispose();

    void WriteValue(BsonType type, ReadOnlySpan<byte> value, int depth)
    {
        switch (type)
        {
            case BsonType.Document or BsonType.Array:
                WriteElements(value, type is BsonType.Array, depth);
                break;
            case BsonType.String:
                Text(BsonValue.RawText(value));
                break;
            case BsonType.Boolean:
                Writer.WriteBooleanValue(BsonValue.Boolean(value));
                break;
            case BsonType.Null:
                Writer.WriteNullValue();
                break;
            case BsonType.Int32 or BsonType.Int64 or BsonType.Double or BsonType.Decimal128:
                WriteNumber(type, value);
                break;
            case BsonType.Date:
                WriteDate(BsonValue.Int64(value));
                break;
            default:
                Writer.WriteStartObject();
                WriteOther(type, value, depth);
                Writer.WriteEndObject();
                break;
        }
    }

    void WriteElements(ReadOnlySpan<byte> document, bool isArray, int depth)
    {
        if (depth >= DepthMax)
            throw new WireException(WireErrorKind.Unsupported, $"documents in documents, {DepthMax} deep");
        var elements = new BsonElements(document);
        if (isArray) Writer.WriteStartArray();
        else Writer.WriteStartObject();
        while (elements.Read())
        {
            if (!isArray) Name(elements.Name);
            WriteValue(elements.Type, elements.Value, depth + 1);
        }
        if (isArray) Writer.WriteEndArray();
        else Writer.WriteEndObject();
    }

    void WriteNumber(BsonType type, ReadOnlySpan<byte> value)
    {
        if (type is BsonType.Decimal128)
        {
            Wrapped("$numberDecimal", BsonDecimal.Read(value).ToString());
            return;
        }
        var (text, key) = type switch
        {
            BsonType.Int32 => (BsonValue.Int32(value).ToString(CultureInfo.InvariantCulture), "$numberInt"),
            BsonType.Int64 => (BsonValue.Int64(value).ToString(CultureInfo.InvariantCulture), "$numberLong"),
            _ => (DoubleText(BsonValue.Double(value)), "$numberDouble"),
        };
        if (isCanonical || type is BsonType.Double && !double.IsFinite(BsonValue.Double(value))) Wrapped(key, text);
        else Writer.WriteRawValue(text, skipInputValidation: true);
    }

    /// <summary>Returns a double as the shortest text that reads as the same one, with <c>.0</c> if whole.</summary>
    public static string DoubleText(double value)
    {
        var text = value.ToString("R", CultureInfo.InvariantCulture);
        return double.IsFinite(value) && !text.AsSpan().ContainsAny('.', 'E') ? $"{text}.0" : text;
    }

    void WriteDate(long milliseconds)
    {
        Writer.WriteStartObject();
        Writer.WritePropertyName("$date"u8);
        if (!isCanonical && milliseconds is >= 0 and <= MillisecondsMax) Writer.WriteStringValue(
            DateText(milliseconds));
        else Wrapped("$numberLong", milliseconds.ToString(CultureInfo.InvariantCulture));
        Writer.WriteEndObject();
    }

    /// <summary>Returns an instant in ISO 8601, with milliseconds where it has some; for years up to 9999.</summary>
    /// <param name="milliseconds">Milliseconds since 1970.</param>
    public static string DateText(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds).ToString(
        milliseconds % 1000 == 0 ? "yyyy-MM-ddTHH:mm:ssZ" : "yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);

    void WriteOther(BsonType type, ReadOnlySpan<byte> value, int depth)
    {
        switch (type)
        {
            case BsonType.ObjectId:
                Writer.WriteString("$oid"u8, Convert.ToHexStringLower(value));
                break;
            case BsonType.Binary:
                var bytes = BsonValue.Binary(value, out var subtype);
                Writer.WriteStartObject("$binary"u8);
                Writer.WriteBase64String("base64"u8, bytes);
                Writer.WriteString("subType"u8, Convert.ToHexStringLower([subtype]));
                Writer.WriteEndObject();
                break;
            case BsonType.Regex:
                var end = value.IndexOf((byte)0);
                Writer.WriteStartObject("$regularExpression"u8);
                Named("pattern"u8, value[..end]);
                Named("options"u8, value[(end + 1)..^1]);
                Writer.WriteEndObject();
                break;
            case BsonType.Timestamp:
                Writer.WriteStartObject("$timestamp"u8);
                Writer.WriteNumber("t"u8, BinaryPrimitives.ReadUInt32LittleEndian(value[sizeof(uint)..]));
                Writer.WriteNumber("i"u8, BinaryPrimitives.ReadUInt32LittleEndian(value));
                Writer.WriteEndObject();
                break;
            case BsonType.DbPointer:
                Writer.WriteStartObject("$dbPointer"u8);
                Named("$ref"u8, BsonValue.RawText(value[..^ObjectIdBytes]));
                Writer.WriteStartObject("$id"u8);
                Writer.WriteString("$oid"u8, Convert.ToHexStringLower(value[^ObjectIdBytes..]));
                Writer.WriteEndObject();
                Writer.WriteEndObject();
                break;
            case BsonType.CodeWithScope:
                var code = value[sizeof(int)..];
                Named("$code"u8, BsonValue.RawText(code));
                Writer.WritePropertyName("$scope"u8);
                WriteElements(code[(sizeof(int) + BsonValue.Int32(code))..], isArray: false, depth + 1);
                break;
            default:
                WriteName(type, value);
                break;
        }
    }

    void WriteName(BsonType type, ReadOnlySpan<byte> value)
    {
        switch (type)
        {
            case BsonType.Code:
                Named("$code"u8, BsonValue.RawText(value));
                break;
            case BsonType.Symbol:
                Named("$symbol"u8, BsonValue.RawText(value));
                break;
            case BsonType.Undefined:
                Writer.WriteBoolean("$undefined"u8, true);
                break;
            default:
                Writer.WriteNumber(type is BsonType.MinKey ? "$minKey"u8 : "$maxKey"u8, 1);
                break;
        }
    }

    void Wrapped(string key, string text)
    {
        Writer.WriteStartObject();
        Writer.WriteString(key, text);
        Writer.WriteEndObject();
    }

    void Named(ReadOnlySpan<byte> name, ReadOnlySpan<byte> text)
    {
        Writer.WritePropertyName(name);
        Text(text);
    }

    void Text(ReadOnlySpan<byte> text)
    {
        if (Utf8.IsValid(text)) Writer.WriteStringValue(text);
        else if (isLenient) Writer.WriteStringValue(Encoding.UTF8.GetString(text));
        else throw BsonValue.NotUtf8();
    }

    void Name(ReadOnlySpan<byte> name)
    {
        if (Utf8.IsValid(name)) Writer.WritePropertyName(name);
        else if (isLenient) Writer.WritePropertyName(Encoding.UTF8.GetString(name));
        else throw BsonValue.NotUtf8();
    }
}
