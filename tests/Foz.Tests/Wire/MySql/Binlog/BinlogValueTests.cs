using System.Buffers;
using System.Numerics;
using System.Text;
using Foz.Wire;
using Foz.Wire.MySql.Binlog;

namespace Foz.Tests.Wire.MySql.Binlog;

public sealed class BinlogValueTests
{
    [Theory]
    [InlineData("810DFB38D204D2", 14, 4, "1234567890.1234")]
    [InlineData("7EF204C72DFB2D", 14, 4, "-1234567890.1234")]
    [InlineData("800000", 5, 2, "0.00")]
    [InlineData("800005", 5, 2, "0.05")]
    [InlineData("7FFFFA", 5, 2, "-0.05")]
    [InlineData("80000001", 9, 0, "1")]
    [InlineData("E3B9AC9FF8", 12, 12, null)]
    public void Decimals_are_read(string hex, int precision, int scale, string? expected)
    {
        var value = Convert.FromHexString(hex);
        var text = new byte[BinlogDecimal.TextBytesMax];
        if (expected is null)
        {
            Assert.Throws<WireException>(() => BinlogDecimal.Format(value, precision, scale, text));
            return;
        }

        Assert.Equal(BinlogDecimal.BytesOf(precision, scale), value.Length);
        Assert.Equal(
            expected, Encoding.ASCII.GetString(text, 0, BinlogDecimal.Format(value, precision, scale, text)));
        Assert.Equal(
            BigInteger.Parse(expected.Replace(".", "", StringComparison.Ordinal)),
            (BigInteger)BinlogDecimal.ReadUnscaled(value, precision, scale));
    }

    [Fact]
    public void Both_forms_of_a_decimal_say_the_same()
    {
        var random = new Random(Soak.Seed());
        var text = new byte[BinlogDecimal.TextBytesMax];
        for (var i = 0; i < 20_000; i++)
        {
            var precision = random.Next(1, 39);
            var scale = random.Next(0, Math.Min(precision, 30) + 1);
            var digits = string.Concat(Enumerable.Range(0, precision).Select(_ => (char)('0' + random.Next(10))));
            var isNegative = random.Next(2) == 0 && digits.Any(d => d != '0');
            var value = Encode(digits, scale, isNegative);
            var unscaled = (BigInteger)BinlogDecimal.ReadUnscaled(value, precision, scale);
            Assert.Equal(isNegative ? -BigInteger.Parse(digits) : BigInteger.Parse(digits), unscaled);
            var whole = digits[..(precision - scale)].TrimStart('0');
            Assert.Equal(
                (isNegative ? "-" : "") + (whole.Length == 0 ? "0" : whole)
                    + (scale == 0 ? "" : "." + digits[(precision - scale)..]),
                Encoding.ASCII.GetString(text, 0, BinlogDecimal.Format(value, precision, scale, text)));
        }
    }

    [Theory]
    [InlineData(0, "0")]
    [InlineData(-0.1, "-0.1")]
    [InlineData(120, "120")]
    [InlineData(123456789012345, "123456789012345")]
    [InlineData(1e15, "1e15")]
    [InlineData(-1.5e300, "-1.5e300")]
    [InlineData(0.001, "0.001")]
    [InlineData(1e-16, "1e-16")]
    [InlineData(1234.5678, "1234.5678")]
    [InlineData(5e-324, "5e-324")]
    public void Numbers_with_a_floating_point_are_written_as_the_server_does(double number, string expected)
    {
        var text = new byte[DoubleText.BytesMax];
        Assert.Equal(expected, Encoding.ASCII.GetString(text, 0, DoubleText.Format(number, text)));
    }

    [Theory]
    [InlineData("", "null")]
    [InlineData("0400", "null")]
    [InlineData("0401", "true")]
    [InlineData("05FEFF", "-2")]
    [InlineData("0A0000000000000080", "9223372036854775808")]
    [InlineData("0B000000000000F03F", "1.0")]
    [InlineData("0C0568C3AB220A", "\"hë\\\"\\n\"")]
    [InlineData("0202000D000501000C0A00026869", "[1, \"hi\"]")]
    [InlineData("0202000E000501000C0A00026869", null)]
    [InlineData("0FF6050502800005", "0.05")]
    [InlineData("0FFC03010203", "\"base64:type252:AQID\"")]
    [InlineData("0F0C08E09300053144B219", "\"2024-01-02 03:04:05.037856\"")]
    [InlineData("0C0261", null)]
    [InlineData("0D00", null)]
    public void JSON_is_written_as_the_server_shows_it(string hex, string? expected)
    {
        var value = Convert.FromHexString(hex);
        var text = new ArrayBufferWriter<byte>();
        if (expected is null)
        {
            Assert.Throws<WireException>(() => BinaryJson.Write(value, text));
            return;
        }

        BinaryJson.Write(value, text);
        Assert.Equal(expected, Encoding.UTF8.GetString(text.WrittenSpan));
    }

    [Fact]
    public void JSON_has_objects_within_each_other()
    {
        // {"a": 1, "b": [true, "x"]}: two keys at 18 and 19, the array at 20.
        byte[] array = [2, 0, 12, 0, 0x04, 1, 0, 0x0C, 10, 0, 1, (byte)'x'];
        byte[] value =
        [
            0x00, 2, 0, (byte)(20 + array.Length), 0, 18, 0, 1, 0, 19, 0, 1, 0, 0x05, 1, 0, 0x02, 20, 0,
            (byte)'a', (byte)'b', .. array,
        ];
        var text = new ArrayBufferWriter<byte>();
        BinaryJson.Write(value, text);
        Assert.Equal("{\"a\": 1, \"b\": [true, \"x\"]}", Encoding.UTF8.GetString(text.WrittenSpan));
    }

    [Fact]
    public void JSON_whose_parts_overlap_does_not_grow()
    {
        // An array of arrays that are all the same one, eight deep: 4,096 to the power of eight values.
        const int Count = 100, Size = 4 + 3 * Count;
        var value = new List<byte> { 0x02 };
        for (var depth = 0; depth < 8; depth++)
        {
            var left = (8 - depth) * Size;
            value.AddRange([Count, 0, (byte)left, (byte)(left >> 8)]);
            for (var i = 0; i < Count; i++)
                value.AddRange([(byte)(depth == 7 ? 0x05 : 0x02), (byte)(Size & 0xFF), Size >> 8]);
        }

        var error = Assert.Throws<WireException>(
            () => BinaryJson.Write(value.ToArray(), new ArrayBufferWriter<byte>()));
        Assert.Equal("a JSON value: parts of it overlap", error.Message);
    }

    static byte[] Encode(string digits, int scale, bool isNegative)
    {
        var bytes = new List<byte>();
        var whole = digits[..^scale];
        int[] sizes = [0, 1, 1, 2, 2, 3, 3, 4, 4, 4];
        void Group(string part)
        {
            var number = BitConverter.GetBytes(uint.Parse(part));
            for (var i = sizes[part.Length] - 1; i >= 0; i--) bytes.Add(number[i]);
        }

        if (whole.Length % 9 > 0) Group(whole[..(whole.Length % 9)]);
        for (var at = whole.Length % 9; at < whole.Length; at += 9) Group(whole[at..(at + 9)]);
        var fraction = digits[^scale..];
        if (scale == 0) fraction = "";
        var end = fraction.Length / 9 * 9;
        for (var at = 0; at < end; at += 9) Group(fraction[at..(at + 9)]);
        if (fraction.Length > end) Group(fraction[end..]);
        bytes[0] ^= 0x80;
        return [.. bytes.Select(b => isNegative ? (byte)~b : b)];
    }
}
