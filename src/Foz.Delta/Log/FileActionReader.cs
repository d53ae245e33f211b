using System.Text.Json;
using Foz.Delta.DeletionVectors;

namespace Foz.Delta.Log;

/// <summary>Reads the actions on files from JSON; the reader is at the start of the action's object.</summary>
static class FileActionReader
{
    public static AddFile Add(ref Utf8JsonReader reader, Utf8Pool pool, ReadOnlySpan<byte> input)
    {
        var fields = Fields.Read(ref reader, pool, input);
        return new AddFile
        {
            Path = fields.RequiredPath("add"),
            PartitionValues = fields.PartitionValues ?? StringMap.Empty,
            SizeBytes = fields.Size ?? throw Missing("add", "size"),
            ModificationTimeMs = fields.ModificationTime ?? 0,
            DataChange = fields.DataChange ?? true,
            Stats = fields.Stats,
            Tags = fields.Tags,
            DeletionVector = fields.DeletionVector,
            BaseRowId = fields.BaseRowId,
            DefaultRowCommitVersion = fields.DefaultRowCommitVersion,
            ClusteringProvider = fields.ClusteringProvider,
        };
    }

    public static RemoveFile Remove(ref Utf8JsonReader reader, Utf8Pool pool, ReadOnlySpan<byte> input)
    {
        var fields = Fields.Read(ref reader, pool, input);
        return new RemoveFile
        {
            Path = fields.RequiredPath("remove"),
            DeletionTimestampMs = fields.DeletionTimestamp,
            DataChange = fields.DataChange ?? true,
            ExtendedFileMetadata = fields.ExtendedFileMetadata,
            PartitionValues = fields.PartitionValues,
            SizeBytes = fields.Size,
            Stats = fields.Stats,
            Tags = fields.Tags,
            DeletionVector = fields.DeletionVector,
            BaseRowId = fields.BaseRowId,
            DefaultRowCommitVersion = fields.DefaultRowCommitVersion,
        };
    }

    public static AddCdcFile Cdc(ref Utf8JsonReader reader, Utf8Pool pool, ReadOnlySpan<byte> input)
    {
        var fields = Fields.Read(ref reader, pool, input);
        return new AddCdcFile
        {
            Path = fields.RequiredPath("cdc"),
            PartitionValues = fields.PartitionValues ?? StringMap.Empty,
            SizeBytes = fields.Size ?? throw Missing("cdc", "size"),
            Tags = fields.Tags,
        };
    }

    public static SidecarFile Sidecar(ref Utf8JsonReader reader, Utf8Pool pool, ReadOnlySpan<byte> input)
    {
        var fields = Fields.Read(ref reader, pool, input);
        return new SidecarFile
        {
            Path = fields.RequiredPath("sidecar"),
            SizeBytes = fields.Size ?? 0,
            ModificationTimeMs = fields.ModificationTime ?? 0,
            Tags = fields.Tags,
        };
    }

    /// <summary>The fault of an action that lacks what the protocol requires.</summary>
    public static JsonException Missing(string action, string field) => new($"an action '{action}' has no '{field}'");

    /// <summary>The fields of all actions on files: what one has no use for stays null.</summary>
    ref struct Fields
    {
        public string? Path;
        public StringMap? PartitionValues;
        public long? Size;
        public long? ModificationTime;
        public long? DeletionTimestamp;
        public bool? DataChange;
        public bool? ExtendedFileMetadata;
        public JsonText Stats;
        public StringMap? Tags;
        public DeletionVectorDescriptor? DeletionVector;
        public long? BaseRowId;
        public long? DefaultRowCommitVersion;
        public string? ClusteringProvider;

        public readonly FilePath RequiredPath(string action) =>
            string.IsNullOrEmpty(Path) ? throw Missing(action, "path") : FilePath.FromLog(Path);

        public static Fields Read(ref Utf8JsonReader reader, Utf8Pool pool, ReadOnlySpan<byte> input)
        {
            var fields = default(Fields);
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
                fields.ReadOne(ref reader, pool, input);
            return fields;
        }

        void ReadOne(ref Utf8JsonReader reader, Utf8Pool pool, ReadOnlySpan<byte> input)
        {
            var name = JsonFields.Name(ref reader);
            reader.Read();
            if (name.SequenceEqual("path"u8)) Path = JsonFields.Text(ref reader);
            else if (name.SequenceEqual("partitionValues"u8))
                PartitionValues = JsonFields.Map(ref reader, pool, input);
            else if (name.SequenceEqual("size"u8) || name.SequenceEqual("sizeInBytes"u8))
                Size = JsonFields.Long(ref reader);
            else if (name.SequenceEqual("modificationTime"u8)) ModificationTime = JsonFields.Long(ref reader);
            else if (name.SequenceEqual("dataChange"u8)) DataChange = JsonFields.Flag(ref reader);
            else if (name.SequenceEqual("stats"u8)) Stats = JsonFields.Json(ref reader, pool, input);
            else if (name.SequenceEqual("tags"u8)) Tags = JsonFields.Map(ref reader, pool, input);
            else if (name.SequenceEqual("deletionTimestamp"u8)) DeletionTimestamp = JsonFields.Long(ref reader);
            else if (name.SequenceEqual("extendedFileMetadata"u8))
                ExtendedFileMetadata = JsonFields.Flag(ref reader);
            else if (name.SequenceEqual("deletionVector"u8)) DeletionVector = Vector(ref reader, pool);
            else if (name.SequenceEqual("baseRowId"u8)) BaseRowId = JsonFields.Long(ref reader);
            else if (name.SequenceEqual("defaultRowCommitVersion"u8))
                DefaultRowCommitVersion = JsonFields.Long(ref reader);
            else if (name.SequenceEqual("clusteringProvider"u8))
                ClusteringProvider = JsonFields.PooledText(ref reader, pool);
            else reader.Skip();
        }
    }

    static DeletionVectorDescriptor? Vector(ref Utf8JsonReader reader, Utf8Pool pool)
    {
        if (reader.TokenType == JsonTokenType.Null) return null;
        if (reader.TokenType != JsonTokenType.StartObject) throw JsonFields.Wrong(ref reader, "an object");
        var (type, path, offset, size, cardinality) =
            ((string?)null, (string?)null, (int?)null, (int?)null, (long?)null);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = JsonFields.Name(ref reader);
            reader.Read();
            if (name.SequenceEqual("storageType"u8)) type = JsonFields.PooledText(ref reader, pool);
            else if (name.SequenceEqual("pathOrInlineDv"u8)) path = JsonFields.Text(ref reader);
            else if (name.SequenceEqual("offset"u8)) offset = JsonFields.Int(ref reader);
            else if (name.SequenceEqual("sizeInBytes"u8)) size = JsonFields.Int(ref reader);
            else if (name.SequenceEqual("cardinality"u8)) cardinality = JsonFields.Long(ref reader);
            else reader.Skip();
        }
        return new DeletionVectorDescriptor
        {
            StorageType = type is [var only] ? only : throw Missing("deletionVector", "storageType"),
            PathOrInlineDv = path ?? throw Missing("deletionVector", "pathOrInlineDv"),
            Offset = offset,
            SizeInBytes = size ?? throw Missing("deletionVector", "sizeInBytes"),
            Cardinality = cardinality ?? throw Missing("deletionVector", "cardinality"),
        };
    }
}
