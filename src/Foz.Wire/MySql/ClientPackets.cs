using System.Text;

namespace Foz.Wire.MySql;

/// <summary>Makes what a client sends: the content of packets, without their headers.</summary>
public static class ClientPackets
{
    const byte Quit = 0x01, Query = 0x03;
    const byte Utf8Collation = 45;
    const int ReservedBytes = 23, NameBytesMax = byte.MaxValue;
    const uint PacketBytesMax = 1 << 30;

    /// <summary>What a client of this library asks for.</summary>
    const Capabilities Wanted = Capabilities.LongPassword | Capabilities.Protocol41 | Capabilities.Transactions
        | Capabilities.SecureConnection | Capabilities.PluginAuth;

    /// <summary>Asks for TLS.</summary>
    public static byte[] TlsRequest() => Make(writer => WriteStart(writer, Wanted | Capabilities.Tls));

    /// <summary>Logs in.</summary>
    /// <param name="user">The user.</param>
    /// <param name="proof">The proof of the password.</param>
    /// <param name="method">Its method.</param>
    /// <param name="isEncrypted">Whether TLS was asked for.</param>
    /// <exception cref="WireException">Thrown when the proof is too long.</exception>
    public static byte[] LogIn(string user, byte[] proof, string method, bool isEncrypted)
    {
        if (proof.Length > NameBytesMax)
            throw new WireException(WireErrorKind.TooLong, "the proof of the password is too long");
        return Make(writer =>
        {
            WriteStart(writer, isEncrypted ? Wanted | Capabilities.Tls : Wanted);
            writer.Write(Encoding.UTF8.GetBytes(user));
            writer.Write((byte)0);
            writer.Write((byte)proof.Length);
            writer.Write(proof);
            writer.Write(Encoding.ASCII.GetBytes(method));
            writer.Write((byte)0);
        });
    }

    /// <summary>Runs a statement.</summary>
    public static byte[] Statement(string sql) => [Query, .. Encoding.UTF8.GetBytes(sql)];

    /// <summary>Ends the session.</summary>
    public static byte[] End() => [Quit];

    internal static byte[] Make(Action<BinaryWriter> write)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        write(writer);
        writer.Flush();
        return stream.ToArray();
    }

    static void WriteStart(BinaryWriter writer, Capabilities capabilities)
    {
        writer.Write((uint)capabilities);
        writer.Write(PacketBytesMax);
        writer.Write(Utf8Collation);
        writer.Write(new byte[ReservedBytes]);
    }
}
