using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using Foz.Wire;
using Foz.Wire.PostgreSql;

namespace Foz.Tests.Wire.PostgreSql;

public sealed class BinaryValueTests
{
    const int Rounds = 5_000;

    [Theory]
    [InlineData("0", 10, 2, 0)]
    [InlineData("0.00", 10, 2, 0)]
    [InlineData("1", 10, 2, 100)]
    [InlineData("-12.34", 10, 2, -1234)]
    [InlineData("0.05", 10, 2, 5)]
    [InlineData("99999999.99", 10, 2, 9999999999)]
    [InlineData("10000", 5, 0, 10000)]
    [InlineData("123456789012345.6789", 19, 4, 1234567890123456789)]
    public void Numeric_becomes_its_unscaled_number(string text, int precision, int scale, long unscaled)
    {
        Assert.True(new BinaryNumeric(Numeric(text)).TryToUnscaled(precision, scale, out var result));
        Assert.Equal(unscaled, result);
    }

    [Theory]
    [InlineData("100000000.00", 10, 2)]
    [InlineData("0.005", 10, 2)]
    [InlineData("NaN", 10, 2)]
    [InlineData("Infinity", 10, 2)]
    [InlineData("-Infinity", 38, 0)]
    [InlineData("100000000000000000000000000000000000000", 38, 0)]
    [InlineData("99999999999999999999999999999999999999999999999999999", 38, 0)]
    [InlineData("0.000000000000000000000000000000000000001", 38, 38)]
    [InlineData("1", 38, 38)]
    public void Numeric_that_does_not_fit_is_said_so(string text, int precision, int scale) =>
        Assert.False(new BinaryNumeric(Numeric(text)).TryToUnscaled(precision, scale, out _));

    [Fact]
    public void Numeric_equals_big_integer_arithmetic_and_its_own_text()
    {
        var seed = Soak.Seed();
        var random = new Random(seed);
        for (var round = 0; round < Rounds; round++)
        {
            var scale = random.Next(0, 39);
            var digits = string.Concat(
                Enumerable.Range(0, random.Next(1, 45)).Select(_ => (char)('0' + random.Next(10))));
            var shown = random.Next(0, Math.Min(scale + 2, 39));
            var text = (random.Next(2) == 0 ? "" : "-") + Place(digits, shown);
            var precision = random.Next(Math.Max(scale, 1), 39);
            var value = BigInteger.Parse(text.Replace(".", ""), CultureInfo.InvariantCulture);
            var exponent = scale - shown;
            var fits = exponent >= 0 || value % BigInteger.Pow(10, -exponent) == 0;
            var expected = exponent >= 0
                ? value * BigInteger.Pow(10, exponent)
                : value / BigInteger.Pow(10, -exponent);
            fits &= BigInteger.Abs(expected) < BigInteger.Pow(10, precision);

            var numeric = new BinaryNumeric(Numeric(text));
            Assert.Equal(fits, numeric.TryToUnscaled(precision, scale, out var unscaled));
            if (fits) Assert.Equal(expected, unscaled);
            Assert.Equal(value == 0 ? text.TrimStart('-') : text, numeric.ToString());
        }
    }

    [Theory]
    [InlineData("2000-01-01", 0)]
    [InlineData("1970-01-01", -10957)]
    [InlineData("0001-01-01", -730119)]
    [InlineData("0001-12-31 BC", -730120)]
    [InlineData("0044-03-15 BC", -746117)]
    [InlineData("4713-01-01 BC", -2451507)]
    [InlineData("9999-12-31", 2921939)]
    [InlineData("10000-01-01", 2921940)]
    [InlineData("5874897-12-31", 2145031948)]
    [InlineData("infinity", int.MaxValue)]
    [InlineData("-infinity", int.MinValue)]
    public void Date_is_written_as_PostgreSQL_writes_it(string text, int days) =>
        Assert.Equal(text, BinaryDate.DateText(days));

