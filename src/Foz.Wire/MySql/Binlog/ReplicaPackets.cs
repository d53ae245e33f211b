using System.Text;

namespace Foz.Wire.MySql.Binlog;

/// <summary>Makes what a client sends to read binary logs: the content of packets, without their headers.</summary>
public static class ReplicaPackets
{
    const byte BinlogDump = 0x12, RegisterReplica = 0x15, BinlogDumpGtid = 0x1E;
    const ushort GtidFlag = 0x04;
    const ulong FileStart = 4;

    /// <summary>Shows the session in the server's list of replicas.</summary>
    /// <param name="serverId">The number of the reader, which no other has.</param>
    /// <param name="name">What it is called there.</param>
    public static byte[] Register(uint serverId, string name) => ClientPackets.Make(writer =>
    {
        writer.Write(RegisterReplica);
        writer.Write(serverId);
        WriteShort(writer, name);
        WriteShort(writer, "");
        WriteShort(writer, "");
        writer.Write((ushort)0);
        writer.Write(0u);
        writer.Write(0u);
    });

    /// <summary>Reads a log file from a position on; MariaDB takes the session's identifiers in place of it.</summary>
    /// <param name="serverId">The number of the reader.</param>
    /// <param name="file">The file; empty for the first.</param>
    /// <param name="position">The position, in bytes.</param>
    public static byte[] Dump(uint serverId, string file, uint position) => ClientPackets.Make(writer =>
    {
        writer.Write(BinlogDump);
        writer.Write(position);
        writer.Write((ushort)0);
        writer.Write(serverId);
        writer.Write(Encoding.UTF8.GetBytes(file));
    });

    /// <summary>Reads all transactions of MySQL that a set lacks.</summary>
    /// <param name="serverId">The number of the reader.</param>
    /// <param name="read">The transactions that were read.</param>
    public static byte[] DumpGtid(uint serverId, GtidSet read) => ClientPackets.Make(writer =>
    {
        var set = read.Encode();
        writer.Write(BinlogDumpGtid);
        writer.Write(GtidFlag);
        writer.Write(serverId);
        writer.Write(0u);
        writer.Write(FileStart);
        writer.Write(set.Length);
        writer.Write(set);
    });

    static void WriteShort(BinaryWriter writer, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        writer.Write((byte)bytes.Length);
        writer.Write(bytes);
    }
}
