using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Foz.Tests.Operations.Channels;

/// <summary>
/// A receiver of Standard Webhooks 1.0.0, as <c>spec/standard-webhooks.md</c> in
/// https://github.com/standard-webhooks/standard-webhooks has them, read on 2026-11-25 as it was stored before: the
/// signature is over <c>id.timestamp.body</c>, ids have no full stop, and a message counts once.
/// </summary>
/// <param name="clock">The receiver's clock.</param>
/// <param name="key">The key, decoded; null where nothing is signed.</param>
sealed class WebhookServer(TimeProvider clock, byte[]? key) : ServiceServer
{
    static readonly TimeSpan tolerance = TimeSpan.FromMinutes(5);

    public HashSet<string> Ids { get; } = [];

    protected override LoopbackAnswer Take(LoopbackRequest request, string body)
    {
        var (id, moment) = (request.Headers["webhook-id"]!, request.Headers["webhook-timestamp"]!);
        Require(id.Length > 0 && !id.Contains('.'), "webhook-id");
        var sent = DateTimeOffset.FromUnixTimeSeconds(long.Parse(moment, CultureInfo.InvariantCulture));
        Require((clock.GetUtcNow() - sent).Duration() < tolerance, "webhook-timestamp");
        var signature = request.Headers["webhook-signature"];
        Require((signature is null) == (key is null), "webhook-signature");
        if (key is not null)
        {
            using var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
            hash.AppendData(Encoding.ASCII.GetBytes(id + "." + moment + "."));
            hash.AppendData(request.Body);
            Require(signature == "v1," + Convert.ToBase64String(hash.GetHashAndReset()), "the signature is wrong");
        }
        if (request.Headers["Content-Type"]!.StartsWith("application/json", StringComparison.Ordinal)) Parse(body);
        Ids.Add(id);
        return LoopbackAnswer.Of(204, "", "text/plain");
    }
}
