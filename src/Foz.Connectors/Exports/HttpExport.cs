using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Foz.Connectors.Http;

namespace Foz.Connectors.Exports;

/// <summary>
/// Posts rows as JSON, some at a time. Each request has a header <c>Idempotency-Key</c> that is the same whenever the same rows are
/// sent again, so that an endpoint that heeds it takes them once.
/// </summary>
public static class HttpExport
{
    const int BodyBytesMax = 8 << 20;

    /// <summary>Posts them.</summary>
    public static async Task<long> RunAsync(
        ExportDefinition.ToHttp target, ConnectionDefinition connection, ExportRows rows, TimeProvider clock, CancellationToken cancellationToken)
    {
        var options = HttpOptions.Read(connection.Settings);
        using var caller = new HttpCaller(options, connection.Secrets, clock);
        var url = HttpUrls.Below(options.Url, target.Path);
        var count = 0L;
        var part = 0;
        var body = new StringBuilder();
        var inPart = 0;
        // In an order of their own, so that a part is the same when it is sent again.
        using var read = rows.Session.Query($"SELECT CAST(to_json(t) AS VARCHAR) AS row FROM ({rows.ForJson(rows.Sql)}) AS t ORDER BY row", cancellationToken);
        foreach (var row in read.Rows(cancellationToken))
        {
            body.Append(inPart++ == 0 ? "" : ",").Append((string)row[0]!);
            count++;
            if (inPart >= target.BatchRowsMax || body.Length >= BodyBytesMax) await SendAsync();
        }
        if (inPart > 0) await SendAsync();
        return count;

        async Task SendAsync()
        {
            var list = $"[{body}]";
            var key = SHA256.HashData(Encoding.UTF8.GetBytes($"{rows.Name}\n{rows.Version}\n{part++}\n{list}"));
            await caller.SendAsync(
                new HttpCall(HttpUrls.With(url, options.Params))
                {
                    Body = target.RecordsField is { } field ? $"{{{JsonSerializer.Serialize(field)}:{list}}}" : list,
                    Headers = new Dictionary<string, string> { ["Idempotency-Key"] = Convert.ToHexStringLower(key.AsSpan(0, 16)) },
                }, cancellationToken);
            body.Clear();
            inPart = 0;
        }
    }
}
