using System.Text;
using Foz.Wire;
using Foz.Wire.Bson;
using MongoDB.Bson;
using BsonType = Foz.Wire.Bson.BsonType;
using BsonValue = MongoDB.Bson.BsonValue;

namespace Foz.Tests.Wire.Bson;

/// <summary>BSON as Extended JSON, with MongoDB's driver as the oracle.</summary>
public sealed class ExtendedJsonTests
{
    [Fact]
    public void The_driver_reads_the_same_document_again()
    {
        for (var part = 0; part < 500 * Soak.Factor; part++)
        {
            var document = (BsonDocument)Value(new Random(Soak.Seed(part)), 0);
            foreach (var isCanonical in new[] { true, false })
            {
                using var json = new ExtendedJson(isCanonical);
                var text = Encoding.UTF8.GetString(json.Write(BsonType.Document, document.ToBson()));
                // The relaxed form does not tell whole numbers of 32 and 64 bits apart, which are equal.
                var read = BsonDocument.Parse(text);
                Assert.True(
                    isCanonical ? read.ToBson().AsSpan().SequenceEqual(document.ToBson())
                        : read.Equals(document), text);
            }
        }
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-0")]
    [InlineData("0E+3")]
    [InlineData("1.50")]
    [InlineData("-0.000001")]
    [InlineData("1E-7")]
    [InlineData("1.2E+40")]
    [InlineData("9999999999999999999999999999999999E+6111")]
    [InlineData("1E-6176")]
    [InlineData("NaN")]
    [InlineData("-Infinity")]
    public void A_decimal_is_written_as_the_driver_writes_it(string text)
    {
        var number = Decimal128.Parse(text);
        var value = new byte[16];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64LittleEndian(value, number.GetIEEELowBits());
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64LittleEndian(value.AsSpan(8), number.GetIEEEHighBits());
        Assert.Equal(number.ToString(), BsonDecimal.Read(value).ToString());
    }

    [Theory]
    [InlineData(-0.0, "-0.0")]
    [InlineData(1e22, "1E+22")]
    [InlineData(0.1, "0.1")]
    [InlineData(5e-324, "5E-324")]
    public void A_double_is_written_as_its_shortest_text(double value, string expected) =>
        Assert.Equal(expected, ExtendedJson.DoubleText(value));

    /// <summary>Documents with any byte changed are read, or refused as what they are.</summary>
    [Fact]
    public void Damaged_documents_are_refused()
    {
        var refused = 0;
        for (var part = 0; part < 3_000 * Soak.Factor; part++)
        {
            var random = new Random(Soak.Seed(part));
            var bytes = Value(random, 0).ToBson();
            for (var change = random.Next(1, 4); change > 0; change--) bytes[random.Next(bytes.Length)] =
                (byte)random.Next(256);
            if (random.Next(5) == 0) bytes = bytes[..random.Next(bytes.Length)];
            using var json = new ExtendedJson(isCanonical: random.Next(2) == 0);
            try
            {
                json.Write(BsonType.Document, bytes);
            }
            catch (WireException)
            {
                refused++;
            }
            json.WriteAny(bytes, 100);
        }
        Assert.True(refused > 100);
    }

    static BsonValue Value(Random random, int depth) => (depth == 0 ? 0 : random.Next(depth > 3 ? 2 : 0, 18)) switch
    {
        0 => new BsonDocument(Enumerable.Range(0, random.Next(6)).Select(i => new BsonElement(
            $"{i}{(random.Next(3) == 0 ? "é\"\n." : "")}", Value(random, depth + 1)))),
        1 => new BsonArray(Enumerable.Range(0, random.Next(5)).Select(_ => Value(random, depth + 1))),
        2 => random.Next(int.MinValue, int.MaxValue),
        3 => random.NextInt64(long.MinValue, long.MaxValue),
        4 => BitConverter.Int64BitsToDouble(random.NextInt64(long.MinValue, long.MaxValue)) is var d
            && double.IsNaN(d) ? double.NaN : d,
        5 => new string([.. Enumerable.Range(0, random.Next(9)).Select(_ => (char)random.Next(1, 0x500))]),
        6 => new BsonDateTime(random.NextInt64(-62135596800000, 253402300799999)),
        7 => new BsonObjectId(ObjectId.GenerateNewId()),
        8 => new BsonBinaryData(BitConverter.GetBytes(random.Next()), (BsonBinarySubType)random.Next(0, 2)),
        9 => BsonNull.Value,
        10 => random.Next(2) == 0,
        11 => new BsonRegularExpression("a/b\"", "im"),
        12 => new BsonTimestamp(random.Next(), random.Next()),
        13 => BsonMinKey.Value,
        14 => BsonMaxKey.Value,
        15 => new BsonJavaScript("f()"),
        16 => new BsonJavaScriptWithScope("g()", new BsonDocument("x", 1)),
        _ => new BsonDecimal128(new Decimal128((decimal)random.NextDouble() * random.Next(-9, 9))),
    };
}
