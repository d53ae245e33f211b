using System.Buffers.Binary;
using System.Text;

namespace Foz.Wire.Sftp;

/// <summary>A server's answer of SFTP version 3; what breaks the protocol is a <see cref="WireException"/>.</summary>
/// <param name="Type">What it is.</param>
/// <param name="Id">
/// The number of the request that it answers; of <see cref="SftpMessageType.Version"/> the version.
/// </param>
/// <param name="Body">What follows.</param>
public readonly record struct SftpReply(SftpMessageType Type, uint Id, ReadOnlyMemory<byte> Body)
{
    const int HeaderBytes = 5;
    const uint HasSize = 1;
    const uint HasOwner = 2;
    const uint HasMode = 4;
    const uint HasTimes = 8;
    const uint HasExtensions = 0x80000000;

    /// <summary>Reads a message.</summary>
    /// <param name="message">The message after its length.</param>
    public static SftpReply Parse(ReadOnlyMemory<byte> message) => message.Length < HeaderBytes
        ? throw WireException.Malformed($"a message of SFTP has {message.Length} bytes")
        : new((SftpMessageType)message.Span[0], BinaryPrimitives.ReadUInt32BigEndian(message.Span[1..]),
            message[HeaderBytes..]);

    /// <summary>How the request ended, and what the server says of it.</summary>
    public (SftpStatus Status, string Message) ReadStatus()
    {
        var reader = Begin(SftpMessageType.Status);
        var status = (SftpStatus)reader.Int32();
        // Some servers leave the text out.
        return (status, reader.IsAtEnd ? "" : Encoding.UTF8.GetString(reader.Bytes()));
    }

    /// <summary>Reads the handle of the file or folder that was opened.</summary>
    public byte[] ReadHandle() => Begin(SftpMessageType.Handle).Bytes().ToArray();

    /// <summary>The bytes that were read.</summary>
    public ReadOnlyMemory<byte> ReadData()
    {
        var length = Begin(SftpMessageType.Data).Bytes().Length;
        return Body.Slice(sizeof(uint), length);
    }

    /// <summary>What the file is like.</summary>
    public SftpAttributes ReadAttributes()
    {
        var reader = Begin(SftpMessageType.Attributes);
        return reader.Attributes();
    }

    /// <summary>The names.</summary>
    public IReadOnlyList<SftpEntry> ReadNames()
    {
        var reader = Begin(SftpMessageType.Name);
        var count = reader.Int32();
        var entries = new List<SftpEntry>();
        for (var i = 0u; i < count; i++)
        {
            var name = Encoding.UTF8.GetString(reader.Bytes());
            reader.Bytes(); // the line that `ls -l` would show
            entries.Add(new(name, reader.Attributes()));
        }
        return entries;
    }

    Reader Begin(SftpMessageType type) => Type == type
        ? new(Body.Span)
        : throw WireException.Malformed($"a message of SFTP is of type {(byte)Type} where {type} is due");

    ref struct Reader(ReadOnlySpan<byte> body)
    {
        ReadOnlySpan<byte> rest = body;

        public readonly bool IsAtEnd => rest.IsEmpty;

        public uint Int32() => BinaryPrimitives.ReadUInt32BigEndian(Take(sizeof(uint)));

        public ReadOnlySpan<byte> Bytes() => Take(Int32());

        public SftpAttributes Attributes()
        {
            var flags = Int32();
            long? size = null;
            uint? mode = null;
            DateTimeOffset? modifiedAt = null;
            if ((flags & HasSize) != 0)
            {
                var value = BinaryPrimitives.ReadInt64BigEndian(Take(sizeof(long)));
                size = value >= 0 ? value : throw WireException.Malformed("a file of SFTP has more than 2^63 bytes");
            }
            if ((flags & HasOwner) != 0) Take(2 * sizeof(uint));
            if ((flags & HasMode) != 0) mode = Int32();
            if ((flags & HasTimes) != 0)
            {
                Int32();
                modifiedAt = DateTimeOffset.FromUnixTimeSeconds(Int32());
            }
            if ((flags & HasExtensions) != 0)
                for (var left = Int32(); left > 0; left--)
                {
                    Bytes();
                    Bytes();
                }
            return new(size, mode, modifiedAt);
        }

        ReadOnlySpan<byte> Take(uint count)
        {
            if (count > rest.Length)
                throw WireException.Malformed(
                    $"a message of SFTP ends early: {count} bytes expected, {rest.Length} left");
            var bytes = rest[..(int)count];
            rest = rest[(int)count..];
            return bytes;
        }
    }
}
