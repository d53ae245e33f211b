using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Foz.DuckDB;

namespace Foz.Serving.Governance;

/// <summary>
/// The function of <c>hash</c> masks: an HMAC, so that no user without the key finds a value by trying all. Each family
/// of columns has its own key, derived from the server's, which appears in no statement.
/// </summary>
static class MaskFunction
{
    const int KeyBytes = 32;

    /// <summary>The function.</summary>
    /// <param name="key">
    /// The key; null for one that is drawn now, with which equal values are equal until the process ends.
    /// </param>
    public static ScalarFunction Of(string? key)
    {
        var master = key is null ? RandomNumberGenerator.GetBytes(KeyBytes) : Encoding.UTF8.GetBytes(key);
        // Families are names of policies, tags and columns of the lake: few.
        var keys = new ConcurrentDictionary<string, byte[]>(StringComparer.Ordinal);
        return new()
        {
            Name = TableAccess.HashFunction,
            Parameters = [LogicalType.Varchar, LogicalType.Varchar],
            ReturnType = LogicalType.Varchar,
            TakesNulls = true,
            Body = (arguments, result) =>
            {
                if (arguments.RowCount == 0) return;
                var family = keys.GetOrAdd(Encoding.UTF8.GetString(arguments[1].Bytes(0)), KeyOf, master);
                for (var row = 0; row < arguments.RowCount; row++)
                    if (arguments[0].IsNull(row)) result.SetNull(row);
                    else result.SetText(
                        row, Convert.ToHexStringLower(HMACSHA256.HashData(family, arguments[0].Bytes(row))));
            },
        };
    }

    /// <summary>The key of a family.</summary>
    internal static byte[] KeyOf(string family, byte[] master) =>
        HKDF.DeriveKey(
            HashAlgorithmName.SHA256, master, KeyBytes, info: Encoding.UTF8.GetBytes($"foz hash mask, {family}"));
}
