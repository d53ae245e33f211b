using Foz.Core.Engine;
using Foz.Delta.DeletionVectors;
using Foz.Delta.Log;
using Foz.DuckDB;

namespace Foz.Core.Tables;

/// <summary>
/// How one kind of action is read from a checkpoint: its fields as flat columns, by which the rows become actions.
/// </summary>
sealed class CheckpointQuery
{
    const string Text = "VARCHAR";
    const string Number = "BIGINT";
    const string Flag = "BOOLEAN";
    const string Map = "MAP(VARCHAR, VARCHAR)";
    const string Names = "VARCHAR[]";
    const string Vector = "deletionVector";
    const string Stats = "stats";
    const string ParsedStats = "stats_parsed";

    static readonly (string Path, string Type)[] vectorFields =
    [
        ($"{Vector}.storageType", Text), ($"{Vector}.pathOrInlineDv", Text), ($"{Vector}.offset", Number),
        ($"{Vector}.sizeInBytes", Number), ($"{Vector}.cardinality", Number),
    ];

    readonly (string Path, string Type)[] fields;
    readonly Func<CheckpointRows, int, LogAction> read;

    CheckpointQuery(string action, (string Path, string Type)[] fields, Func<CheckpointRows, int, LogAction> read)
    {
        (Action, this.fields, this.read) = (action, fields, read);
    }

    /// <summary>One for each kind of action that a checkpoint holds.</summary>
    public static IReadOnlyList<CheckpointQuery> All { get; } =
    [
        new("protocol",
            [("minReaderVersion", Number), ("minWriterVersion", Number), ("readerFeatures", Names), ("writerFeatures", Names)],
            static (rows, row) => new Protocol
            {
                MinReaderVersion = (int)(rows.Number(0, row) ?? 1),
                MinWriterVersion = (int)(rows.Number(1, row) ?? 1),
                ReaderFeatures = rows.List(2, row),
                WriterFeatures = rows.List(3, row),
            }),
        new("metaData",
            [
                ("id", Text), ("name", Text), ("description", Text), ("format.provider", Text), ("format.options", Map),
                ("schemaString", Text), ("partitionColumns", Names), ("configuration", Map), ("createdTime", Number),
            ],
            static (rows, row) => new Metadata
            {
                Id = rows.Text(0, row) ?? "",
                Name = rows.Text(1, row),
                Description = rows.Text(2, row),
                FormatProvider = rows.Text(3, row) ?? "parquet",
                FormatOptions = rows.Map(4, row) ?? StringMap.Empty,
                SchemaString = rows.Text(5, row) ?? "",
                PartitionColumns = rows.List(6, row) ?? StringList.Empty,
                Configuration = rows.Map(7, row) ?? StringMap.Empty,
                CreatedTimeMs = rows.Number(8, row),
            }),
        new("txn",
            [("appId", Text), ("version", Number), ("lastUpdated", Number)],
            static (rows, row) => new SetTransaction
            {
                AppId = rows.Text(0, row) ?? "",
                Version = rows.Number(1, row) ?? 0,
                LastUpdatedMs = rows.Number(2, row),
            }),
        new("domainMetadata",
            [("domain", Text), ("configuration", Text), ("removed", Flag)],
            static (rows, row) => new DomainMetadata
            {
                Domain = rows.Text(0, row) ?? "",
                Configuration = rows.Text(1, row) ?? "",
                IsRemoved = rows.Flag(2, row) ?? false,
            }),
        new("checkpointMetadata",
            [("version", Number), ("tags", Map)],
            static (rows, row) => new CheckpointMetadata { Version = rows.Number(0, row) ?? 0, Tags = rows.Map(1, row) }),
        new("sidecar",
            [("path", Text), ("sizeInBytes", Number), ("modificationTime", Number), ("tags", Map)],
            static (rows, row) => new SidecarFile
            {
                Path = FilePath.FromLog(rows.Text(0, row) ?? ""),
                SizeBytes = rows.Number(1, row) ?? 0,
                ModificationTimeMs = rows.Number(2, row) ?? 0,
                Tags = rows.Map(3, row),
            }),
        new("add",
            [
                ("path", Text), ("partitionValues", Map), ("size", Number), ("modificationTime", Number),
                ("dataChange", Flag), (Stats, Text), ("tags", Map), ("baseRowId", Number),
                ("defaultRowCommitVersion", Number), ("clusteringProvider", Text), .. vectorFields,
            ],
            static (rows, row) => new AddFile
            {
                Path = FilePath.FromLog(rows.Text(0, row) ?? ""),
                PartitionValues = rows.Map(1, row) ?? StringMap.Empty,
                SizeBytes = rows.Number(2, row) ?? 0,
                ModificationTimeMs = rows.Number(3, row) ?? 0,
                DataChange = rows.Flag(4, row) ?? false,
                Stats = rows.Json(5, row),
                Tags = rows.Map(6, row),
                BaseRowId = rows.Number(7, row),
                DefaultRowCommitVersion = rows.Number(8, row),
                ClusteringProvider = rows.Text(9, row),
                DeletionVector = ReadVector(rows, row, 10),
            }),
        new("remove",
            [
                ("path", Text), ("deletionTimestamp", Number), ("dataChange", Flag), ("extendedFileMetadata", Flag),
                ("partitionValues", Map), ("size", Number), ("baseRowId", Number), ("defaultRowCommitVersion", Number),
                .. vectorFields,
            ],
            static (rows, row) => new RemoveFile
            {
                Path = FilePath.FromLog(rows.Text(0, row) ?? ""),
                DeletionTimestampMs = rows.Number(1, row),
                DataChange = rows.Flag(2, row) ?? false,
                ExtendedFileMetadata = rows.Flag(3, row),
                PartitionValues = rows.Map(4, row),
                SizeBytes = rows.Number(5, row),
                BaseRowId = rows.Number(6, row),
                DefaultRowCommitVersion = rows.Number(7, row),
                DeletionVector = ReadVector(rows, row, 8),
            }),
    ];

