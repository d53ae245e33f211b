using System.Globalization;
using Foz.Delta;
using Foz.Delta.Schema;

namespace Foz.Tests.Delta.Schema;

public sealed class PartitionValueTests
{
    [Theory]
    [InlineData("integer", "007", "7")]
    [InlineData("long", "-9223372036854775808", "-9223372036854775808")]
    [InlineData("boolean", "TRUE", "true")]
    [InlineData("boolean", "0", "false")]
    [InlineData("date", "1970-01-01", "1970-01-01")]
    [InlineData("date", "2024-02-29", "2024-02-29")]
    [InlineData("date", "-0044-03-15", "-0044-03-15")]
    [InlineData("date", "12024-02-29", "+12024-02-29")]
    [InlineData("date", "1-1-1", "0001-01-01")]
    [InlineData("timestamp", "2020-06-01 00:00:00.123456+00", "2020-06-01T00:00:00.123456Z")]
    [InlineData("timestamp", "2020-06-01 00:00:00", "2020-06-01T00:00:00Z")]
    [InlineData("timestamp", "2020-06-01T00:30:00.5-03:00", "2020-06-01T03:30:00.500000Z")]
    [InlineData("timestamp", "1969-12-31 23:59:59.999999 UTC", "1969-12-31T23:59:59.999999Z")]
    [InlineData("timestamp_ntz", "2020-06-01T00:00:00.120000", "2020-06-01 00:00:00.120000")]
    [InlineData("timestamp_ntz", "2020-06-01", "2020-06-01 00:00:00")]
    [InlineData("decimal(10,2)", "-0.05", "-0.05")]
    [InlineData("decimal(10,2)", "1e3", "1000.00")]
    [InlineData("decimal(38,0)", "-99999999999999999999999999999999999999", "-99999999999999999999999999999999999999")]
    [InlineData(
        "decimal(38,38)", "0.99999999999999999999999999999999999999", "0.99999999999999999999999999999999999999")]
    [InlineData("double", "1", "1.0")]
    [InlineData("double", "-inf", "-Infinity")]
    [InlineData("double", "nan", "NaN")]
    [InlineData("double", "1e+300", "1E+300")]
    [InlineData("float", "0.1", "0.1")]
    [InlineData("string", "São Paulo/%", "São Paulo/%")]
    [InlineData("binary", "\u0001\u0002", "\u0001\u0002")]
    [InlineData("string", "", null)]
    [InlineData("long", null, null)]
    public void Values_are_logged_in_the_forms_of_the_specification(string type, string? text, string? logged)
    {
        Assert.Equal(logged, PartitionValue.FormatText(text, DeltaType.Parse(type)));
        Assert.Equal(
            logged, PartitionValue.Format(PartitionValue.Parse(logged, DeltaType.Parse(type)), DeltaType.Parse(type)));
    }

    [Theory]
    [InlineData("integer", "x")]
    [InlineData("integer", "1.5")]
    [InlineData("date", "2023-02-29")]
    [InlineData("date", "2023-13-01")]
    [InlineData("date", "2023-01-01 10:00:00")]
    [InlineData("timestamp", "infinity")]
    [InlineData("timestamp", "2023-01-01 25:00:00")]
    [InlineData("timestamp", "2023-01-01 10:00:00.1234567")]
    [InlineData("decimal(10,2)", "0.001")]
    [InlineData("decimal(10,2)", "1.2.3")]
    [InlineData("decimal(10,2)", "")]
    [InlineData("boolean", "2")]
    [InlineData("variant", "1")]
    [InlineData("double", "1,5")]
    public void Text_that_is_no_value_of_the_type_is_refused(string type, string text)
    {
        Assert.Equal(
            DeltaErrorKind.Refused,
            Assert.Throws<DeltaException>(() => PartitionValue.FormatText(text, DeltaType.Parse(type))).Kind);
        if (text.Length > 0)
            Assert.Equal(
                DeltaErrorKind.Corrupt,
                Assert.Throws<DeltaException>(() => PartitionValue.Parse(text, DeltaType.Parse(type))).Kind);
    }

    [Theory]
    [InlineData("integer", "-2", "10")]
    [InlineData("double", "-1.5", "-1.25")]
    [InlineData("double", "-Infinity", "-1e308")]
    [InlineData("double", "1e308", "Infinity")]
    [InlineData("double", "Infinity", "NaN")]
    [InlineData("double", "-1e-320", "0")]
    [InlineData("double", "0", "1e-320")]
    [InlineData("string", "Z", "a")]
    [InlineData("string", "a", "ab")]
    [InlineData("string", "\uFFFD", "\U0001F600")]
    [InlineData("decimal(38,10)", "-1.5", "-1.4")]
    [InlineData("timestamp", "1969-12-31 23:59:59.9", "1970-01-01")]
    [InlineData("timestamp", "2020-01-01T00:00:00+01:00", "2020-01-01T00:00:00Z")]
    [InlineData("date", "-0001-12-31", "0000-01-01")]
    [InlineData("boolean", "false", "true")]
    public void Values_order_as_their_type_does(string type, string less, string more)
    {
        Assert.True(DeltaValue.TryParse(less, DeltaType.Parse(type), out var a));
        Assert.True(DeltaValue.TryParse(more, DeltaType.Parse(type), out var b));
        Assert.True(a < b && b > a && a <= b && a != b, $"{less} before {more}");
    }

    [Fact]
    public void Negative_zero_is_zero()
    {
        Assert.True(DeltaValue.TryParse("-0.0", DeltaType.Double, out var negative));
        Assert.True(DeltaValue.TryParse("0", DeltaType.Double, out var zero));
        Assert.Equal(zero, negative);
    }

    [Fact]
    public void Dates_and_doubles_agree_with_the_base_library()
    {
        const int Seed = 7;
        var random = new Random(Seed);
        for (var i = 0; i < 5_000; i++)
        {
            var day = random.Next(DateOnly.MaxValue.DayNumber);
            var text = DateOnly.FromDayNumber(day).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
            Assert.True(DeltaValue.TryParse(text, DeltaType.Date, out var date));
            Assert.Equal(day - new DateOnly(1970, 1, 1).DayNumber, (long)date.Number);
            Assert.Equal(text, PartitionValue.Format(date, DeltaType.Date));

            var number = BitConverter.Int64BitsToDouble(random.NextInt64(long.MinValue, long.MaxValue));
            if (double.IsNaN(number)) continue;
            Assert.True(
                DeltaValue.TryParse(
                    number.ToString("R", CultureInfo.InvariantCulture), DeltaType.Double, out var parsed));
            Assert.Equal(number, parsed.Floating);
            var other = BitConverter.Int64BitsToDouble(random.NextInt64(long.MinValue, long.MaxValue));
            Assert.True(
                DeltaValue.TryParse(
                    other.ToString("R", CultureInfo.InvariantCulture), DeltaType.Double, out var parsedOther));
            if (!double.IsNaN(other))
                Assert.Equal(Math.Sign(number.CompareTo(other)), Math.Sign(parsed.CompareTo(parsedOther)));
        }
    }

    [Fact]
    public void Binary_that_is_no_text_cannot_be_a_partition_value()
    {
        Assert.False(PartitionValue.IsSupported(DeltaType.Variant));
        Assert.True(PartitionValue.IsSupported(DeltaType.Binary));
        var fault =
            Assert.Throws<DeltaException>(() => PartitionValue.Format(new DeltaValue([0xFF]), DeltaType.Binary));
        Assert.Equal(DeltaErrorKind.Refused, fault.Kind);
    }
}
