using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Foz.Wire.PostgreSql;

namespace Foz.Tests.Connectors.PostgreSql.Changes;

/// <summary>Writes binary values as the server's output functions do, for the types of which it knows how.</summary>
static class BinaryTexts
{
    /// <summary>The texts of a row's values; those of other types are taken from a row that is the same as text.</summary>
    public static byte[]?[] Of(uint[] oids, byte[]?[] values, byte[]?[] same)
    {
        var texts = new byte[]?[values.Length];
        for (var i = 0; i < values.Length; i++)
        {
            Assert.Equal(same[i] is null, values[i] is null);
            texts[i] = values[i] is { } value ? Of(oids[i], value) ?? same[i] : null;
        }

        return texts;
    }

    static byte[]? Of(uint oid, byte[] value) => oid switch
    {
        TypeOids.Text or TypeOids.Varchar or TypeOids.Bpchar or TypeOids.Name or TypeOids.Json => value,
        TypeOids.Jsonb => value[1..],
        TypeOids.Bool => Text(value[0] == 0 ? "f" : "t"),
        TypeOids.Int2 => Text($"{BinaryPrimitives.ReadInt16BigEndian(value)}"),
        TypeOids.Int4 => Text($"{BinaryPrimitives.ReadInt32BigEndian(value)}"),
        TypeOids.Int8 => Text($"{BinaryPrimitives.ReadInt64BigEndian(value)}"),
        TypeOids.Numeric => Text(new BinaryNumeric(value).ToString()),
        TypeOids.Date => Text(BinaryDate.DateText(BinaryPrimitives.ReadInt32BigEndian(value))),
        TypeOids.Timestamp => Text(BinaryDate.TimestampText(BinaryPrimitives.ReadInt64BigEndian(value), false)),
        TypeOids.Timestamptz => Text(BinaryDate.TimestampText(BinaryPrimitives.ReadInt64BigEndian(value), true)),
        TypeOids.Uuid => Text($"{new Guid(value, bigEndian: true)}"),
        TypeOids.Bytea => Text($"\\x{Convert.ToHexStringLower(value)}"),
        _ => null,
    };

    static byte[] Text(FormattableString text) => Text(text.ToString(CultureInfo.InvariantCulture));

    static byte[] Text(string text) => Encoding.UTF8.GetBytes(text);
}
