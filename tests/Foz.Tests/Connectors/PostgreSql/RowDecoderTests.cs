using System.Buffers.Binary;
using System.Text;
using Foz.Connectors.PostgreSql;
using Foz.Lake.Data;
using Foz.Wire;
using Foz.Wire.PostgreSql;

namespace Foz.Tests.Connectors.PostgreSql;

public sealed class RowDecoderTests
{
    static readonly ColumnType[] Types =
    [
        new("boolean", TypeOids.Bool, -1), new("integer", TypeOids.Int4, -1), new("text", TypeOids.Text, -1),
        new("date", TypeOids.Date, -1), new("numeric(10,2)", TypeOids.Numeric, (10 << 16 | 2) + 4),
        new("numeric", TypeOids.Numeric, -1), new("uuid", TypeOids.Uuid, -1), new("inet", TypeOids.Inet, -1),
        new("timestamptz", TypeOids.Timestamptz, -1), new("bytea", TypeOids.Bytea, -1),
        new("integer[]", TypeOids.Int4, -1) { IsArray = true }, new("date[]", TypeOids.Date, -1) { IsArray = true },
        new("text[]", TypeOids.Text, -1) { IsArray = true },
    ];

    [Fact]
    public void Rows_become_columns_with_their_nulls()
    {
        var seed = Soak.Seed();
        var random = new Random(seed);
        using var decoder = new RowDecoder(Columns(Types[1], Types[2]));
        for (var batch = 0; batch < 3; batch++)
        {
            var expected = new List<(int? Number, string? Text)>();
            while (!decoder.IsFull)
            {
                (int? Number, string? Text) row = (
                    random.Next(3) == 0 ? null : random.Next(),
                    random.Next(3) == 0 ? null : new string('x', random.Next(50)));
                expected.Add(row);
                Assert.True(decoder.TryRead(Tuple(Int32(row.Number), Utf8(row.Text)), out var rest));
                Assert.Equal(0, rest.Length);
            }

            var built = decoder.Build();
            Assert.Equal(RowDecoder.RowsMax, built.RowCount);
            var numbers = (FixedColumn<int>)built.Columns[0];
            var texts = (BytesColumn)built.Columns[1];
            for (var row = 0; row < built.RowCount; row++)
            {
                Assert.Equal(expected[row].Number, numbers.IsNull(row) ? null : numbers.Values[row]);
                Assert.Equal(expected[row].Text, texts.IsNull(row) ? null : Encoding.UTF8.GetString(texts[row]));
            }
        }
    }

    [Fact]
    public void Columns_without_nulls_say_so()
    {
        using var decoder = new RowDecoder(Columns(Types[1]));
        decoder.TryRead(Tuple(Int32(7)), out _);
        Assert.Null(decoder.Build().Columns[0].Validity);
        decoder.TryRead(Tuple(Int32(null)), out _);
        Assert.True(decoder.Build().Columns[0].IsNull(0));
        decoder.TryRead(Tuple(Int32(7)), out _);
        Assert.Null(decoder.Build().Columns[0].Validity);
    }

    [Fact]
    public void Batch_ends_early_where_values_are_large()
    {
        using var decoder = new RowDecoder(Columns(Types[2]));
        var large = Tuple(new byte[RowDecoder.BytesMax / 2]);
        decoder.TryRead(large, out _);
        Assert.False(decoder.IsFull);
        decoder.TryRead(large, out _);
        Assert.True(decoder.IsFull);
        Assert.Equal(2, decoder.Build().RowCount);
        Assert.False(decoder.IsFull);
    }

    [Fact]
    public void Array_that_is_not_held_leaves_its_neighbours_alone()
    {
        using var decoder = new RowDecoder(Columns(Types[11]));
        decoder.TryRead(Tuple(Array([1, 2])), out _);
        decoder.TryRead(Tuple(Array([3, null, int.MaxValue])), out _);
        decoder.TryRead(Tuple(Array([null, 4])), out _);
        var batch = decoder.Build();
        var list = (ListColumn)batch.Columns[0];
        var elements = (FixedColumn<int>)list.Elements;
        Assert.Equal([0, 2, 2, 4], list.Offsets[..4]);
        Assert.Equal([false, true, false], Enumerable.Range(0, 3).Select(list.IsNull));
        Assert.Equal([false, false, true, false], Enumerable.Range(0, 4).Select(elements.IsNull));
        Assert.Equal([1 + BinaryDate.EpochDays, 2 + BinaryDate.EpochDays], elements.Values[..2]);
        var rescued = (BytesColumn)batch.Columns[1];
        Assert.Equal("""{"c0":["2000-01-04",null,"infinity"]}""", Encoding.UTF8.GetString(rescued[1]));
        Assert.Equal([true, false, true], Enumerable.Range(0, 3).Select(rescued.IsNull));
    }

