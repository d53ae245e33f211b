namespace Foz.Wire.PostgreSql;

/// <summary>Authentication…: what the server wants of the client next.</summary>
public abstract record AuthenticationRequest
{
    /// <summary>The mechanism that binds SCRAM to the TLS connection below it.</summary>
    public const string ScramSha256Plus = "SCRAM-SHA-256-PLUS";

    /// <summary>SCRAM without binding.</summary>
    public const string ScramSha256 = "SCRAM-SHA-256";

    AuthenticationRequest() { }

    /// <summary>The client is in.</summary>
    public sealed record Ok : AuthenticationRequest;

    /// <summary>A request for the password as plain text.</summary>
    public sealed record CleartextPassword : AuthenticationRequest;

    /// <summary>The password's MD5 answer: see <see cref="Md5Password"/>.</summary>
    /// <param name="Salt">Four bytes.</param>
    public sealed record Md5PasswordRequest(ReadOnlyMemory<byte> Salt) : AuthenticationRequest;

    /// <summary>SASL by one of these mechanisms.</summary>
    /// <param name="Mechanisms">The mechanisms, preferred first.</param>
    public sealed record Sasl(IReadOnlyList<string> Mechanisms) : AuthenticationRequest;

    /// <summary>The next step of SASL.</summary>
    /// <param name="Data">The mechanism's message.</param>
    public sealed record SaslContinue(ReadOnlyMemory<byte> Data) : AuthenticationRequest;

    /// <summary>The last step of SASL; <see cref="Ok"/> follows.</summary>
    /// <param name="Data">The mechanism's message.</param>
    public sealed record SaslFinal(ReadOnlyMemory<byte> Data) : AuthenticationRequest;

    /// <summary>A method that is not spoken here, such as GSSAPI or SSPI.</summary>
    /// <param name="Code">The protocol's number of it.</param>
    public sealed record Other(int Code) : AuthenticationRequest;

    /// <summary>Reads a payload.</summary>
    public static AuthenticationRequest Read(ReadOnlySpan<byte> payload)
    {
        var reader = new PayloadReader(payload);
        AuthenticationRequest request = reader.ReadInt32() switch
        {
            0 => new Ok(),
            3 => new CleartextPassword(),
            5 => new Md5PasswordRequest(reader.ReadBytes(4).ToArray()),
            10 => new Sasl(ReadMechanisms(ref reader)),
            11 => new SaslContinue(reader.ReadRest().ToArray()),
            12 => new SaslFinal(reader.ReadRest().ToArray()),
            var code => ReadOther(code, ref reader),
        };
        reader.End();
        return request;
    }

    /// <summary>Writes the message.</summary>
    public void Write(MessageWriter writer)
    {
        writer.Begin(MessageType.Authentication);
        writer.WriteInt32(this switch
        {
            Ok => 0,
            CleartextPassword => 3,
            Md5PasswordRequest => 5,
            Sasl => 10,
            SaslContinue => 11,
            SaslFinal => 12,
            Other other => other.Code,
            _ => throw new System.Diagnostics.UnreachableException(),
        });
        switch (this)
        {
            case Md5PasswordRequest md5:
                writer.WriteBytes(md5.Salt.Span);
                break;
            case Sasl sasl:
                foreach (var mechanism in sasl.Mechanisms) writer.WriteString(mechanism);
                writer.WriteByte(0);
                break;
            case SaslContinue step:
                writer.WriteBytes(step.Data.Span);
                break;
            case SaslFinal step:
                writer.WriteBytes(step.Data.Span);
                break;
        }

        writer.End();
    }

    static List<string> ReadMechanisms(ref PayloadReader reader)
    {
        var mechanisms = new List<string>();
        for (var name = reader.ReadString(); name.Length > 0; name = reader.ReadString()) mechanisms.Add(name);
        return mechanisms;
    }

    static Other ReadOther(int code, ref PayloadReader reader)
    {
        reader.ReadRest();
        return new Other(code);
    }
}
