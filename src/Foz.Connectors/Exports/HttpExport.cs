using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Foz.Connectors.Http;
using Foz.Lake.Configuration;

namespace Foz.Connectors.Exports;

/// <summary>
/// Posts rows as JSON, some at a time. Each request has a header <c>Idempotency-Key</c> that is the same whenever the
/// same rows are sent again, so that an endpoint that respects it accepts them once. An endpoint records no epoch: if a
/// run is overtaken after it has checked the lake and before its request, the request arrives.
/// </summary>
sealed class HttpExport : IExportTarget
{
    const int BodyBytesMax = 8 << 20;
    const string BatchSizeSetting = "batch_size", RecordsSetting = "records";
    const int BatchRowsDefault = 500;

    /// <inheritdoc/>
    public SettingSpec Address { get; } = new("path", "the path of an endpoint");

    /// <inheritdoc/>
    public string? ConnectionType => "http";

    /// <inheritdoc/>
    public IReadOnlyList<ExportMode> Modes { get; } = [ExportMode.Replace, ExportMode.Append];

    /// <inheritdoc/>
    public IReadOnlyList<SettingSpec> Settings { get; } =
    [
        new(BatchSizeSetting, "of an endpoint: how many rows one request has") { Default = $"{BatchRowsDefault}" },
        new(RecordsSetting, "of an endpoint: the field of the body that holds the rows")
        {
            Default = "the body is the list",
        },
    ];

    /// <inheritdoc/>
    public void Validate(ExportDefinition export, string projectFolder)
    {
        BatchRowsMax(export);
        export.Settings.Text(RecordsSetting);
    }

    /// <inheritdoc/>
    public async Task<ExportOutcome> WriteAsync(
        OpenExport export, ExportRows rows, CancellationToken cancellationToken)
    {
        var (target, connection) = (export.Definition, export.Connection!);
        var (batchRowsMax, recordsField) = (BatchRowsMax(target), target.Settings.Text(RecordsSetting));
        var options = HttpOptions.Read(connection.Settings);
        using var caller = new HttpCaller(options, connection.Secrets, export.Clock);
        var url = HttpUrls.Below(options.Url, target.Address);
        var count = 0L;
        var part = 0;
        var body = new StringBuilder();
        var inPart = 0;
        var overtaken = new ExportOutcome.Overtaken(Epoch: null);
        // In an order of their own, so that a part is the same when it is sent again.
        using var read = rows.Session.Query(
            $"SELECT CAST(to_json(t) AS VARCHAR) AS row FROM ({rows.ForJson(rows.Sql)}) AS t ORDER BY row",
            cancellationToken);
        foreach (var row in read.Rows(cancellationToken))
        {
            body.Append(inPart++ == 0 ? "" : ",").Append((string)row[0]!);
            count++;
            if ((inPart >= batchRowsMax || body.Length >= BodyBytesMax) && !await TrySendAsync()) return overtaken;
        }
        return inPart == 0 || await TrySendAsync() ? new ExportOutcome.Written(count) : overtaken;

        async Task<bool> TrySendAsync()
        {
            if (!await rows.Fence.IsHeldAsync(cancellationToken)) return false;
            var list = $"[{body}]";
            var key = SHA256.HashData(Encoding.UTF8.GetBytes($"{rows.Name}\n{rows.Version}\n{part++}\n{list}"));
            await caller.SendAsync(
                new HttpCall(HttpUrls.With(url, options.Params))
                {
                    Body = recordsField is { } field ? $"{{{JsonSerializer.Serialize(field)}:{list}}}" : list,
                    Headers = new Dictionary<string, string>
                    {
                        ["Idempotency-Key"] = Convert.ToHexStringLower(key.AsSpan(0, 16)),
                    },
                }, cancellationToken);
            body.Clear();
            inPart = 0;
            return true;
        }
    }

    static int BatchRowsMax(ExportDefinition export) =>
        export.Settings.Integer(BatchSizeSetting, 1, 100_000, BatchRowsDefault);
}