    /// <summary>The columns of a checkpoint that Foz writes, with DuckDB's types of them.</summary>
    public static IReadOnlyList<(string Name, string Type)> WrittenColumns { get; } =
    [
        ("txn", $"STRUCT(appId {Text}, version {Number}, lastUpdated {Number})"),
        ("add", $"""
            STRUCT(path {Text}, partitionValues {Map}, size {Number}, modificationTime {Number}, dataChange {Flag},
            stats {Text}, tags {Map}, baseRowId {Number}, defaultRowCommitVersion {Number}, clusteringProvider {Text},
            deletionVector {WrittenVector})
            """),
        ("remove", $"""
            STRUCT(path {Text}, deletionTimestamp {Number}, dataChange {Flag}, extendedFileMetadata {Flag},
            partitionValues {Map}, size {Number}, baseRowId {Number}, defaultRowCommitVersion {Number},
            deletionVector {WrittenVector})
            """),
        ("metaData", $"""
            STRUCT(id {Text}, name {Text}, description {Text}, format STRUCT(provider {Text}, options {Map}),
            schemaString {Text}, partitionColumns {Names}, configuration {Map}, createdTime {Number})
            """),
        ("protocol", $"""
            STRUCT(minReaderVersion INTEGER, minWriterVersion INTEGER, readerFeatures {Names}, writerFeatures {Names})
            """),
        ("domainMetadata", $"STRUCT(domain {Text}, configuration {Text}, removed {Flag})"),
    ];

    /// <summary>The action's name: the checkpoint's column.</summary>
    public string Action { get; }

    const string WrittenVector =
        $"STRUCT(storageType {Text}, pathOrInlineDv {Text}, \"offset\" INTEGER, sizeInBytes INTEGER, cardinality {Number})";

    /// <summary>The SELECT that reads the actions of a file; fields that the file lacks are NULL.</summary>
    /// <param name="file">A local file.</param>
    /// <param name="type">The type of the action's column in it.</param>
    public string Sql(string file, LogicalType type)
    {
        var columns = fields.Select(field => Column(field.Path, field.Type, type));
        return $"""
            SELECT {string.Join(", ", columns)}
            FROM read_parquet({SqlText.Literal(file)}, hive_partitioning = false) WHERE {Quote(Action)} IS NOT NULL
            """;
    }

    /// <summary>The actions of rows that <see cref="Sql"/> gave.</summary>
    public IReadOnlyList<LogAction> Read(CheckpointRows rows)
    {
        var actions = new LogAction[rows.Count];
        for (var row = 0; row < actions.Length; row++) actions[row] = read(rows, row);
        return actions;
    }

    string Column(string path, string type, LogicalType actionType)
    {
        var value = Has(actionType, path) ? $"CAST({Quote($"{Action}.{path}")} AS {type})" : $"CAST(NULL AS {type})";
        return path == Stats && Has(actionType, ParsedStats)
            ? $"coalesce({value}, CAST(to_json({Quote($"{Action}.{ParsedStats}")}) AS {Text}))"
            : value;
    }

    static string Quote(string path) => string.Join('.', path.Split('.').Select(SqlText.Identifier));

    static bool Has(LogicalType? type, string path)
    {
        foreach (var name in path.Split('.'))
            type = type?.Fields.FirstOrDefault(field => field.Name == name).Type;
        return type is not null;
    }

    static DeletionVectorDescriptor? ReadVector(CheckpointRows rows, int row, int column) =>
        rows.Text(column, row) is { } storageType
            ? new()
            {
                StorageType = storageType[0],
                PathOrInlineDv = rows.Text(column + 1, row) ?? "",
                Offset = (int?)rows.Number(column + 2, row),
                SizeInBytes = (int)(rows.Number(column + 3, row) ?? 0),
                Cardinality = rows.Number(column + 4, row) ?? 0,
            }
            : null;
}
