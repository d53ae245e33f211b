using System.Text;
using Foz.Delta.Iceberg;
using Foz.Delta.Schema;

namespace Foz.Tests.Delta.Iceberg;

public sealed class AvroFileTests
{
    const string Schema =
        """{"type":"record","name":"r","fields":[{"name":"n","type":"long"},{"name":"t","type":"string"}]}""";

    [Fact]
    public void Records_are_read_as_they_were_written_over_many_blocks()
    {
        var records = Enumerable.Range(0, 20_000)
            .Select(i => ((long)i * i * (i % 2 == 0 ? 1 : -1) * 1_000_003, $"ação {i}")).ToList();
        records.Add((long.MinValue, ""));
        records.Add((long.MaxValue, new string('x', 100_000)));

        var file = AvroFile.Write(Schema, [new("key", "value")], records, Write);

        Assert.Equal(records, AvroFile.Read(file, Schema, Read));
    }

    [Fact]
    public void Numbers_are_encoded_as_the_specification_says()
    {
        // Its table of zigzag codes.
        (long Value, string Hex)[] codes =
        [
            (0, "00"), (-1, "01"), (1, "02"), (-2, "03"), (2, "04"), (-64, "7F"), (64, "8001"),
        ];
        foreach (var (value, hex) in codes)
        {
            var writer = new AvroWriter();
            writer.WriteLong(value);
            Assert.Equal(hex, Convert.ToHexString(writer.Written));
        }
        var text = new AvroWriter();
        text.WriteString("foo");
        Assert.Equal("06666F6F", Convert.ToHexString(text.Written));
    }

    [Fact]
    public void A_file_of_another_schema_or_a_damaged_one_is_not_read()
    {
        var file = AvroFile.Write(Schema, [], [(1L, "a")], Write);

        Assert.Equal([(1L, "a")], AvroFile.Read(file, Schema, Read));
        Assert.Null(AvroFile.Read(file, Schema.Replace("\"t\"", "\"u\""), Read));
        for (var length = 0; length < file.Length; length++)
            Assert.True(AvroFile.Read(file.AsMemory(0, length), Schema, Read) is null or [], $"{length} bytes");
        Assert.Null(AvroFile.Read(Encoding.UTF8.GetBytes("{\"json\":1}"), Schema, Read));
    }

    [Fact]
    public void Partition_values_and_bounds_are_encoded_as_Iceberg_says()
    {
        DeltaValue Value(string text, DeltaType type) =>
            DeltaValue.TryParse(text, type, out var value) ? value : throw new FormatException(text);
        string Bound(string text, DeltaType type) =>
            Convert.ToHexString(IcebergValue.ToBound(Value(text, type), type, isMax: true));

        Assert.Equal("01", Bound("true", DeltaType.Boolean));
        Assert.Equal("FEFFFFFF", Bound("-2", DeltaType.Short));
        Assert.Equal("0100000000000000", Bound("1", DeltaType.Long));
        Assert.Equal("0000803F", Bound("1", DeltaType.Float));
        Assert.Equal("FFFFFFFF", Bound("1969-12-31", DeltaType.Date));
        Assert.Equal("40420F0000000000", Bound("1970-01-01 00:00:01", DeltaType.Timestamp));
        Assert.Equal("0080", Bound("1.28", new DecimalType(9, 2)));
        Assert.Equal("80", Bound("-1.28", new DecimalType(9, 2)));
        Assert.Equal("C3A1", Bound("á", DeltaType.String));
        (DeltaType Type, string Text)[] values =
        [
            (DeltaType.Boolean, "true"), (DeltaType.Byte, "-7"), (DeltaType.Long, "-9000000000"),
            (DeltaType.Double, "1.5"),
            (DeltaType.Float, "-0.25"), (DeltaType.Date, "1969-12-30"),
            (DeltaType.Timestamp, "1969-12-31 23:59:59.999999"),
            (DeltaType.String, "x'y"), (new DecimalType(38, 8), "-123456789012345678901234567890.12345678"),
            (new DecimalType(5, 2), "-0.01"), (new DecimalType(18, 0), "999999999999999999"),
        ];
        foreach (var (type, text) in values)
        {
            var writer = new AvroWriter();
            IcebergValue.Write(writer, Value(text, type), type);
            Assert.Equal(Value(text, type), IcebergValue.Read(new(writer.Written.ToArray()), type));
        }
        Assert.Equal([4, 8, 9, 16], new[] { 9, 18, 19, 38 }.Select(p => IcebergValue.FixedLength(new(p, 0))));
    }

    static void Write(AvroWriter writer, (long Number, string Text) record)
    {
        writer.WriteLong(record.Number);
        writer.WriteString(record.Text);
    }

    static (long, string) Read(AvroReader reader) => (reader.ReadLong(), reader.ReadString());
}
