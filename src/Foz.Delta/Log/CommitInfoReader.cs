using System.Text.Json;

namespace Foz.Delta.Log;

/// <summary>Reads the action <c>commitInfo</c> from JSON. Nothing in it is required and writers put anything there, so
/// fields of unexpected types are left out instead of refused.</summary>
static class CommitInfoReader
{
    public static CommitInfo Read(ref Utf8JsonReader reader, Utf8Pool pool, ReadOnlySpan<byte> input)
    {
        var info = new CommitInfo();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = JsonFields.Name(ref reader);
            reader.Read();
            info = reader.TokenType switch
            {
                JsonTokenType.String => WithText(info, name, reader.GetString()!),
                JsonTokenType.Number => WithNumber(info, name, ref reader),
                JsonTokenType.True or JsonTokenType.False when name.SequenceEqual("isBlindAppend"u8) =>
                    info with { IsBlindAppend = reader.GetBoolean() },
                JsonTokenType.StartObject when name.SequenceEqual("operationParameters"u8) =>
                    info with { OperationParameters = JsonFields.Map(ref reader, pool, input)! },
                JsonTokenType.StartObject when name.SequenceEqual("tags"u8) =>
                    info with { Tags = JsonFields.Map(ref reader, pool, input) },
                JsonTokenType.StartObject when name.SequenceEqual("operationMetrics"u8) =>
                    info with { OperationMetrics = JsonFields.Map(ref reader, pool, input)! },
                _ => info,
            };
            reader.Skip();
        }
        return info;
    }

    static CommitInfo WithText(CommitInfo info, ReadOnlySpan<byte> name, string value)
    {
        if (name.SequenceEqual("operation"u8)) return info with { Operation = value };
        if (name.SequenceEqual("isolationLevel"u8)) return info with { IsolationLevel = value };
        if (name.SequenceEqual("engineInfo"u8)) return info with { EngineInfo = value };
        if (name.SequenceEqual("userMetadata"u8)) return info with { UserMetadata = value };
        if (name.SequenceEqual("userName"u8)) return info with { UserName = value };
        return name.SequenceEqual("txnId"u8) ? info with { TransactionId = value } : info;
    }

    static CommitInfo WithNumber(CommitInfo info, scoped ReadOnlySpan<byte> name, ref Utf8JsonReader reader)
    {
        if (!reader.TryGetInt64(out var value)) return info;
        if (name.SequenceEqual("timestamp"u8)) return info with { TimestampMs = value };
        if (name.SequenceEqual("inCommitTimestamp"u8)) return info with { InCommitTimestampMs = value };
        return name.SequenceEqual("readVersion"u8) ? info with { ReadVersion = value } : info;
    }
}
