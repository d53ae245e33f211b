using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;

namespace Foz.Wire.MySql.Binlog;

/// <summary>
/// Writes geometries as the server's <c>ST_AsText</c> does, with <c>SRID=…;</c> in front where they have one. Their
/// binary form is the number of the reference system, and well-known binary.
/// </summary>
public static class GeometryText
{
    const int DepthMax = 16;
    const uint Point = 1, LineString = 2, Polygon = 3, MultiPoint = 4, Collection = 7;
    const int PointBytes = 2 * sizeof(double), HeaderBytes = 1 + sizeof(uint);

    /// <summary>Writes a value.</summary>
    /// <exception cref="WireException">Thrown when it is malformed.</exception>
    public static void Write(ReadOnlySpan<byte> value, IBufferWriter<byte> text)
    {
        var reader = new Reader(value, text);
        reader.Srid();
        reader.Geometry(0, parent: 0);
        reader.End();
    }

    static ReadOnlySpan<byte> NameOf(uint type) => type switch
    {
        Point => "POINT"u8,
        LineString => "LINESTRING"u8,
        Polygon => "POLYGON"u8,
        MultiPoint => "MULTIPOINT"u8,
        5 => "MULTILINESTRING"u8,
        6 => "MULTIPOLYGON"u8,
        Collection => "GEOMETRYCOLLECTION"u8,
        _ => throw WireException.Malformed($"a geometry: {type} is no type"),
    };

    ref struct Reader(ReadOnlySpan<byte> value, IBufferWriter<byte> text)
    {
        ByteReader reader = new(value, "a geometry");
        bool isBigEndian;

        public void Srid()
        {
            var srid = reader.ReadUInt32();
            if (srid == 0) return;
            text.Write("SRID="u8);
            Utf8Formatter.TryFormat(srid, text.GetSpan(DoubleText.BytesMax), out var length);
            text.Advance(length);
            text.Write(";"u8);
        }

        /// <summary>Writes a geometry; one within another that is not a collection has no name.</summary>
        public void Geometry(int depth, uint parent)
        {
            if (depth == DepthMax) throw reader.Fault($"is deeper than {DepthMax}");
            isBigEndian = reader.ReadByte() == 0;
            var type = Number();
            var name = NameOf(type);
            if (parent is not (0 or Collection) && type != parent - (MultiPoint - Point))
                throw reader.Fault($"has the type {type} in a {parent}");
            if (parent is 0 or Collection) text.Write(name);
            if (type == Point)
            {
                // The parts of a MULTIPOINT have no parentheses of their own.
                if (parent != MultiPoint) text.Write("("u8);
                Coordinates();
                if (parent != MultiPoint) text.Write(")"u8);
            }
            else if (type == LineString)
                Points();
            else
                Parts(type, depth);
        }

        public readonly void End()
        {
            if (reader.BytesLeft > 0) throw reader.Fault($"has {reader.BytesLeft} bytes too many");
        }

        void Parts(uint type, int depth)
        {
            var count = Count(type == Polygon ? sizeof(uint) : HeaderBytes);
            if (count == 0 && type == Collection)
            {
                text.Write(" EMPTY"u8);
                return;
            }

            text.Write("("u8);
            for (var i = 0u; i < count; i++)
            {
                if (i > 0) text.Write(","u8);
                if (type == Polygon) Points();
                else Geometry(depth + 1, type);
            }

            text.Write(")"u8);
        }

        void Points()
        {
            var count = Count(PointBytes);
            text.Write("("u8);
            for (var i = 0u; i < count; i++)
            {
                if (i > 0) text.Write(","u8);
                Coordinates();
            }

            text.Write(")"u8);
        }

        void Coordinates()
        {
            Coordinate();
            text.Write(" "u8);
            Coordinate();
        }

        void Coordinate()
        {
            var bytes = reader.ReadBytes(sizeof(double));
            var number = isBigEndian
                ? BinaryPrimitives.ReadDoubleBigEndian(bytes)
                : BinaryPrimitives.ReadDoubleLittleEndian(bytes);
            text.Advance(DoubleText.Format(number, text.GetSpan(DoubleText.BytesMax)));
        }

        uint Count(int itemBytes)
        {
            var count = Number();
            return count <= reader.BytesLeft / itemBytes
                ? count
                : throw reader.Fault($"states {count} parts in {reader.BytesLeft} bytes");
        }

        uint Number()
        {
            var bytes = reader.ReadBytes(sizeof(uint));
            return isBigEndian
                ? BinaryPrimitives.ReadUInt32BigEndian(bytes)
                : BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        }
    }
}
