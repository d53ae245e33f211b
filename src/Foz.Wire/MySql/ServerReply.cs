using System.Text;

namespace Foz.Wire.MySql;

/// <summary>What a packet of a server is, by its first byte.</summary>
public enum ServerReplyKind
{
    /// <summary>It worked.</summary>
    Ok = 0x00,

    /// <summary>More is to be proven at the login.</summary>
    AuthMore = 0x01,

    /// <summary>The end of rows or events; at the login, another method.</summary>
    End = 0xFE,

    /// <summary>The server refuses.</summary>
    Error = 0xFF,
}

/// <summary>An error that a server reports.</summary>
/// <param name="Code">Its number.</param>
/// <param name="State">The state of SQL; empty where there is none.</param>
/// <param name="Text">What it says.</param>
public sealed record ServerError(int Code, string State, string Text)
{
    const int StateBytes = 5;

    /// <summary>Reads the packet.</summary>
    /// <exception cref="WireException">Thrown when it is malformed.</exception>
    public static ServerError Read(ReadOnlySpan<byte> packet)
    {
        var fields = new ByteReader(packet, "an error of the server");
        fields.ReadByte();
        int code = fields.ReadUInt16();
        var rest = fields.ReadRest();
        return rest is [(byte)'#', ..] && rest.Length > StateBytes
            ? new(code, Encoding.ASCII.GetString(rest[1..(1 + StateBytes)]), Decode(rest[(1 + StateBytes)..]))
            : new(code, "", Decode(rest));
    }

    static string Decode(ReadOnlySpan<byte> text) => Encoding.UTF8.GetString(text);
}

/// <summary>The server wants a login by another method.</summary>
/// <param name="Method">The method.</param>
/// <param name="Challenge">The bytes that a proof uses.</param>
public sealed record AuthSwitch(string Method, byte[] Challenge)
{
    /// <summary>Reads the packet.</summary>
    /// <exception cref="WireException">Thrown when it is malformed.</exception>
    public static AuthSwitch Read(ReadOnlySpan<byte> packet)
    {
        var fields = new ByteReader(packet, "the server's choice of a login method");
        fields.ReadByte();
        if (fields.BytesLeft == 0) return new("mysql_old_password", []);
        var method = Encoding.Latin1.GetString(fields.ReadUntilNul());
        var challenge = fields.ReadRest();
        return new(method, (challenge is [.., 0] ? challenge[..^1] : challenge).ToArray());
    }
}
