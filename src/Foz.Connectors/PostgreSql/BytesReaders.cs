using System.Net;
using System.Text.Json;
using System.Text.Unicode;
using Foz.Wire;
using Foz.Wire.PostgreSql;

namespace Foz.Connectors.PostgreSql;

/// <summary>Texts that the server has checked to be UTF-8.</summary>
readonly struct TextReader : IBytesReader
{
    public int BytesMax(ReadOnlySpan<byte> value) => value.Length;

    public int Read(ReadOnlySpan<byte> value, Span<byte> destination)
    {
        value.CopyTo(destination);
        return value.Length;
    }

    public void WriteJson(Utf8JsonWriter json, ReadOnlySpan<byte> value) => json.WriteStringValue(value);
}

/// <summary>Texts of a database that checks none (<c>SQL_ASCII</c>): one that is not UTF-8 is not held.</summary>
readonly struct UncheckedTextReader : IBytesReader
{
    public int BytesMax(ReadOnlySpan<byte> value) => value.Length;

    public int Read(ReadOnlySpan<byte> value, Span<byte> destination)
    {
        if (!Utf8.IsValid(value)) return -1;
        value.CopyTo(destination);
        return value.Length;
    }

    public void WriteJson(Utf8JsonWriter json, ReadOnlySpan<byte> value)
    {
        if (Utf8.IsValid(value)) json.WriteStringValue(value);
        else default(ByteaReader).WriteJson(json, value);
    }
}

/// <summary>Bytes.</summary>
readonly struct ByteaReader : IBytesReader
{
    public int BytesMax(ReadOnlySpan<byte> value) => value.Length;

    public int Read(ReadOnlySpan<byte> value, Span<byte> destination)
    {
        value.CopyTo(destination);
        return value.Length;
    }

    public void WriteJson(Utf8JsonWriter json, ReadOnlySpan<byte> value) =>
        json.WriteStringValue($"\\x{Convert.ToHexStringLower(value)}");
}

/// <summary>UUIDs, as texts of 36 characters.</summary>
readonly struct UuidReader : IBytesReader
{
    const int TextBytes = 36;
    const int ValueBytes = 16;

    public int BytesMax(ReadOnlySpan<byte> value) => TextBytes;

    public int Read(ReadOnlySpan<byte> value, Span<byte> destination)
    {
        new Guid(ValueLength.Expect(value, ValueBytes), bigEndian: true).TryFormat(destination, out var written);
        return written;
    }

    public void WriteJson(Utf8JsonWriter json, ReadOnlySpan<byte> value) =>
        json.WriteStringValue(new Guid(ValueLength.Expect(value, ValueBytes), bigEndian: true));
}

/// <summary>Numerics of any precision, NaN and the infinities, as PostgreSQL writes them.</summary>
readonly struct NumericTextReader : IBytesReader
{
    public int BytesMax(ReadOnlySpan<byte> value) => new BinaryNumeric(value).FormattedBytesMax;

    public int Read(ReadOnlySpan<byte> value, Span<byte> destination) => new BinaryNumeric(value).Format(destination);

    public void WriteJson(Utf8JsonWriter json, ReadOnlySpan<byte> value) =>
        json.WriteStringValue(new BinaryNumeric(value).ToString());
}

/// <summary>Addresses and networks, as PostgreSQL writes them.</summary>
readonly struct InetReader : IBytesReader
{
    const int TextBytesMax = 64;
    const int HeaderBytes = 4;
    const byte IPv4Family = 2;
    const byte IPv6Family = 3;
    const int IPv4Bytes = 4;
    const int IPv6Bytes = 16;
    const int BitsPerByte = 8;

    public int BytesMax(ReadOnlySpan<byte> value) => TextBytesMax;

    public int Read(ReadOnlySpan<byte> value, Span<byte> destination)
    {
        var isRight = value.Length > HeaderBytes && value.Length == HeaderBytes + value[3]
            && (value[0], value[3]) is (IPv4Family, IPv4Bytes) or (IPv6Family, IPv6Bytes);
        if (!isRight) throw new WireException(WireErrorKind.Malformed, "a network address is malformed");
        var (bits, isNetwork) = (value[1], value[2] != 0);
        new IPAddress(value[HeaderBytes..]).TryFormat(destination, out var written);
        if (!isNetwork && bits == value[3] * BitsPerByte) return written;
        destination[written++] = (byte)'/';
        bits.TryFormat(destination[written..], out var bitsWritten);
        return written + bitsWritten;
    }

    public void WriteJson(Utf8JsonWriter json, ReadOnlySpan<byte> value)
    {
        Span<byte> text = stackalloc byte[TextBytesMax];
        json.WriteStringValue(text[..Read(value, text)]);
    }
}
