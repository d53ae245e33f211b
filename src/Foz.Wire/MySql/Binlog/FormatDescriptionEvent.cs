using System.Text;

namespace Foz.Wire.MySql.Binlog;

/// <summary>FormatDescription: how the events of a log file are written.</summary>
/// <param name="ServerVersion">The version of the server that wrote it.</param>
/// <param name="HasChecksum">Whether its events end with a checksum.</param>
public sealed record FormatDescriptionEvent(string ServerVersion, bool HasChecksum)
{
    const ushort BinlogVersion = 4;
    const int ServerVersionBytes = 50;
    const byte Crc32Algorithm = 1;

    /// <summary>The bytes before the columns of a table: its number in six, and flags.</summary>
    const byte TableMapHeaderBytes = 8;

    /// <summary>Gets whether MariaDB wrote it.</summary>
    public bool IsMariaDb => ServerVersion.Contains("mariadb", StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads the fields of an event.</summary>
    /// <exception cref="WireException">Thrown when they are malformed, or a format that is not supported.</exception>
    public static FormatDescriptionEvent Read(BinlogEvent data)
    {
        var fields = data.Fields();
        var version = fields.ReadUInt16();
        var server = fields.ReadBytes(ServerVersionBytes);
        var nul = server.IndexOf((byte)0);
        fields.ReadUInt32();
        var headerBytes = fields.ReadByte();
        if (version != BinlogVersion || headerBytes != BinlogEvent.HeaderBytes)
            throw new WireException(
                WireErrorKind.Unsupported, $"FormatDescription: version {version} of binary logs is not supported");
        var lengths = fields.ReadBytes(fields.BytesLeft - 1);
        if (lengths.Length < (int)BinlogEventType.TableMap
            || lengths[(int)BinlogEventType.TableMap - 1] != TableMapHeaderBytes)
            throw new WireException(
                WireErrorKind.Unsupported, "FormatDescription: tables with numbers of four bytes are not supported");
        var algorithm = fields.ReadByte();
        if (algorithm > Crc32Algorithm)
            throw new WireException(
                WireErrorKind.Unsupported, $"FormatDescription: the checksum {algorithm} is not supported");
        return new(Encoding.Latin1.GetString(nul < 0 ? server : server[..nul]), algorithm == Crc32Algorithm);
    }
}

/// <summary>Rotate: the next events are of another log file.</summary>
/// <param name="Position">Where in the file they start, in bytes.</param>
/// <param name="File">The name of the file.</param>
public readonly record struct RotateEvent(ulong Position, string File)
{
    /// <summary>Reads the fields of an event.</summary>
    /// <exception cref="WireException">Thrown when they are malformed.</exception>
    public static RotateEvent Read(BinlogEvent data)
    {
        var fields = data.Fields();
        return new(fields.ReadUInt64(), fields.Text(fields.ReadRest()));
    }
}
