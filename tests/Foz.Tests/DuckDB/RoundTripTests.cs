using System.Numerics;
using System.Text;
using Foz.DuckDB;
using Foz.DuckDB.Connections;

namespace Foz.Tests.DuckDB;

/// <summary>Random values of random types, nested ones included, go in and come out the same.</summary>
public sealed class RoundTripTests : IDisposable
{
    readonly Database database = Database.OpenInMemory();
    readonly Connection connection;

    public RoundTripTests() => connection = database.Connect();

    static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        connection.Dispose();
        database.Dispose();
    }

    static readonly TypeId[] Plain =
    [
        TypeId.Boolean, TypeId.TinyInt, TypeId.SmallInt, TypeId.Integer, TypeId.BigInt, TypeId.HugeInt, TypeId.UTinyInt,
        TypeId.USmallInt, TypeId.UInteger, TypeId.UBigInt, TypeId.UHugeInt, TypeId.Float, TypeId.Double, TypeId.Varchar,
        TypeId.Blob, TypeId.Date, TypeId.Time, TypeId.TimeTz, TypeId.Timestamp, TypeId.TimestampS, TypeId.TimestampMs,
        TypeId.TimestampNs, TypeId.TimestampTz, TypeId.Interval, TypeId.Uuid, TypeId.Bit, TypeId.BigNum,
    ];

    static LogicalType RandomType(Random random, int depth) => random.Next(depth > 0 ? 12 : 7) switch
    {
        < 5 => LogicalType.Of(Plain[random.Next(Plain.Length)]),
        5 => LogicalType.Decimal(random.Next(1, 39) is var width ? width : 0, random.Next(0, width + 1)),
        6 => LogicalType.Enum([.. Enumerable.Range(0, random.Next(1, 600)).Select(i => $"it's {i}")]),
        7 => LogicalType.List(RandomType(random, depth - 1)),
        8 => LogicalType.Array(RandomType(random, depth - 1), random.Next(1, 5)),
        9 => LogicalType.Map(
            LogicalType.Of(random.Next(2) == 0 ? TypeId.Varchar : TypeId.Integer), RandomType(random, depth - 1)),
        10 => LogicalType.Union(
            [.. Enumerable.Range(0, random.Next(1, 4)).Select(i => new Field($"m{i}", RandomType(random, depth - 1)))]),
        _ => LogicalType.Struct(
            [
                .. Enumerable.Range(
                    0, random.Next(1, 4)).Select(i => new Field($"f \"{i}", RandomType(random, depth - 1))),
            ]),
    };

    static object? RandomValue(Random random, LogicalType type)
    {
        if (random.Next(5) == 0) return null;
        return type.Id switch
        {
            TypeId.Boolean => random.Next(2) == 0,
            TypeId.TinyInt => (sbyte)random.Next(),
            TypeId.SmallInt => (short)random.Next(),
            TypeId.Integer => (int)random.NextInt64(),
            TypeId.BigInt => (long)RandomBits(random, 64),
            TypeId.HugeInt => (Int128)RandomBits(random, 128),
            TypeId.UTinyInt => (byte)random.Next(),
            TypeId.USmallInt => (ushort)random.Next(),
            TypeId.UInteger => (uint)random.NextInt64(),
            TypeId.UBigInt => (ulong)RandomBits(random, 64),
            TypeId.UHugeInt => RandomBits(random, 128),
            TypeId.Float => random.NextSingle() * 1e10f,
            TypeId.Double => random.Next(10) == 0 ? double.PositiveInfinity : random.NextDouble() * 1e100,
            TypeId.Varchar => RandomText(random),
            TypeId.Blob => RandomBytes(random, random.Next(40)),
            TypeId.Date => random.Next(20) == 0 ? Date.PositiveInfinity : new Date(random.Next(-2_000_000, 2_000_000)),
            TypeId.Time => new Time(random.NextInt64(86_400_000_001)),
            TypeId.TimeTz => new TimeTz(random.NextInt64(86_400_000_001), random.Next(-57_599, 57_600)),
            TypeId.Timestamp => new Timestamp(random.NextInt64(-1L << 56, 1L << 56)),
            TypeId.TimestampS => new TimestampS(random.NextInt64(-1L << 36, 1L << 36)),
            TypeId.TimestampMs => new TimestampMs(random.NextInt64(-1L << 46, 1L << 46)),
            TypeId.TimestampNs => new TimestampNs(random.NextInt64(-1L << 62, 1L << 62)),
            TypeId.TimestampTz => new TimestampTz(random.NextInt64(-1L << 56, 1L << 56)),
            TypeId.Interval =>
                new Interval(random.Next(-1000, 1000), random.Next(-1000, 1000), random.NextInt64(-1L << 50, 1L << 50)),
            TypeId.Uuid => new Guid(RandomBytes(random, 16)),
            TypeId.Bit =>
                new BitValue(string.Concat(Enumerable.Range(0, random.Next(1, 130)).Select(_ => random.Next(2)))),
            TypeId.BigNum => new BigInteger(RandomBytes(random, random.Next(1, 60))),
            TypeId.Decimal => new DecimalValue(
                (Int128)(new BigInteger(RandomBytes(random, 16)) % BigInteger.Pow(10, type.Width)), type.Width,
                type.Scale),
            TypeId.Enum => type.EnumValues[random.Next(type.EnumValues.Count)],
            TypeId.List => Elements(random.Next(random.Next(20) == 0 ? 300 : 6), type.Element!),
            TypeId.Array => Elements(type.ArraySize, type.Element!),
            TypeId.Map => new MapValue(Enumerable.Range(0, random.Next(5)).Select(i =>
                ((object)(type.MapKey.Id == TypeId.Varchar ? $"key number {i}" : i),
                    RandomValue(random, type.MapValue)))),
            TypeId.Struct => new StructValue(type.Fields.Select(f => (f.Name, RandomValue(random, f.Type)))),
            TypeId.Union => random.Next(type.Fields.Count) is var tag
                ? new UnionValue(type.Fields[tag].Name, RandomValue(random, type.Fields[tag].Type)) : null,
            _ => throw new InvalidOperationException($"{type}"),
        };

        object?[] Elements(int count, LogicalType element) =>
            [.. Enumerable.Range(0, count).Select(_ => RandomValue(random, element))];
    }

    static UInt128 RandomBits(Random random, int bits) =>
        new UInt128((ulong)random.NextInt64() << 1, (ulong)random.NextInt64() << 1 | (uint)random.Next(2))
            >> (128 - bits);

    static byte[] RandomBytes(Random random, int length)
    {
        var bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }

    static string RandomText(Random random)
    {
        var text = new StringBuilder();
        for (var i = random.Next(random.Next(10) == 0 ? 200 : 16); i > 0; i--)
            text.Append(
                new Rune(
                    random.Next(4) switch
                    {
                        0 => random.Next(0x20),
                        1 => random.Next(0xA0, 0xD800),
                        2 =>
                        random.Next(0x1F300, 0x1F600),
                        _ => random.Next(0x20, 0x7F)
                    }));
        return text.ToString();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public void Values_written_in_chunks_are_read_the_same(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 25; round++)
        {
            var type = RandomType(random, depth: 3);
            var values = Enumerable.Range(0, random.Next(1, 2500)).Select(_ => RandomValue(random, type)).ToArray();
            connection.Execute($"CREATE OR REPLACE TABLE t (n BIGINT, v {type})");
            using (var appender = connection.OpenAppender("t"))
            {
                using var chunk = appender.CreateChunk();
                foreach (var slice in values.Chunk(DataChunk.RowsMax))
                {
                    chunk.Reset();
                    for (var row = 0; row < slice.Length; row++) chunk.Writer(1).SetValue(row, slice[row]);
                    chunk.Writer(0).Values<long>()[..slice.Length].Fill(round);
                    chunk.RowCount = slice.Length;
                    appender.Append(chunk);
                }
                appender.Close();
            }
            Check(seed, type, values, "SELECT v FROM t");
            // Through a join and a sort, whose vectors are made differently.
            Check(seed, type, values,
                "SELECT v FROM (SELECT v, row_number() OVER () AS i FROM t) JOIN range(1, "
                    + "3000) r(i) USING (i) ORDER BY i");
        }
    }

    [Theory]
    [InlineData(11)]
    [InlineData(12)]
    [InlineData(13)]
    public void Values_bound_as_parameters_are_read_the_same(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 200; round++)
        {
            var type = RandomType(random, depth: 3);
            var value = RandomValue(random, type);
            using var statement = connection.Prepare($"SELECT CAST($1 AS {type})");
            statement.Bind(1, value, type);
            using var result = statement.Query(Token);
            var read = result.Rows(Token).Single()[0];
            Assert.True(Same(value, read), $"seed {seed}, {type}: {value} came back as {read}");
        }
    }

    void Check(int seed, LogicalType type, object?[] values, string sql)
    {
        using var result = connection.Query(sql);
        Assert.Equal(type, result.Columns[0].Type);
        var row = 0;
        foreach (var read in result.Rows(Token))
        {
            Assert.True(
                Same(values[row], read[0]), $"seed {seed}, {type}, row {row}: {values[row]} came back as {read[0]}");
            row++;
        }
        Assert.Equal(values.Length, row);
    }

    static bool Same(object? left, object? right) =>
        new StructValue(("v", left)).Equals(new StructValue(("v", right)));
}
