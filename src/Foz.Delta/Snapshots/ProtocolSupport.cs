using Foz.Delta.Log;

namespace Foz.Delta.Snapshots;

/// <summary>Whether this library may read or write a table, by its protocol and features (PROTOCOL.md, "Table
/// Features").</summary>
static class ProtocolSupport
{
    /// <summary>Refuses a table that a reader cannot understand.</summary>
    /// <exception cref="DeltaException">A version or feature is not supported (<see
    /// cref="DeltaErrorKind.Unsupported"/>), or the protocol contradicts itself.</exception>
    public static void CheckReadable(Protocol protocol, string table)
    {
        if (protocol.MinReaderVersion > Protocol.ReaderVersionWithFeatures)
            throw Unsupported($"cannot read {table}: it needs reader version {protocol.MinReaderVersion}, "
                + $"and {Protocol.ReaderVersionWithFeatures} is the newest supported");
        if (protocol is { MinReaderVersion: Protocol.ReaderVersionWithFeatures, ReaderFeatures: null })
            throw new DeltaException(DeltaErrorKind.Corrupt,
                $"the protocol of {table} has reader version {protocol.MinReaderVersion} without readerFeatures");
        var refused = protocol.AllReaderFeatures.Where(name => TableFeature.Find(name) is not { CanRead: true })
            .ToList();
        if (Names(refused) is not { } names) return;
        var advice = refused.Select(name => TableFeature.Find(name)?.Advice).FirstOrDefault(text => text is not null);
        throw Unsupported($"cannot read {table}: it uses table features that are not supported: {names}"
            + (advice is null ? "" : $" ({advice})"));
    }

    /// <summary>Refuses a table that a writer could break.</summary>
    /// <exception cref="DeltaException">A version or feature is not supported (<see
    /// cref="DeltaErrorKind.Unsupported"/>), or the protocol contradicts itself.</exception>
    public static void CheckWritable(Protocol protocol, Metadata metadata, string table)
    {
        CheckReadable(protocol, table);
        if (protocol.MinWriterVersion > Protocol.WriterVersionWithFeatures)
            throw Unsupported($"cannot write {table}: it needs writer version {protocol.MinWriterVersion}, "
                + $"and {Protocol.WriterVersionWithFeatures} is the newest supported");
        if (protocol is { MinWriterVersion: Protocol.WriterVersionWithFeatures, WriterFeatures: null })
            throw new DeltaException(DeltaErrorKind.Corrupt,
                $"the protocol of {table} has writer version {protocol.MinWriterVersion} without writerFeatures");
        var needed = protocol.AllWriterFeatures.Union(protocol.AllReaderFeatures);
        if (Names(needed.Where(name => !CanWrite(TableFeature.Find(name), metadata))) is { } names)
            throw Unsupported($"cannot write {table}: it uses table features that are not supported: {names}");
    }

    static bool CanWrite(TableFeature? feature, Metadata metadata) =>
        feature is { CanWrite: true } && feature.ActiveWhen?.Invoke(metadata) != true;

    static string? Names(IEnumerable<string> features)
    {
        var names = string.Join(", ", features.Order(StringComparer.Ordinal));
        return names.Length == 0 ? null : names;
    }

    static DeltaException Unsupported(string message) => new(DeltaErrorKind.Unsupported, message);
}
