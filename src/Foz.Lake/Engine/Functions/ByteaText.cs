using System.Text;

namespace Foz.Lake.Engine.Functions;

/// <summary>Bytes as PostgreSQL's texts of <c>bytea</c> write them.</summary>
public static class ByteaText
{
    /// <summary>The bytes of a text in <c>bytea</c>'s hexadecimal or escape form.</summary>
    public static byte[] Read(string text)
    {
        if (text.StartsWith(@"\x", StringComparison.Ordinal)) return Hexadecimal(text.AsSpan(2));
        var utf8 = Encoding.UTF8.GetBytes(text);
        var bytes = new List<byte>(utf8.Length);
        for (var i = 0; i < utf8.Length; i++)
        {
            if (utf8[i] != '\\') bytes.Add(utf8[i]);
            else if (i + 1 < utf8.Length && utf8[i + 1] == '\\') bytes.Add(utf8[++i]);
            else if (i + 3 < utf8.Length && utf8[i + 1] is >= (byte)'0' and <= (byte)'3' && IsOctal(utf8[i + 2])
                && IsOctal(utf8[i + 3]))
            {
                bytes.Add((byte)(((utf8[i + 1] - '0') << 6) | ((utf8[i + 2] - '0') << 3) | (utf8[i + 3] - '0')));
                i += 3;
            }
            else throw FunctionFault.Of("22P02", "invalid input syntax for type bytea");
        }
        return [.. bytes];
    }

    static bool IsOctal(byte digit) => digit is >= (byte)'0' and <= (byte)'7';

    /// <summary>The bytes of a text of hexadecimal digits, with white space between pairs.</summary>
    public static byte[] Hexadecimal(ReadOnlySpan<char> text)
    {
        try
        {
            return Convert.FromHexString(string.Concat(text.ToString().Where(c => !char.IsWhiteSpace(c))));
        }
        catch (FormatException)
        {
            throw FunctionFault.Of(
                "22023", "invalid hexadecimal data: write two digits of 0 to 9 and a to f for each byte");
        }
    }
}
