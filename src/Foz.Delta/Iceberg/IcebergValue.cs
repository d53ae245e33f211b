using System.Buffers.Binary;
using System.Diagnostics;
using System.Numerics;
using Foz.Delta.Schema;

namespace Foz.Delta.Iceberg;

/// <summary>Single values as Iceberg has them: in bounds (Iceberg specification, "Binary single-value serialization")
/// and as fields of Avro records ("Avro").</summary>
static class IcebergValue
{
    /// <summary>The bytes of a bound.</summary>
    public static byte[] ToBound(DeltaValue value, DeltaType type, bool isMax)
    {
        if (type is DecimalType) return Decimal(value);
        var bytes = new byte[sizeof(long)];
        switch (((PrimitiveType)type).Kind)
        {
            case PrimitiveKind.Boolean:
                return [value.Number == 0 ? (byte)0 : (byte)1];
            case PrimitiveKind.Byte or PrimitiveKind.Short or PrimitiveKind.Integer or PrimitiveKind.Date:
                BinaryPrimitives.WriteInt32LittleEndian(bytes, (int)value.Number);
                return bytes[..sizeof(int)];
            case PrimitiveKind.Long or PrimitiveKind.Timestamp or PrimitiveKind.TimestampNtz:
                BinaryPrimitives.WriteInt64LittleEndian(
                    bytes, (long)Int128.Clamp(value.Number, long.MinValue, long.MaxValue));
                return bytes;
            case PrimitiveKind.Float:
                BinaryPrimitives.WriteSingleLittleEndian(bytes, (float)Zero(value.Floating, isMax));
                return bytes[..sizeof(float)];
            case PrimitiveKind.Double:
                BinaryPrimitives.WriteDoubleLittleEndian(bytes, Zero(value.Floating, isMax));
                return bytes;
            case PrimitiveKind.String or PrimitiveKind.Binary:
                return value.Bytes.ToArray();
            default:
                throw new UnreachableException($"a bound of type {type}");
        }
    }

    /// <summary>Writes a partition value.</summary>
    public static void Write(AvroWriter writer, DeltaValue value, DeltaType type)
    {
        if (type is DecimalType d)
        {
            Span<byte> bytes = stackalloc byte[FixedLength(d)];
            var number = value.Number;
            for (var i = bytes.Length - 1; i >= 0; i--, number >>= 8) bytes[i] = (byte)(number & 0xFF);
            writer.WriteFixed(bytes);
            return;
        }
        switch (((PrimitiveType)type).Kind)
        {
            case PrimitiveKind.Boolean:
                writer.WriteBoolean(value.Number != 0);
                break;
            case PrimitiveKind.Float:
                writer.WriteFloat((float)value.Floating);
                break;
            case PrimitiveKind.Double:
                writer.WriteDouble(value.Floating);
                break;
            case PrimitiveKind.String or PrimitiveKind.Binary:
                writer.WriteBytes(value.Bytes);
                break;
            default:
                writer.WriteLong((long)value.Number);
                break;
        }
    }

    /// <summary>Reads a partition value.</summary>
    public static DeltaValue Read(AvroReader reader, DeltaType type)
    {
        if (type is DecimalType d)
        {
            var bytes = reader.ReadFixed(FixedLength(d));
            Int128 number = (sbyte)bytes[0];
            foreach (var next in bytes[1..]) number = number << 8 | next;
            return new(number);
        }
        return ((PrimitiveType)type).Kind switch
        {
            PrimitiveKind.Boolean => new((Int128)(reader.ReadBoolean() ? 1 : 0)),
            PrimitiveKind.Float => new((double)reader.ReadFloat()),
            PrimitiveKind.Double => new(reader.ReadDouble()),
            PrimitiveKind.String or PrimitiveKind.Binary => new(reader.ReadBytes()),
            _ => new((Int128)reader.ReadLong()),
        };
    }

    /// <summary>How many bytes a decimal takes in Avro: as few as hold each value of its precision.</summary>
    public static int FixedLength(DecimalType type) => BigInteger.Pow(10, type.Precision).GetByteCount();

    // The two's complement in as few bytes as can be, the greatest first.
    static byte[] Decimal(DeltaValue value) => ((BigInteger)value.Number).ToByteArray(isBigEndian: true);

    // Zeros of both signs are equal here, and one below the other there.
    static double Zero(double value, bool isMax) => value != 0 ? value : isMax ? 0.0 : -0.0;
}
