using System.Text;
using System.Text.Json;
using Foz.Connectors.PostgreSql;
using Foz.Connectors.PostgreSql.Changes;
using Foz.Lake.Data;
using Foz.Wire;
using Foz.Wire.PostgreSql;

namespace Foz.Tests.Connectors.PostgreSql.Changes;

public sealed class TextReadersTests
{
    const int Modifier102 = (10 << 16 | 2) + 4;

    [Theory]
    [InlineData(TypeOids.Bool, "t", (byte)1)]
    [InlineData(TypeOids.Int2, "-32768", short.MinValue)]
    [InlineData(TypeOids.Int4, "2147483647", int.MaxValue)]
    [InlineData(TypeOids.Int8, "-9223372036854775808", long.MinValue)]
    [InlineData(TypeOids.Oid, "4294967295", 4_294_967_295L)]
    [InlineData(TypeOids.Float4, "-5.671269e+08", -5.671269e8f)]
    [InlineData(TypeOids.Float8, "-Infinity", double.NegativeInfinity)]
    [InlineData(TypeOids.Float8, "NaN", double.NaN)]
    [InlineData(TypeOids.Date, "1970-01-02", 1)]
    [InlineData(TypeOids.Date, "0001-01-01", -719_162)]
    [InlineData(TypeOids.Date, "9999-12-31", 2_932_896)]
    [InlineData(TypeOids.Timestamp, "1970-01-01 00:00:01.5", 1_500_000L)]
    [InlineData(TypeOids.Timestamptz, "1969-12-31 23:59:59.999999+00", -1L)]
    public void Values_are_read(uint oid, string text, object expected) => Assert.Equal(expected, Read(oid, text));

    [Theory]
    [InlineData("1234567.89", "123456789")]
    [InlineData("-0.01", "-1")]
    [InlineData("99999999.99", "9999999999")]
    [InlineData("5", "500")]
    [InlineData("5.100", "510")]
    public void Decimals_are_read_at_their_scale(string text, string unscaled) =>
        Assert.Equal(Int128.Parse(unscaled), Read(TypeOids.Numeric, text, Modifier102));

    [Fact]
    public void Decimals_of_38_digits_are_read()
    {
        var digits = string.Concat(Enumerable.Repeat("9876543210", 4))[..38];
        Assert.Equal(
            Int128.Parse(digits), Read(TypeOids.Numeric, $"{digits[..28]}.{digits[28..]}", (38 << 16 | 10) + 4));
    }

    /// <summary>What its column cannot hold is kept as the server writes it.</summary>
    [Theory]
    [InlineData(TypeOids.Date, "infinity", "\"infinity\"")]
    [InlineData(TypeOids.Date, "0044-03-15 BC", "\"0044-03-15 BC\"")]
    [InlineData(TypeOids.Date, "10000-01-01", "\"10000-01-01\"")]
    [InlineData(TypeOids.Timestamp, "0044-03-15 00:00:00 BC", "\"0044-03-15 00:00:00 BC\"")]
    [InlineData(TypeOids.Timestamptz, "-infinity", "\"-infinity\"")]
    [InlineData(TypeOids.Numeric, "NaN", "\"NaN\"")]
    [InlineData(TypeOids.Numeric, "123456789.00", "\"123456789.00\"")]
    [InlineData(TypeOids.Numeric, "1.001", "\"1.001\"")]
    public void What_a_column_cannot_hold_is_not_read(uint oid, string text, string json)
    {
        var builder = Builder(oid, Modifier102);
        Assert.False(builder.TryAppend(Encoding.UTF8.GetBytes(text)));
        Assert.Equal(0, builder.Count);
        Assert.Equal(json, Json(builder, text));
    }

