using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Foz.Delta.DeletionVectors;

namespace Foz.Delta.Log;

/// <summary>Writes actions as JSON, one per line (PROTOCOL.md, "Actions").</summary>
public static class ActionWriter
{
    // A log is no web page: text stays readable, and statistics, which are JSON in a string, stay short.
    static readonly JsonWriterOptions options = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    /// <summary>The content of a commit file with these actions in this order.</summary>
    /// <exception cref="ArgumentException">
    /// There are no actions: readers would take the file for a torn one.
    /// </exception>
    public static ReadOnlyMemory<byte> Write(IEnumerable<LogAction> actions)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using var json = new Utf8JsonWriter(buffer, options);
        foreach (var action in actions)
        {
            json.WriteStartObject();
            Write(json, action);
            json.WriteEndObject();
            json.Flush();
            json.Reset();
            buffer.Write("\n"u8);
        }
        if (buffer.WrittenCount == 0) throw new ArgumentException("a commit has at least one action", nameof(actions));
        return buffer.WrittenMemory;
    }

    /// <summary>Writes the fields of an action as a property of the object that is being written.</summary>
    internal static void Write(Utf8JsonWriter json, ReadOnlySpan<byte> name, LogAction action)
    {
        json.WriteStartObject(name);
        WriteFields(json, action);
        json.WriteEndObject();
    }

    static void Write(Utf8JsonWriter json, LogAction action) => Write(
        json,
        action switch
        {
            AddFile => "add"u8,
            RemoveFile => "remove"u8,
            AddCdcFile => "cdc"u8,
            Log.Metadata => "metaData"u8,
            Log.Protocol => "protocol"u8,
            SetTransaction => "txn"u8,
            Log.CommitInfo => "commitInfo"u8,
            DomainMetadata => "domainMetadata"u8,
            CheckpointMetadata => "checkpointMetadata"u8,
            _ => "sidecar"u8,
        },
        action);

    static void WriteFields(Utf8JsonWriter json, LogAction action)
    {
        switch (action)
        {
            case AddFile add: Add(json, add); break;
            case RemoveFile remove: Remove(json, remove); break;
            case AddCdcFile cdc: Cdc(json, cdc); break;
            case Metadata metadata: Metadata(json, metadata); break;
            case Protocol protocol: Protocol(json, protocol); break;
            case SetTransaction transaction:
                json.WriteString("appId"u8, transaction.AppId);
                json.WriteNumber("version"u8, transaction.Version);
                Number(json, "lastUpdated"u8, transaction.LastUpdatedMs);
                break;
            case CommitInfo info: CommitInfo(json, info); break;
            case DomainMetadata domain:
                json.WriteString("domain"u8, domain.Domain);
                json.WriteString("configuration"u8, domain.Configuration);
                json.WriteBoolean("removed"u8, domain.IsRemoved);
                break;
            case CheckpointMetadata checkpoint:
                json.WriteNumber("version"u8, checkpoint.Version);
                Map(json, "tags"u8, checkpoint.Tags);
                break;
            case SidecarFile sidecar:
                json.WriteString("path"u8, sidecar.Path.Logged);
                json.WriteNumber("sizeInBytes"u8, sidecar.SizeBytes);
                json.WriteNumber("modificationTime"u8, sidecar.ModificationTimeMs);
                Map(json, "tags"u8, sidecar.Tags);
                break;
        }
    }

    static void Add(Utf8JsonWriter json, AddFile add)
    {
        json.WriteString("path"u8, add.Path.Logged);
        Map(json, "partitionValues"u8, add.PartitionValues);
        json.WriteNumber("size"u8, add.SizeBytes);
        json.WriteNumber("modificationTime"u8, add.ModificationTimeMs);
        FileFields(json, add);
        Text(json, "clusteringProvider"u8, add.ClusteringProvider);
    }

    static void Remove(Utf8JsonWriter json, RemoveFile remove)
    {
        json.WriteString("path"u8, remove.Path.Logged);
        Number(json, "deletionTimestamp"u8, remove.DeletionTimestampMs);
        if (remove.ExtendedFileMetadata is { } extended) json.WriteBoolean("extendedFileMetadata"u8, extended);
        Map(json, "partitionValues"u8, remove.PartitionValues);
        Number(json, "size"u8, remove.SizeBytes);
        FileFields(json, remove);
    }

    static void FileFields(Utf8JsonWriter json, FileAction file)
    {
        json.WriteBoolean("dataChange"u8, file.DataChange);
        if (!file.Stats.IsNone) json.WriteString("stats"u8, file.Stats.Utf8.Span);
        Map(json, "tags"u8, file.Tags);
        if (file.DeletionVector is { } vector) Vector(json, vector);
        Number(json, "baseRowId"u8, file.BaseRowId);
        Number(json, "defaultRowCommitVersion"u8, file.DefaultRowCommitVersion);
    }

    static void Vector(Utf8JsonWriter json, DeletionVectorDescriptor vector)
    {
        json.WriteStartObject("deletionVector"u8);
        json.WriteString("storageType"u8, [vector.StorageType]);
        json.WriteString("pathOrInlineDv"u8, vector.PathOrInlineDv);
        Number(json, "offset"u8, vector.Offset);
        json.WriteNumber("sizeInBytes"u8, vector.SizeInBytes);
        json.WriteNumber("cardinality"u8, vector.Cardinality);
        json.WriteEndObject();
    }

    static void Cdc(Utf8JsonWriter json, AddCdcFile cdc)
    {
        json.WriteString("path"u8, cdc.Path.Logged);
        Map(json, "partitionValues"u8, cdc.PartitionValues);
        json.WriteNumber("size"u8, cdc.SizeBytes);
        json.WriteBoolean("dataChange"u8, false);
        Map(json, "tags"u8, cdc.Tags);
    }

    static void Metadata(Utf8JsonWriter json, Metadata metadata)
    {
        json.WriteString("id"u8, metadata.Id);
        Text(json, "name"u8, metadata.Name);
        Text(json, "description"u8, metadata.Description);
        json.WriteStartObject("format"u8);
        json.WriteString("provider"u8, metadata.FormatProvider);
        Map(json, "options"u8, metadata.FormatOptions);
        json.WriteEndObject();
        json.WriteString("schemaString"u8, metadata.SchemaString);
        List(json, "partitionColumns"u8, metadata.PartitionColumns);
        Map(json, "configuration"u8, metadata.Configuration);
        Number(json, "createdTime"u8, metadata.CreatedTimeMs);
    }

    static void Protocol(Utf8JsonWriter json, Protocol protocol)
    {
        json.WriteNumber("minReaderVersion"u8, protocol.MinReaderVersion);
        json.WriteNumber("minWriterVersion"u8, protocol.MinWriterVersion);
        List(json, "readerFeatures"u8, protocol.ReaderFeatures);
        List(json, "writerFeatures"u8, protocol.WriterFeatures);
    }

    static void CommitInfo(Utf8JsonWriter json, CommitInfo info)
    {
        // First, so that readers find it without the rest of the line.
        Number(json, "inCommitTimestamp"u8, info.InCommitTimestampMs);
        Number(json, "timestamp"u8, info.TimestampMs);
        Text(json, "userName"u8, info.UserName);
        Text(json, "operation"u8, info.Operation);
        Map(json, "operationParameters"u8, info.OperationParameters);
        Number(json, "readVersion"u8, info.ReadVersion);
        Text(json, "isolationLevel"u8, info.IsolationLevel);
        if (info.IsBlindAppend is { } isBlindAppend) json.WriteBoolean("isBlindAppend"u8, isBlindAppend);
        if (info.OperationMetrics.Count > 0) Map(json, "operationMetrics"u8, info.OperationMetrics);
        Text(json, "userMetadata"u8, info.UserMetadata);
        Map(json, "tags"u8, info.Tags);
        Text(json, "engineInfo"u8, info.EngineInfo);
        Text(json, "txnId"u8, info.TransactionId);
    }

    static void Text(Utf8JsonWriter json, ReadOnlySpan<byte> name, string? value)
    {
        if (value is not null) json.WriteString(name, value);
    }

    static void Number(Utf8JsonWriter json, ReadOnlySpan<byte> name, long? value)
    {
        if (value is { } number) json.WriteNumber(name, number);
    }

    static void Map(Utf8JsonWriter json, ReadOnlySpan<byte> name, StringMap? map)
    {
        if (map is null) return;
        json.WriteStartObject(name);
        foreach (var (key, value) in map) json.WriteString(key, value);
        json.WriteEndObject();
    }

    static void List(Utf8JsonWriter json, ReadOnlySpan<byte> name, StringList? list)
    {
        if (list is null) return;
        json.WriteStartArray(name);
        foreach (var item in list) json.WriteStringValue(item);
        json.WriteEndArray();
    }
}
