using System.Buffers.Binary;
using System.Text;

namespace Foz.Wire.Sftp;

/// <summary>A client's messages of SFTP version 3, each with its length in front, ready to be sent.</summary>
public static class SftpRequests
{
    /// <summary>The version that is spoken: the one that OpenSSH and nearly all other servers speak.</summary>
    public const uint Version = 3;

    const uint ReadAccess = 1;

    /// <summary>The first message.</summary>
    public static byte[] Init() => new Writer(SftpMessageType.Init, Version, capacity: 0).End();

    /// <summary>Opens a file to be read.</summary>
    public static byte[] OpenToRead(uint id, string path) =>
        new Writer(SftpMessageType.Open, id, Encoding.UTF8.GetMaxByteCount(path.Length) + 12).Text(path)
            .Int32(ReadAccess).Int32(0).End();

    /// <summary>Reads a part of an open file.</summary>
    /// <param name="id">The request's number.</param>
    /// <param name="handle">The handle of the file.</param>
    /// <param name="offset">Where the part begins, in bytes.</param>
    /// <param name="count">How long it is, in bytes; the server may give less.</param>
    public static byte[] Read(uint id, ReadOnlySpan<byte> handle, long offset, int count) =>
        new Writer(SftpMessageType.Read, id, handle.Length + 16).Bytes(handle).Int64((ulong)offset).Int32((uint)count)
            .End();

    /// <summary>
    /// A request about something open: <see cref="SftpMessageType.Close"/>, <c>FStat</c> or <c>ReadDir</c>.
    /// </summary>
    public static byte[] OfHandle(SftpMessageType type, uint id, ReadOnlySpan<byte> handle) =>
        new Writer(type, id, handle.Length + 4).Bytes(handle).End();

    /// <summary>
    /// A request about a path: <see cref="SftpMessageType.OpenDir"/>, <c>RealPath</c> or <c>Stat</c>.
    /// </summary>
    public static byte[] OfPath(SftpMessageType type, uint id, string path) =>
        new Writer(type, id, Encoding.UTF8.GetMaxByteCount(path.Length) + 4).Text(path).End();

    ref struct Writer
    {
        readonly byte[] buffer;
        int length;

        public Writer(SftpMessageType type, uint first, int capacity)
        {
            buffer = new byte[capacity + 9];
            buffer[4] = (byte)type;
            length = 5;
            Int32(first);
        }

        public Writer Int32(uint value)
        {
            BinaryPrimitives.WriteUInt32BigEndian(buffer.AsSpan(length), value);
            length += sizeof(uint);
            return this;
        }

        public Writer Int64(ulong value)
        {
            BinaryPrimitives.WriteUInt64BigEndian(buffer.AsSpan(length), value);
            length += sizeof(ulong);
            return this;
        }

        public Writer Bytes(ReadOnlySpan<byte> bytes)
        {
            Int32((uint)bytes.Length);
            bytes.CopyTo(buffer.AsSpan(length));
            length += bytes.Length;
            return this;
        }

        public Writer Text(string text)
        {
            var bytes = Encoding.UTF8.GetBytes(text, buffer.AsSpan(length + sizeof(uint)));
            Int32((uint)bytes);
            length += bytes;
            return this;
        }

        public readonly byte[] End()
        {
            BinaryPrimitives.WriteUInt32BigEndian(buffer, (uint)length - sizeof(uint));
            return buffer[..length];
        }
    }
}