    [Fact]
    public void End_of_the_copy_is_no_row()
    {
        using var decoder = new RowDecoder(Columns(Types[1]));
        Assert.False(decoder.TryRead([0xFF, 0xFF], out _));
    }

    [Theory]
    [InlineData("0002", "a row has 2 values, not 1")]
    [InlineData("0001", "column 'c0': a row ends early")]
    [InlineData("0001FFFFFFFE", "column 'c0': a value states a length of -2")]
    [InlineData("0001000000040000", "column 'c0': a row ends early")]
    [InlineData("000100000003000000", "column 'c0': a value has 3 bytes where its type has 4")]
    public void Malformed_row_is_refused_with_its_column(string hex, string expected)
    {
        using var decoder = new RowDecoder(Columns(Types[1]));
        var error = Assert.Throws<WireException>(() => decoder.TryRead(Convert.FromHexString(hex), out _));
        Assert.Contains(expected, error.Message);
    }

    [Fact]
    public void Random_values_are_read_or_give_a_typed_error()
    {
        var seed = Soak.Seed();
        var random = new Random(seed);
        foreach (var type in Types)
        {
            for (var round = 0; round < 3000; round++)
            {
                var value = new byte[random.Next(40)];
                random.NextBytes(value);
                if (round % 2 == 0) foreach (ref var b in value.AsSpan()) b = (byte)(b % 4);
                // Texts are UTF-8 on the wire: the server has checked them.
                if (type.Oid == TypeOids.Text) foreach (ref var b in value.AsSpan()) b &= 0x7F;
                using var decoder = new RowDecoder(Columns(type));
                try
                {
                    decoder.TryRead(Tuple(value), out _);
                    Assert.Equal(1, decoder.Build().RowCount);
                }
                catch (WireException)
                {
                    // The one error that may come.
                }
            }
        }
    }

    [Theory]
    [InlineData("STRING", "string", "::text")]
    [InlineData("varchar", "string", "::text")]
    [InlineData("Decimal(12, 3)", "decimal(12,3)", "::numeric(12,3)")]
    [InlineData("numeric(5)", "decimal(5,0)", "::numeric(5,0)")]
    [InlineData("bigint", "long", "::bigint")]
    [InlineData("timestamptz", "timestamp", "::timestamptz")]
    [InlineData("timestamp", "timestamp_ntz", "::timestamp")]
    [InlineData("blob", "binary", "::bytea")]
    public void Declared_type_is_cast_to(string declared, string type, string cast)
    {
        var mapping = TypeMapping.OfDeclared(declared, hasUncheckedText: false);
        Assert.Equal((type, cast), ($"{mapping!.Type}", mapping.Cast));
    }

    [Theory]
    [InlineData("decimal(39,0)")]
    [InlineData("decimal(5,6)")]
    [InlineData("decimal(0,0)")]
    [InlineData("int; drop table t")]
    [InlineData("")]
    public void Unknown_declared_type_is_none(string declared) =>
        Assert.Null(TypeMapping.OfDeclared(declared, hasUncheckedText: false));

    static List<ReadColumn> Columns(params ColumnType[] types) =>
    [
        .. types.Select((type, i) =>
        {
            var mapping = TypeMapping.Of(type, hasUncheckedText: false);
            var column = new RelationColumn((short)(i + 1), $"c{i}", type) { FieldName = $"c{i}" };
            return new ReadColumn(column, new Field($"c{i}", mapping.Type), mapping);
        }),
    ];

    static byte[]? Int32(int? value)
    {
        if (value is null) return null;
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value.Value);
        return bytes;
    }

    static byte[]? Utf8(string? text) => text is null ? null : Encoding.UTF8.GetBytes(text);

    static byte[] Array(int?[] elements)
    {
        var bytes = new List<byte>();
        foreach (var head in (int[])[1, 1, (int)TypeOids.Date, elements.Length, 1]) bytes.AddRange(Int32(head)!);
        foreach (var element in elements)
        {
            bytes.AddRange(Int32(element is null ? -1 : 4)!);
            bytes.AddRange(Int32(element) ?? []);
        }

        return [.. bytes];
    }

    static byte[] Tuple(params byte[]?[] values)
    {
        var bytes = new List<byte> { 0, (byte)values.Length };
        foreach (var value in values)
        {
            bytes.AddRange(Int32(value?.Length ?? -1)!);
            bytes.AddRange(value ?? []);
        }

        return [.. bytes];
    }
}
