using System.Globalization;
using System.Numerics;
using System.Text;
using Foz.Wire.PostgreSql;

namespace Foz.Tests.Wire.PostgreSql;

public sealed class ValueFormatTests
{
    const int Rounds = 20_000;
    const long MicrosPerDay = 86_400_000_000;

    delegate int Writer(Span<byte> destination);

    [Fact]
    public void Numeric_is_written_as_it_is_read()
    {
        var random = Seeded();
        for (var round = 0; round < Rounds; round++)
        {
            var scale = random.Next(0, 39);
            var digits = random.Next(1, 39);
            var unscaled = (Int128)BigInteger.Parse(
                string.Concat(Enumerable.Range(0, digits).Select(_ => (char)('0' + random.Next(10)))),
                CultureInfo.InvariantCulture);
            // Zeros at both ends are left out of the binary form.
            if (round % 3 == 0) unscaled -= unscaled % (Int128)BigInteger.Pow(10, random.Next(digits));
            if (round % 2 == 0) unscaled = -unscaled;
            var binary = Bytes(d => NumericFormat.WriteBinary(unscaled, scale, d));
            var text = Text(d => NumericFormat.WriteText(unscaled, scale, d));
            Assert.Equal(new BinaryNumeric(binary).ToString(), text);
            Assert.True(new BinaryNumeric(binary).TryToUnscaled(38, scale, out var back));
            Assert.Equal(unscaled, back);
            if (unscaled < long.MinValue || unscaled > long.MaxValue) continue;
            Assert.Equal(binary, Bytes(d => NumericFormat.WriteBinary((long)unscaled, scale, d)));
            Assert.Equal(text, Text(d => NumericFormat.WriteText((long)unscaled, scale, d)));
        }
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-10000")]
    [InlineData("340282366920938463463374607431768211455")]
    [InlineData("123456789012345678901234567890123456789012345678901234567890")]
    public void Whole_number_of_any_size_is_written_as_it_is_read(string number)
    {
        var value = BigInteger.Parse(number, CultureInfo.InvariantCulture);
        Assert.Equal(number, new BinaryNumeric(NumericFormat.ToBinary(value)).ToString());
        if (value >= 0 && value <= (BigInteger)UInt128.MaxValue)
            Assert.Equal(
                NumericFormat.ToBinary(value), Bytes(d => NumericFormat.WriteBinary((UInt128)value, d)));
    }

    [Fact]
    public void Dates_and_timestamps_are_written_as_the_reader_of_the_binary_form_has_them()
    {
        var random = Seeded();
        for (var round = 0; round < Rounds; round++)
        {
            var days = round % 2 == 0 ? random.Next(-40_000, 40_000) : random.Next(-2_400_000, 2_000_000);
            Assert.Equal(
                BinaryDate.DateText(days - BinaryDate.EpochDays), Text(d => TemporalFormat.WriteDate(days, d)));
            var micros = (days * MicrosPerDay) + random.NextInt64(MicrosPerDay);
            if (round % 3 == 0) micros -= micros % 1_000_000;
            var shifted = micros - BinaryDate.EpochMicroseconds;
            Assert.Equal(
                BinaryDate.TimestampText(shifted, hasZone: false), Text(d => TemporalFormat.WriteTimestamp(micros, d)));
            Assert.Equal(
                BinaryDate.TimestampText(shifted, hasZone: true),
                Text(d => TemporalFormat.WriteTimestampTz(micros, 0, d)));
        }
    }

    [Theory]
    [InlineData(0, "1970-01-01 00:00:00+00")]
    [InlineData(-10_800, "1969-12-31 21:00:00-03")]
    [InlineData(19_800, "1970-01-01 05:30:00+05:30")]
    [InlineData(-11_188, "1969-12-31 20:53:32-03:06:28")]
    public void Instant_is_written_by_its_clock(int offsetSeconds, string expected) =>
        Assert.Equal(expected, Text(d => TemporalFormat.WriteTimestampTz(0, offsetSeconds, d)));

    [Theory]
    [InlineData(0, 0, 0, "00:00:00")]
    [InlineData(14, 3, 14_706_789_000, "1 year 2 mons 3 days 04:05:06.789")]
    [InlineData(-14, 3, -14_706_000_000, "-1 years -2 mons +3 days -04:05:06")]
    [InlineData(1, 1, 0, "1 mon 1 day")]
    [InlineData(-1, 0, 1, "-1 mons +00:00:00.000001")]
    [InlineData(0, 0, 3_600_000_000_000, "1000:00:00")]
    [InlineData(0, -1, 500_000, "-1 days +00:00:00.5")]
    public void Interval_is_written_as_PostgreSQL_writes_it(int months, int days, long micros, string expected) =>
        Assert.Equal(expected, Text(d => TemporalFormat.WriteInterval(months, days, micros, d)));

    [Theory]
    [InlineData("", "\"\"")]
    [InlineData("NULL", "\"NULL\"")]
    [InlineData("null", "\"null\"")]
    [InlineData("a b", "\"a b\"")]
    [InlineData("a\"b\\c", "\"a\\\"b\\\\c\"")]
    [InlineData("{}", "\"{}\"")]
    [InlineData("plain", "plain")]
    public void Element_of_an_array_is_quoted_where_it_needs_to_be(string element, string expected)
    {
        var bytes = Encoding.UTF8.GetBytes(element);
        if (!TextQuoting.NeedsQuotes(bytes))
        {
            Assert.Equal(expected, element);
            return;
        }
        var room = new byte[TextQuoting.QuotedBytes(bytes)];
        bytes.CopyTo(room, 0);
        TextQuoting.Quote(room, bytes.Length);
        Assert.Equal(expected, Encoding.UTF8.GetString(room));
    }

    static Random Seeded() => new(Soak.Seed());

    static byte[] Bytes(Writer write)
    {
        var room = new byte[TemporalFormat.BytesMax];
        return room[..write(room)];
    }

    static string Text(Writer write) => Encoding.ASCII.GetString(Bytes(write));
}
