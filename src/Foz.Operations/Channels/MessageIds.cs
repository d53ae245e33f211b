using System.Security.Cryptography;
using System.Text;

namespace Foz.Operations.Channels;

/// <summary>Ids of messages in channels that know them by one.</summary>
static class MessageIds
{
    const int BytesMax = 16;

    /// <summary>
    /// Returns an id of 32 letters and digits, the same each time that a message is sent: from
    /// <see cref="AlertMessage.Key"/>, which may hold characters that ids may not.
    /// </summary>
    public static string Of(AlertMessage message) => Convert.ToHexStringLower(
        SHA256.HashData(Encoding.UTF8.GetBytes(message.Key)).AsSpan(0, BytesMax));
}
