using System.Text.Json;

namespace Foz.Delta.Log;

/// <summary>Reads the actions on the table as a whole from JSON; the reader is at the start of the action's
/// object.</summary>
static class TableActionReader
{
    public static Metadata Metadata(ref Utf8JsonReader reader, Utf8Pool pool, ReadOnlySpan<byte> input)
    {
        var metadata = new Metadata { Id = "", SchemaString = "" };
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = JsonFields.Name(ref reader);
            reader.Read();
            if (name.SequenceEqual("id"u8)) metadata = metadata with { Id = JsonFields.Text(ref reader) ?? "" };
            else if (name.SequenceEqual("name"u8)) metadata = metadata with { Name = JsonFields.Text(ref reader) };
            else if (name.SequenceEqual("description"u8))
                metadata = metadata with { Description = JsonFields.Text(ref reader) };
            else if (name.SequenceEqual("format"u8)) metadata = Format(metadata, ref reader, pool, input);
            else if (name.SequenceEqual("schemaString"u8))
                metadata = metadata with { SchemaString = JsonFields.Text(ref reader) ?? "" };
            else if (name.SequenceEqual("partitionColumns"u8))
                metadata = metadata with { PartitionColumns = JsonFields.List(ref reader) ?? StringList.Empty };
            else if (name.SequenceEqual("configuration"u8))
                metadata = metadata with
                {
                    Configuration = JsonFields.Map(ref reader, pool, input) ?? StringMap.Empty,
                };
            else if (name.SequenceEqual("createdTime"u8))
                metadata = metadata with { CreatedTimeMs = JsonFields.Long(ref reader) };
            else reader.Skip();
        }
        return metadata;
    }

    public static Protocol Protocol(ref Utf8JsonReader reader)
    {
        var (minReader, minWriter) = ((int?)null, (int?)null);
        StringList? readerFeatures = null, writerFeatures = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = JsonFields.Name(ref reader);
            reader.Read();
            if (name.SequenceEqual("minReaderVersion"u8)) minReader = JsonFields.Int(ref reader);
            else if (name.SequenceEqual("minWriterVersion"u8)) minWriter = JsonFields.Int(ref reader);
            else if (name.SequenceEqual("readerFeatures"u8)) readerFeatures = JsonFields.List(ref reader);
            else if (name.SequenceEqual("writerFeatures"u8)) writerFeatures = JsonFields.List(ref reader);
            else reader.Skip();
        }
        return new Protocol
        {
            MinReaderVersion = minReader ?? throw FileActionReader.Missing("protocol", "minReaderVersion"),
            MinWriterVersion = minWriter ?? throw FileActionReader.Missing("protocol", "minWriterVersion"),
            ReaderFeatures = readerFeatures,
            WriterFeatures = writerFeatures,
        };
    }

    public static SetTransaction Transaction(ref Utf8JsonReader reader)
    {
        string? appId = null;
        long? version = null, lastUpdated = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = JsonFields.Name(ref reader);
            reader.Read();
            if (name.SequenceEqual("appId"u8)) appId = JsonFields.Text(ref reader);
            else if (name.SequenceEqual("version"u8)) version = JsonFields.Long(ref reader);
            else if (name.SequenceEqual("lastUpdated"u8)) lastUpdated = JsonFields.Long(ref reader);
            else reader.Skip();
        }
        return new SetTransaction
        {
            AppId = appId ?? throw FileActionReader.Missing("txn", "appId"),
            Version = version ?? throw FileActionReader.Missing("txn", "version"),
            LastUpdatedMs = lastUpdated,
        };
    }

    public static DomainMetadata Domain(ref Utf8JsonReader reader)
    {
        string? domain = null, configuration = null;
        var isRemoved = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = JsonFields.Name(ref reader);
            reader.Read();
            if (name.SequenceEqual("domain"u8)) domain = JsonFields.Text(ref reader);
            else if (name.SequenceEqual("configuration"u8)) configuration = JsonFields.Text(ref reader);
            else if (name.SequenceEqual("removed"u8)) isRemoved = JsonFields.Flag(ref reader) ?? false;
            else reader.Skip();
        }
        return new DomainMetadata
        {
            Domain = domain ?? throw FileActionReader.Missing("domainMetadata", "domain"),
            Configuration = configuration ?? "",
            IsRemoved = isRemoved,
        };
    }

    public static CheckpointMetadata Checkpoint(ref Utf8JsonReader reader, Utf8Pool pool, ReadOnlySpan<byte> input)
    {
        long? version = null;
        StringMap? tags = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = JsonFields.Name(ref reader);
            reader.Read();
            if (name.SequenceEqual("version"u8)) version = JsonFields.Long(ref reader);
            else if (name.SequenceEqual("tags"u8)) tags = JsonFields.Map(ref reader, pool, input);
            else reader.Skip();
        }
        return new CheckpointMetadata
        {
            Version = version ?? throw FileActionReader.Missing("checkpointMetadata", "version"),
            Tags = tags,
        };
    }

    static Metadata Format(Metadata metadata, ref Utf8JsonReader reader, Utf8Pool pool, ReadOnlySpan<byte> input)
    {
        if (reader.TokenType == JsonTokenType.Null) return metadata;
        if (reader.TokenType != JsonTokenType.StartObject) throw JsonFields.Wrong(ref reader, "an object");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = JsonFields.Name(ref reader);
            reader.Read();
            if (name.SequenceEqual("provider"u8))
                metadata = metadata with { FormatProvider = JsonFields.Text(ref reader) ?? "parquet" };
            else if (name.SequenceEqual("options"u8))
                metadata = metadata with
                {
                    FormatOptions = JsonFields.Map(ref reader, pool, input) ?? StringMap.Empty,
                };
            else reader.Skip();
        }
        return metadata;
    }
}
