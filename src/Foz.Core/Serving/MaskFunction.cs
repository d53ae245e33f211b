using System.Security.Cryptography;
using System.Text;
using Foz.Core.Governance;
using Foz.DuckDB;

namespace Foz.Core.Serving;

/// <summary>The function behind <c>hash</c> masks: an HMAC, so that nobody without the key finds a value by trying all. The key stands in no statement.</summary>
static class MaskFunction
{
    const int KeyBytes = 32;

    /// <summary>The function.</summary>
    /// <param name="key">The key; null for one that is drawn now, with which equal values are equal until the process ends.</param>
    public static ScalarFunction Of(string? key)
    {
        var bytes = key is null ? RandomNumberGenerator.GetBytes(KeyBytes) : Encoding.UTF8.GetBytes(key);
        return new()
        {
            Name = TableAccess.HashFunction,
            Parameters = [LogicalType.Varchar],
            ReturnType = LogicalType.Varchar,
            TakesNulls = true,
            Body = (arguments, result) =>
            {
                for (var row = 0; row < arguments.RowCount; row++)
                    if (arguments[0].IsNull(row)) result.SetNull(row);
                    else result.SetText(row, Convert.ToHexStringLower(HMACSHA256.HashData(bytes, arguments[0].Bytes(row))));
            },
        };
    }
}
