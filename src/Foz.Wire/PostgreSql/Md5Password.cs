using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace Foz.Wire.PostgreSql;

/// <summary>PostgreSQL's old password authentication, for servers that still keep passwords as MD5 hashes.</summary>
public static class Md5Password
{
    /// <summary>The answer to a request: <c>md5</c> and MD5(MD5(password, user), salt) in hexadecimal.</summary>
    /// <param name="user">The user's name.</param>
    /// <param name="password">The password.</param>
    /// <param name="salt">The request's salt.</param>
    public static string Answer(string user, string password, ReadOnlySpan<byte> salt)
    {
        var inner = Convert.ToHexStringLower(Hash(Encoding.UTF8.GetBytes(password + user)));
        return "md5" + Convert.ToHexStringLower(Hash([.. Encoding.ASCII.GetBytes(inner), .. salt]));
    }

    [SuppressMessage("Security", "CA5351", Justification = "The protocol's method has MD5 in it")]
    static byte[] Hash(ReadOnlySpan<byte> data) => MD5.HashData(data);
}
