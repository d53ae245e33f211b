using System.Security.Cryptography;
using System.Text;
using Foz.Lake.Data;
using Foz.Lake.Engine.Functions;

namespace Foz.Connectors;

/// <summary>What takes the place of a column's values before anything of them is written.</summary>
public enum ColumnMask
{
    /// <summary>Their HMAC-SHA-256 by the source's key, in hexadecimal: equal values stay equal.</summary>
    Hash,

    /// <summary><c>***</c>.</summary>
    Redact,

    /// <summary><c>***</c> and the last four characters of values of eight or more.</summary>
    LastFour,

    /// <summary>Null.</summary>
    Null,
}

/// <summary>The SQL of masks.</summary>
public static class ColumnMasks
{
    const int BlockBytes = 64;
    const byte InnerPad = 0x36, OuterPad = 0x5c;
    const int LengthMin = 8;

    extension(ColumnMask mask)
    {
        /// <summary>Returns the type of a masked column.</summary>
        public DataType TypeOf(DataType type) => mask is ColumnMask.Null ? type : DataType.String;

        /// <summary>SQL of the masked value.</summary>
        /// <param name="column">The column in SQL.</param>
        /// <param name="type">Its type.</param>
        /// <param name="key">The key of hashes; null where none is stated.</param>
        public string Sql(string column, DataType type, string? key)
        {
            var text = $"CAST({column} AS VARCHAR)";
            return mask switch
            {
                ColumnMask.Null => $"CAST(NULL AS {ColumnTypes.NameOf(type)})",
                ColumnMask.Redact => $"CASE WHEN {column} IS NOT NULL THEN '***' END",
                ColumnMask.LastFour =>
                    $"CASE WHEN length({text}) >= {LengthMin} THEN '***' || right({text}, 4) WHEN "
                        + $"{column} IS NOT NULL THEN '***' END",
                _ => Hmac(text, Encoding.UTF8.GetBytes(key ?? "")),
            };
        }
    }

    /// <summary>HMAC (RFC 2104), which the engine lacks.</summary>
    static string Hmac(string text, byte[] key)
    {
        if (key.Length > BlockBytes) key = SHA256.HashData(key);
        Array.Resize(ref key, BlockBytes);
        return $"sha256({Pad(key, OuterPad)} || unhex(sha256({Pad(key, InnerPad)} || encode({text}))))";
    }

    static string Pad(byte[] key, byte pad) => $"unhex('{Convert.ToHexString([.. key.Select(b => (byte)(b ^ pad))])}')";
}
