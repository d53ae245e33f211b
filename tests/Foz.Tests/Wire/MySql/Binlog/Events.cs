using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;
using Foz.Wire.MySql.Binlog;

namespace Foz.Tests.Wire.MySql.Binlog;

/// <summary>Events made as MySQL's documentation describes them, and some that MariaDB 10.11 wrote.</summary>
static class Events
{
    public const uint ServerId = 51;
    public const string Uuid = "3e11fa47-71ca-11e1-9e33-c80aa9429562";

    /// <summary>A table of MariaDB 10.11 with 30 columns and <c>binlog_row_metadata=FULL</c>.</summary>
    public const string MariaTable =
        "16000000000001000177000179001e030d031002fefe0ffcfe0ffffefefe8d8c8cfc0a121113f6040508080301200300f701"
        + "f8010a0002fe042c0104fe10fe04fe10910102020403040214050408feffff3f01027000020b3f0008012d082d0a2d0b2e07"
        + "0100045f026964017901750262740275730165027374016c0174026269027662016702757502693402693602766302626302"
        + "7463026a730164026474027473027469046465633101660264620276670273670268690d7072696d6172795f64756d6d790a"
        + "012d05050201780179060602016102c3a9080100";

    /// <summary>One of its rows.</summary>
    public const string MariaRow =
        "16000000000001001effffff3f000000e0010000007c00286bee05e8fd020304636166e9050074c3ab787402000102000102"
        + "51000000e61000000103000000010000000400000000000000000000000000000000000000000000000000f83f0000000000"
        + "000000000000000000f03f000000000000f03f00000000000000000000000000000000100123456789ab4def8123456789ab"
        + "cdef040102030410000000000000000000000000000000015b00006162636162636162636162636162636162636162636162"
        + "6361626361626361626361626361626361626361626361626361626361626361626361626361626361626361626361626361"
        + "62636162636162636162636162636162630e008a03e8aba81805a360140c7700000000080000007b2261223a20317d000000"
        + "99b24431051a7c65937d251a857fef7cd37fffffffffcfc6fef6cdcdcccc3d408cb5781daf154401286bee0000000002286b"
        + "ee0000000009000000";

    public static byte[] Make(BinlogEventType type, byte[] body, bool hasChecksum = true, ushort flags = 0)
    {
        var size = BinlogEvent.HeaderBytes + body.Length + (hasChecksum ? sizeof(uint) : 0);
        var data = new byte[size];
        BinaryPrimitives.WriteUInt32LittleEndian(data, 1_700_000_000);
        data[4] = (byte)type;
        BinaryPrimitives.WriteUInt32LittleEndian(data.AsSpan(5), ServerId);
        BinaryPrimitives.WriteUInt32LittleEndian(data.AsSpan(9), (uint)size);
        BinaryPrimitives.WriteUInt32LittleEndian(data.AsSpan(13), 4711);
        BinaryPrimitives.WriteUInt16LittleEndian(data.AsSpan(17), flags);
        body.CopyTo(data, BinlogEvent.HeaderBytes);
        if (hasChecksum)
            BinaryPrimitives.WriteUInt32LittleEndian(
                data.AsSpan(size - sizeof(uint)), Crc32.HashToUInt32(data.AsSpan(0, size - sizeof(uint))));
        return data;
    }

    public static byte[] Make(BinlogEventType type, string hex) => Make(type, Convert.FromHexString(hex));

    public static byte[] Content(Action<BinaryWriter> write)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        write(writer);
        writer.Flush();
        return stream.ToArray();
    }

    public static byte[] Format(string version = "8.0.36", byte checksum = 1) => Make(
        BinlogEventType.FormatDescription,
        Content(writer =>
        {
            writer.Write((ushort)4);
            writer.Write(Encoding.ASCII.GetBytes(version.PadRight(50, '\0')));
            writer.Write(0u);
            writer.Write((byte)BinlogEvent.HeaderBytes);
            writer.Write([.. Enumerable.Repeat((byte)8, 41)]);
            writer.Write(checksum);
        }));

    public static byte[] Query(string database, string text, BinlogEventType type = BinlogEventType.Query) => Make(
        type,
        Content(writer =>
        {
            writer.Write(7u);
            writer.Write(0u);
            writer.Write((byte)Encoding.UTF8.GetByteCount(database));
            writer.Write((ushort)0);
            writer.Write((ushort)3);
            writer.Write([1, 2, 3]);
            writer.Write(Encoding.UTF8.GetBytes(database));
            writer.Write((byte)0);
            var bytes = Encoding.UTF8.GetBytes(text);
            writer.Write(type == BinlogEventType.QueryCompressed ? MariaCompressed(bytes) : bytes);
        }));

    /// <summary>Bytes as MariaDB compresses those of an event.</summary>
    public static byte[] MariaCompressed(byte[] bytes)
    {
        using var stream = new MemoryStream();
        stream.Write([0x82, (byte)(bytes.Length >> 8), (byte)bytes.Length]);
        using (var zlib = new System.IO.Compression.ZLibStream(
            stream, System.IO.Compression.CompressionMode.Compress, leaveOpen: true))
            zlib.Write(bytes);
        return stream.ToArray();
    }

    public static byte[] MySqlGtid(ulong number, long committedAt) => Make(
        BinlogEventType.Gtid,
        Content(writer =>
        {
            writer.Write((byte)1);
            writer.Write(Guid.Parse(Uuid).ToByteArray(bigEndian: true));
            writer.Write(number);
            writer.Write((byte)2);
            writer.Write(1UL);
            writer.Write(2UL);
            writer.Write(BitConverter.GetBytes(committedAt).AsSpan(0, 7));
            writer.Write((byte)250);
        }));

    /// <summary>A table <c>shop.t(id int, name varchar(20))</c> of MySQL, with its names and key.</summary>
    public static byte[] MySqlTable(ulong id = 90) => Make(
        BinlogEventType.TableMap,
        Content(writer =>
        {
            writer.Write(BitConverter.GetBytes(id).AsSpan(0, 6));
            writer.Write((ushort)1);
            writer.Write("\u0004shop\0\u0001t\0\u0002"u8);
            writer.Write([3, 15]);
            writer.Write([2, 80, 0, 2]);
            writer.Write([1, 1, 0x00]);
            writer.Write([2, 3, 0xFC, 0xFF, 0x00]);
            writer.Write([4, 8, 2]);
            writer.Write("id\u0004name"u8);
            writer.Write([8, 1, 0]);
        }));

    /// <summary>Rows of it, version 2, with extra data.</summary>
    public static byte[] MySqlRows(BinlogEventType type, byte[] content, byte[] bits, ulong id = 90) => Make(
        type,
        Content(writer =>
        {
            writer.Write(BitConverter.GetBytes(id).AsSpan(0, 6));
            writer.Write((ushort)1);
            writer.Write((ushort)5);
            writer.Write([9, 9, 9]);
            writer.Write((byte)2);
            writer.Write(bits);
            writer.Write(content);
        }));

    public static byte[] Payload(byte[] events, bool isCompressed) => Make(
        BinlogEventType.TransactionPayload,
        Content(writer =>
        {
            writer.Write([2, (byte)(isCompressed ? 1 : 3)]);
            writer.Write(isCompressed ? [0] : [0xFC, 255, 0]);
            writer.Write([3, 3, 0xFC, (byte)events.Length, (byte)(events.Length >> 8)]);
            writer.Write((byte)0);
            using var compressor = new ZstdSharp.Compressor();
            writer.Write(isCompressed ? compressor.Wrap(events).ToArray() : events);
        }));
}