    [Theory]
    [InlineData("2000-01-01 00:00:00", 0, false)]
    [InlineData("1999-12-31 23:59:59.999999+00", -1, true)]
    [InlineData("2000-01-01 00:00:00.5", 500_000, false)]
    [InlineData("2000-01-02 01:02:03.000004", 90_123_000_004, false)]
    [InlineData("0001-12-31 23:00:00 BC", -63_082_285_200_000_000, false)]
    [InlineData("0001-12-31 23:00:00+00 BC", -63_082_285_200_000_000, true)]
    [InlineData("infinity", long.MaxValue, true)]
    [InlineData("-infinity", long.MinValue, false)]
    public void Timestamp_is_written_as_PostgreSQL_writes_it(string text, long microseconds, bool hasZone) =>
        Assert.Equal(text, BinaryDate.TimestampText(microseconds, hasZone));

    [Fact]
    public void Array_states_its_dimensions_and_elements()
    {
        var array = new BinaryArray(
        [
            0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 21,
            0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1,
            0, 0, 0, 2, 0, 7, 255, 255, 255, 255,
        ]);
        Assert.Equal(
            (2, 2, 1, 2, 21u),
            (array.Dimensions, array.Length(0), array.Length(1), array.ElementCount, array.ElementOid));
        Assert.True(array.TryReadElement(out var element, out var isNull));
        Assert.Equal([0, 7], element.ToArray());
        Assert.False(isNull);
        Assert.True(array.TryReadElement(out _, out isNull));
        Assert.True(isNull);
        Assert.False(array.TryReadElement(out _, out _));
    }

    [Fact]
    public void Array_that_claims_more_elements_than_bytes_is_refused() =>
        Assert.Throws<WireException>(() => new BinaryArray(
            [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 23, 0x7F, 0xFF, 0xFF, 0xFF, 0, 0, 0, 1]).ElementCount);

    static string Place(string digits, int shown)
    {
        var padded = digits.PadLeft(shown + 1, '0');
        var whole = padded[..^shown].TrimStart('0');
        return (whole.Length == 0 ? "0" : whole) + (shown == 0 ? "" : "." + padded[^shown..]);
    }

    /// <summary>A numeric as PostgreSQL sends it: digits to the base of 10,000 without zeros at either end.</summary>
    static byte[] Numeric(string text)
    {
        ushort? special = text switch { "NaN" => 0xC000, "Infinity" => 0xD000, "-Infinity" => 0xF000, _ => null };
        if (special is { } sign) return Pack([], 0, sign, 0);
        var isNegative = text[0] == '-';
        var parts = text.TrimStart('-').Split('.');
        var whole = parts[0].PadLeft((parts[0].Length + 3) / 4 * 4, '0');
        var fraction = parts.Length > 1 ? parts[1] : "";
        var all = whole + fraction.PadRight((fraction.Length + 3) / 4 * 4, '0');
        var digits = all.Chunk(4).Select(c => ushort.Parse(c, CultureInfo.InvariantCulture)).ToList();
        var weight = whole.Length / 4 - 1;
        for (; digits.Count > 0 && digits[0] == 0; weight--) digits.RemoveAt(0);
        while (digits.Count > 0 && digits[^1] == 0) digits.RemoveAt(digits.Count - 1);
        if (digits.Count == 0) weight = 0;
        return Pack(digits, weight, (ushort)(isNegative && digits.Count > 0 ? 0x4000 : 0), fraction.Length);
    }

    static byte[] Pack(List<ushort> digits, int weight, ushort sign, int shown)
    {
        var bytes = new byte[8 + 2 * digits.Count];
        BinaryPrimitives.WriteInt16BigEndian(bytes, (short)digits.Count);
        BinaryPrimitives.WriteInt16BigEndian(bytes.AsSpan(2), (short)weight);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(4), sign);
        BinaryPrimitives.WriteInt16BigEndian(bytes.AsSpan(6), (short)shown);
        for (var i = 0; i < digits.Count; i++)
            BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(8 + 2 * i), digits[i]);
        return bytes;
    }
}
