using System.Text;

namespace Foz.Wire.MySql;

/// <summary>What a server and a client can do; the flags of the protocol that matter here.</summary>
[Flags]
public enum Capabilities : uint
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Passwords of MySQL 4.1 and later.</summary>
    LongPassword = 1,

    /// <summary>The protocol of MySQL 4.1 and later.</summary>
    Protocol41 = 0x200,

    /// <summary>TLS.</summary>
    Tls = 0x800,

    /// <summary>States of transactions.</summary>
    Transactions = 0x2000,

    /// <summary>Challenges of MySQL 4.1 and later.</summary>
    SecureConnection = 0x8000,

    /// <summary>Methods of logging in.</summary>
    PluginAuth = 0x8_0000,
}

/// <summary>The first packet of a server.</summary>
/// <param name="Version">Its version.</param>
/// <param name="Capabilities">What it can do.</param>
/// <param name="Challenge">The bytes that a proof uses.</param>
/// <param name="Method">How it wants a user to log in.</param>
public sealed record ServerGreeting(string Version, Capabilities Capabilities, byte[] Challenge, string Method)
{
    const byte ProtocolVersion = 10;
    const int FirstChallengeBytes = 8, ReservedBytes = 10, ChallengeBytes = 20;

    /// <summary>Gets whether it is a MariaDB.</summary>
    public bool IsMariaDb => Version.Contains("mariadb", StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads the packet.</summary>
    /// <exception cref="WireException">Thrown when it is malformed, or the server's protocol is too old.</exception>
    public static ServerGreeting Read(ReadOnlySpan<byte> packet)
    {
        var fields = new ByteReader(packet, "the server's greeting");
        var protocol = fields.ReadByte();
        if (protocol != ProtocolVersion)
            throw new WireException(
                WireErrorKind.Unsupported,
                $"the server speaks version {protocol} of the protocol, not {ProtocolVersion}");
        var version = Encoding.Latin1.GetString(fields.ReadUntilNul());
        fields.ReadUInt32();
        var challenge = fields.ReadBytes(FirstChallengeBytes).ToArray();
        fields.ReadByte();
        uint capabilities = fields.ReadUInt16();
        fields.ReadByte();
        fields.ReadUInt16();
        var flags = (Capabilities)(capabilities | (uint)fields.ReadUInt16() << 16);
        fields.ReadByte();
        fields.ReadBytes(ReservedBytes);
        if (!flags.HasFlag(Capabilities.SecureConnection | Capabilities.Protocol41))
            throw new WireException(WireErrorKind.Unsupported, "the server is older than MySQL 4.1");
        challenge = [.. challenge, .. fields.ReadBytes(ChallengeBytes - FirstChallengeBytes)];
        if (fields.BytesLeft > 0) fields.ReadByte();
        var method = flags.HasFlag(Capabilities.PluginAuth)
            ? Encoding.Latin1.GetString(fields.ReadRest()).TrimEnd('\0')
            : PasswordProof.Native;
        return new(version, flags, challenge, method);
    }
}
