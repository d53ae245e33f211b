using System.Text.Encodings.Web;
using System.Text.Json;
using Foz.Lake.Data;
using Foz.Lake.Tables;

namespace Foz.Lake.Statements;

/// <summary>Describes a table, with the columns that Spark returns for it.</summary>
static class TableDescription
{
    public static async Task<StatementResult> HistoryAsync(
        LakeTable table, int? commitsMax, CancellationToken cancellationToken)
    {
        var rows = new List<object?[]>();
        await foreach (var commit in table.HistoryAsync(cancellationToken))
        {
            if (rows.Count >= commitsMax) break;
            rows.Add(
            [
                commit.Version, commit.Timestamp, commit.Operation, Json(commit.Parameters),
                Json(commit.Metrics), commit.Engine,
            ]);
        }
        return new(
            [
                new("version", DataType.Long), new("timestamp", DataType.Timestamp), new("operation", DataType.String),
                new("operationParameters", DataType.String), new("operationMetrics", DataType.String),
                new("engineInfo", DataType.String),
            ],
            rows);
    }

    public static async Task<StatementResult> DetailAsync(LakeTable table, CancellationToken cancellationToken)
    {
        var snapshot = await table.LatestAsync(cancellationToken);
        var (metadata, protocol) = (snapshot.State.Metadata, snapshot.State.Protocol);
        (Field Column, object? Value)[] details =
        [
            (new("format", DataType.String), "delta"),
            (new("id", DataType.String), metadata.Id),
            (new("name", DataType.String), table.Name),
            (new("description", DataType.String), snapshot.Description),
            (new("location", DataType.String), table.Root),
            (new("createdAt", DataType.Timestamp),
                metadata.CreatedTimeMs is { } at ? DateTimeOffset.FromUnixTimeMilliseconds(at) : null),
            (new("lastModified", DataType.Timestamp), snapshot.Timestamp),
            (new("partitionColumns", DataType.String), string.Join(", ", snapshot.PartitionColumns)),
            (new("numFiles", DataType.Long), (long)snapshot.FileCount),
            (new("sizeInBytes", DataType.Long), snapshot.TotalBytes),
            (new("properties", DataType.String), Json(snapshot.Properties)),
            (new("minReaderVersion", DataType.Long), (long)protocol.MinReaderVersion),
            (new("minWriterVersion", DataType.Long), (long)protocol.MinWriterVersion),
            (new("tableFeatures", DataType.String),
                string.Join(
                    ", ", protocol.AllReaderFeatures.Union(protocol.AllWriterFeatures).Order(StringComparer.Ordinal))),
            (new("version", DataType.Long), snapshot.Version),
        ];
        return new([.. details.Select(detail => detail.Column)], [[.. details.Select(detail => detail.Value)]]);
    }

    public static async Task<StatementResult> PropertiesAsync(LakeTable table, CancellationToken cancellationToken) =>
        new(
            [new("key", DataType.String), new("value", DataType.String)],
            [
                .. (await table.LatestAsync(cancellationToken)).Properties.OrderBy(p => p.Key, StringComparer.Ordinal)
                    .Select(object?[] (p) => [p.Key, p.Value]),
            ]);

    static string Json(IReadOnlyDictionary<string, string?> values)
    {
        using var text = new MemoryStream();
        using (var writer = new Utf8JsonWriter(text, new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartObject();
            foreach (var (key, value) in values) writer.WriteString(key, value);
            writer.WriteEndObject();
        }
        return System.Text.Encoding.UTF8.GetString(text.ToArray());
    }
}
