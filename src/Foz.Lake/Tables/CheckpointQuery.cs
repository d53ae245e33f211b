using System.Runtime.CompilerServices;
using Foz.Delta.DeletionVectors;
using Foz.Delta.Log;
using Foz.DuckDB;
using Foz.Lake.Sql;

namespace Foz.Lake.Tables;

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
    readonly Func<CheckpointRows, IReadOnlyList<LogAction>> read;

    CheckpointQuery(
        string action, (string Path, string Type)[] fields, Func<CheckpointRows, IReadOnlyList<LogAction>> read)
    {
        (Action, this.fields, this.read) = (action, fields, read);
    }

    CheckpointQuery(string action, (string Path, string Type)[] fields, Func<CheckpointRows, int, LogAction> read)
        : this(action, fields, rows => [.. Enumerable.Range(0, rows.Count).Select(row => read(rows, row))])
    {
    }

    /// <summary>One for each kind of action that a checkpoint holds.</summary>
    public static IReadOnlyList<CheckpointQuery> All { get; } =
    [
        new("protocol",
            [
                ("minReaderVersion", Number), ("minWriterVersion", Number), ("readerFeatures", Names),
                ("writerFeatures", Names),
            ],
            static (rows, row) => new Protocol
            {
                MinReaderVersion = (int)(rows[0].Number(row) ?? 1),
                MinWriterVersion = (int)(rows[1].Number(row) ?? 1),
                ReaderFeatures = rows[2].List(row),
                WriterFeatures = rows[3].List(row),
            }),
        new("metaData",
            [
                ("id", Text), ("name", Text), ("description", Text), ("format.provider", Text), ("format.options", Map),
                ("schemaString", Text), ("partitionColumns", Names), ("configuration", Map), ("createdTime", Number),
            ],
            static (rows, row) => new Metadata
            {
                Id = rows[0].Text(row) ?? "",
                Name = rows[1].Text(row),
                Description = rows[2].Text(row),
                FormatProvider = rows[3].Text(row) ?? "parquet",
                FormatOptions = rows[4].Map(row) ?? StringMap.Empty,
                SchemaString = rows[5].Text(row) ?? "",
                PartitionColumns = rows[6].List(row) ?? StringList.Empty,
                Configuration = rows[7].Map(row) ?? StringMap.Empty,
                CreatedTimeMs = rows[8].Number(row),
            }),
        new("txn",
            [("appId", Text), ("version", Number), ("lastUpdated", Number)],
            static (rows, row) => new SetTransaction
            {
                AppId = rows[0].Text(row) ?? "",
                Version = rows[1].Number(row) ?? 0,
                LastUpdatedMs = rows[2].Number(row),
            }),
        new("domainMetadata",
            [("domain", Text), ("configuration", Text), ("removed", Flag)],
            static (rows, row) => new DomainMetadata
            {
                Domain = rows[0].Text(row) ?? "",
                Configuration = rows[1].Text(row) ?? "",
                IsRemoved = rows[2].Flag(row) ?? false,
            }),
        new("checkpointMetadata",
            [("version", Number), ("tags", Map)],
            static (rows, row) =>
                new CheckpointMetadata { Version = rows[0].Number(row) ?? 0, Tags = rows[1].Map(row) }),
        new("sidecar",
            [("path", Text), ("sizeInBytes", Number), ("modificationTime", Number), ("tags", Map)],
            static (rows, row) => new SidecarFile
            {
                Path = FilePath.FromLog(rows[0].Text(row) ?? ""),
                SizeBytes = rows[1].Number(row) ?? 0,
                ModificationTimeMs = rows[2].Number(row) ?? 0,
                Tags = rows[3].Map(row),
            }),
        new("add",
            [
                ("path", Text), ("partitionValues", Map), ("size", Number), ("modificationTime", Number),
                ("dataChange", Flag), (Stats, Text), ("tags", Map), ("baseRowId", Number),
                ("defaultRowCommitVersion", Number), ("clusteringProvider", Text), .. vectorFields,
            ],
            ReadAdds),
        new("remove",
            [
                ("path", Text), ("deletionTimestamp", Number), ("dataChange", Flag), ("extendedFileMetadata", Flag),
                ("partitionValues", Map), ("size", Number), ("baseRowId", Number), ("defaultRowCommitVersion", Number),
                .. vectorFields,
            ],
            ReadRemoves),
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

    /// <summary>Whether there is one for each file.</summary>
    public bool IsOfFiles => Action is "add" or "remove";

    const string WrittenVector =
        $"STRUCT(storageType {Text}, pathOrInlineDv {Text}, \"offset\" INTEGER, sizeInBytes "
            + $"INTEGER, cardinality {Number})";

    /// <summary>The SELECT that reads the actions of a file; fields that the file lacks are NULL.</summary>
    /// <param name="file">A local file.</param>
    /// <param name="type">The type of the action's column in it.</param>
    public string Sql(string file, LogicalType type)
    {
        var columns = fields.Where(field => IsThere(field.Path, type))
            .Select(field => Column(field.Path, field.Type, type))
            .DefaultIfEmpty("NULL");
        // Every action has its first field, by whose statistics the scan skips parts without the action.
        var present = Has(type, fields[0].Path) ? $"{Action}.{fields[0].Path}" : Action;
        return $"""
            SELECT {string.Join(", ", columns)}
            FROM read_parquet({SqlText.Literal(file)}, hive_partitioning = false) WHERE {Quote(present)} IS NOT NULL
            """;
    }

    /// <summary>
    /// The columns of <see cref="Sql"/> by the number of the field that each is; negative for one that is not there.
    /// </summary>
    /// <param name="type">The type of the action's column in the file.</param>
    public int[] PlacesIn(LogicalType type)
    {
        var next = 0;
        return [.. fields.Select(field => IsThere(field.Path, type) ? next++ : -1)];
    }

    /// <summary>The actions of rows that <see cref="Sql"/> gave.</summary>
    public IReadOnlyList<LogAction> Read(CheckpointRows rows) => read(rows);

    static bool IsThere(string path, LogicalType actionType) =>
        Has(actionType, path) || (path == Stats && Has(actionType, ParsedStats));

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

    // For the first table of a process, precompiled code would be slower by what it does not inline of other
    // assemblies.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static AddFile[] ReadAdds(CheckpointRows rows)
    {
        var path = rows[0];
        var partitionValues = rows[1];
        var size = rows[2];
        var modificationTime = rows[3];
        var dataChange = rows[4];
        var stats = rows[5];
        var tags = rows[6];
        var baseRowId = rows[7];
        var rowCommitVersion = rows[8];
        var clusteringProvider = rows[9];
        var vectors = new VectorColumns(rows, 10);
        var files = new AddFile[rows.Count];
        for (var row = 0; row < files.Length; row++)
            files[row] = new AddFile
            {
                Path = FilePath.FromLog(path.UniqueText(row) ?? ""),
                PartitionValues = partitionValues.Map(row) ?? StringMap.Empty,
                SizeBytes = size.Number(row) ?? 0,
                ModificationTimeMs = modificationTime.Number(row) ?? 0,
                DataChange = dataChange.Flag(row) ?? false,
                Stats = stats.Json(row),
                Tags = tags.Map(row),
                BaseRowId = baseRowId.Number(row),
                DefaultRowCommitVersion = rowCommitVersion.Number(row),
                ClusteringProvider = clusteringProvider.Text(row),
                DeletionVector = vectors.Read(row),
            };
        return files;
    }

    static RemoveFile[] ReadRemoves(CheckpointRows rows)
    {
        var path = rows[0];
        var deletionTimestamp = rows[1];
        var dataChange = rows[2];
        var extendedFileMetadata = rows[3];
        var partitionValues = rows[4];
        var size = rows[5];
        var baseRowId = rows[6];
        var rowCommitVersion = rows[7];
        var vectors = new VectorColumns(rows, 8);
        var files = new RemoveFile[rows.Count];
        for (var row = 0; row < files.Length; row++)
            files[row] = new RemoveFile
            {
                Path = FilePath.FromLog(path.UniqueText(row) ?? ""),
                DeletionTimestampMs = deletionTimestamp.Number(row),
                DataChange = dataChange.Flag(row) ?? false,
                ExtendedFileMetadata = extendedFileMetadata.Flag(row),
                PartitionValues = partitionValues.Map(row),
                SizeBytes = size.Number(row),
                BaseRowId = baseRowId.Number(row),
                DefaultRowCommitVersion = rowCommitVersion.Number(row),
                DeletionVector = vectors.Read(row),
            };
        return files;
    }

    /// <summary>The columns of <see cref="vectorFields"/>.</summary>
    readonly ref struct VectorColumns(CheckpointRows rows, int first)
    {
        readonly CheckpointColumn storageType = rows[first];
        readonly CheckpointColumn pathOrInlineDv = rows[first + 1];
        readonly CheckpointColumn offset = rows[first + 2];
        readonly CheckpointColumn sizeInBytes = rows[first + 3];
        readonly CheckpointColumn cardinality = rows[first + 4];

        public DeletionVectorDescriptor? Read(int row) => storageType.Text(row) is { } type
            ? new()
            {
                StorageType = type[0],
                PathOrInlineDv = pathOrInlineDv.UniqueText(row) ?? "",
                Offset = (int?)offset.Number(row),
                SizeInBytes = (int)(sizeInBytes.Number(row) ?? 0),
                Cardinality = cardinality.Number(row) ?? 0,
            }
            : null;
    }
}