    [Theory]
    [InlineData(TypeOids.Bool, "true")]
    [InlineData(TypeOids.Int2, "32768")]
    [InlineData(TypeOids.Int4, "1x")]
    [InlineData(TypeOids.Int8, "")]
    [InlineData(TypeOids.Float8, "1.5.")]
    [InlineData(TypeOids.Date, "2024-02-30")]
    [InlineData(TypeOids.Date, "2024-13-01")]
    [InlineData(TypeOids.Timestamp, "2024-01-01 24:00:00")]
    [InlineData(TypeOids.Timestamptz, "2024-01-01 00:00:00+02")]
    [InlineData(TypeOids.Numeric, "1e5")]
    [InlineData(TypeOids.Bytea, "\\x0")]
    [InlineData(TypeOids.Bytea, "\\000")]
    public void What_is_no_value_of_the_type_is_a_fault(uint oid, string text) =>
        Assert.Throws<WireException>(() => Builder(oid, Modifier102).TryAppend(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void Bytes_are_read()
    {
        var builder = Builder(TypeOids.Bytea, -1);
        Assert.True(builder.TryAppend("\\x00ff10"u8));
        Assert.True(builder.TryAppend("\\x"u8));
        var column = (BytesColumn)builder.Build();
        Assert.Equal([0, 255, 16], column[0].ToArray());
        Assert.Equal([], column[1].ToArray());
    }

    [Theory]
    [InlineData("{}", "")]
    [InlineData("{1,NULL,3}", "1|null|3")]
    [InlineData("[2:3]={1,2}", "1|2")]
    public void Arrays_of_numbers_are_read(string text, string expected)
    {
        var list = ReadList(TypeOids.Int4, text);
        var elements = (FixedColumn<int>)list.Elements;
        Assert.Equal(expected, string.Join('|', Enumerable.Range(0, list.Offsets[1])
            .Select(i => elements.IsNull(i) ? "null" : $"{elements.Values[i]}")));
    }

    [Fact]
    public void Arrays_of_texts_are_unquoted()
    {
        var list = ReadList(TypeOids.Text, """{plain,"a,b","q\"\\","NULL",NULL,"","{}"}""");
        var elements = (BytesColumn)list.Elements;
        Assert.Equal(
            ["plain", "a,b", "q\"\\", "NULL", null, "", "{}"],
            Enumerable.Range(0, list.Offsets[1])
                .Select(i => elements.IsNull(i) ? null : Encoding.UTF8.GetString(elements[i])));
    }

    [Fact]
    public void Arrays_of_several_dimensions_are_not_read_but_written_as_json()
    {
        var builder = Builder(TypeOids.Int4, -1, isArray: true);
        Assert.False(builder.TryAppend("{{1,2},{3,NULL}}"u8));
        Assert.Equal("[[1,2],[3,null]]", Json(builder, "{{1,2},{3,NULL}}"));
        Assert.True(builder.TryAppend("{7}"u8));
        Assert.Equal(1, builder.Count);
    }

    [Theory]
    [InlineData("-$1,234.56", 2, "-1234.56")]
    [InlineData("R$ 1.234,56", 2, "1234.56")]
    [InlineData("(0.05)", 2, "-0.05")]
    [InlineData("¥1,234", 0, "1234")]
    [InlineData("1.234,567 KWD", 3, "1234.567")]
    public void Money_is_a_number_in_every_locale(string text, int scale, string number)
    {
        var type = new ColumnType("money", TypeOids.Money, -1) { MoneyScale = scale };
        var builder = TextMapping.NewBuilder(type, TypeMapping.Of(type, hasUncheckedText: false));
        Assert.True(builder.TryAppend(Encoding.UTF8.GetBytes(text)));
        Assert.Equal(number, Encoding.UTF8.GetString(((BytesColumn)builder.Build())[0]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("1,2}")]
    [InlineData("{1,}")]
    [InlineData("{,1}")]
    [InlineData("{1}2}")]
    [InlineData("{\"1}")]
    public void What_is_no_array_is_a_fault(string text) => Assert.Throws<WireException>(
        () => Builder(TypeOids.Int4, -1, isArray: true).TryAppend(Encoding.UTF8.GetBytes(text)));

    static object? Read(uint oid, string text, int modifier = -1)
    {
        var builder = Builder(oid, modifier);
        Assert.True(builder.TryAppend(Encoding.UTF8.GetBytes(text)));
        return builder.Build() switch
        {
            FixedColumn<byte> column => column.Values[0],
            FixedColumn<short> column => column.Values[0],
            FixedColumn<int> column => column.Values[0],
            FixedColumn<long> column => column.Values[0],
            FixedColumn<float> column => column.Values[0],
            FixedColumn<double> column => column.Values[0],
            FixedColumn<Int128> column => column.Values[0],
            _ => null,
        };
    }

    static ListColumn ReadList(uint oid, string text)
    {
        var builder = Builder(oid, -1, isArray: true);
        Assert.True(builder.TryAppend(Encoding.UTF8.GetBytes(text)));
        return (ListColumn)builder.Build();
    }

    static ColumnBuilder Builder(uint oid, int modifier, bool isArray = false)
    {
        var type = new ColumnType("type", oid, modifier) { IsArray = isArray };
        return TextMapping.NewBuilder(type, TypeMapping.Of(type, hasUncheckedText: false));
    }

    static string Json(ColumnBuilder builder, string text)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream)) builder.WriteJson(json, Encoding.UTF8.GetBytes(text));
        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
