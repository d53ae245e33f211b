using Foz.Connectors.Files.Contents;
using Foz.Lake.Data;
using Foz.Lake.Sql;

namespace Foz.Connectors.Files.Formats;

/// <summary>Files that are a row each: images, documents, whatever others will look into.</summary>
static class BinaryBatch
{
    static readonly Field[] Fields =
    [
        new("path", DataType.String), new("size", DataType.Long), new("modified_at", DataType.Timestamp),
        new("content", DataType.Binary),
    ];

    /// <summary>Starts reading.</summary>
    public static StreamRows Read(IReadOnlyList<SourceFile> files)
    {
        // Each file has its own SELECT, so that its path and time are in the row of its bytes.
        var select = string.Join("\nUNION ALL\n", files.Select(file =>
        {
            var origin = FileOrigin.Select([(file.FullPath, file)]);
            var time = FileOrigin.Value([(file.FullPath, file)], FileOrigin.Timestamp);
            return $"SELECT {SqlText.Literal(file.Input.Path)} AS path, size::BIGINT AS size, {time} AS "
                + $"modified_at, content, {origin} "
                + $"FROM read_blob({SqlText.Literal(file.FullPath)})";
        }));
        return new StreamRows.Selected(files.Count == 0 ? FileOrigin.NoRows(Fields, withPlaces: false) : select)
        {
            Fields = Fields,
            RowsRead = files.Count,
            BytesRead = files.Sum(file => file.Input.SizeBytes),
        };
    }
}
