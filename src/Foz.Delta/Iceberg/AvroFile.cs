using System.IO.Compression;
using System.Text;

namespace Foz.Delta.Iceberg;

/// <summary>
/// Files of Avro records (Apache Avro specification, "Object Container Files"), compressed by deflate.
/// </summary>
static class AvroFile
{
    const string SchemaKey = "avro.schema";
    const string CodecKey = "avro.codec";
    const string Deflate = "deflate";
    const int SyncLength = 16;
    const int BlockBytes = 64 << 10;

    /// <summary>Encodes a file.</summary>
    /// <param name="schema">The schema of a record, as JSON.</param>
    /// <param name="metadata">What the file says of itself.</param>
    /// <param name="records">The records.</param>
    /// <param name="write">Encodes one.</param>
    public static byte[] Write<T>(
        string schema, IEnumerable<KeyValuePair<string, string>> metadata, IEnumerable<T> records,
        Action<AvroWriter, T> write)
    {
        using var file = new MemoryStream();
        var sync = Guid.NewGuid().ToByteArray();
        var writer = new AvroWriter();
        List<KeyValuePair<string, string>> header = [new(SchemaKey, schema), new(CodecKey, Deflate), .. metadata];
        writer.WriteFixed("Obj\x01"u8);
        writer.WriteArray(header, pair =>
        {
            writer.WriteString(pair.Key);
            writer.WriteBytes(Encoding.UTF8.GetBytes(pair.Value));
        });
        writer.WriteFixed(sync);
        file.Write(writer.Written);
        writer.Clear();
        var count = 0;
        foreach (var record in records)
        {
            write(writer, record);
            count++;
            if (writer.Written.Length >= BlockBytes) WriteBlock(file, writer, ref count, sync);
        }
        if (count > 0) WriteBlock(file, writer, ref count, sync);
        return file.ToArray();
    }

    /// <summary>Decodes a file whose schema is known.</summary>
    /// <param name="file">The file.</param>
    /// <param name="schema">The schema that it must have, letter for letter.</param>
    /// <param name="read">Decodes one record.</param>
    /// <returns>The records; null where the file has another schema, or is damaged.</returns>
    public static List<T>? Read<T>(ReadOnlyMemory<byte> file, string schema, Func<AvroReader, T> read)
    {
        try
        {
            return ReadAll(file, schema, read);
        }
        catch (DeltaException fault) when (fault.Kind == DeltaErrorKind.Corrupt)
        {
            return null;
        }
    }

    static List<T>? ReadAll<T>(ReadOnlyMemory<byte> file, string schema, Func<AvroReader, T> read)
    {
        var reader = new AvroReader(file);
        if (!reader.ReadFixed(4).SequenceEqual("Obj\x01"u8)) throw AvroReader.Corrupt("another format");
        var metadata = reader.ReadArray(() => KeyValuePair.Create(reader.ReadString(), reader.ReadBytes()))
            .ToDictionary(pair => pair.Key, pair => Encoding.UTF8.GetString(pair.Value), StringComparer.Ordinal);
        var sync = reader.ReadFixed(SyncLength).ToArray();
        if (metadata.GetValueOrDefault(SchemaKey) != schema || metadata.GetValueOrDefault(CodecKey) != Deflate)
            return null;
        var records = new List<T>();
        while (!reader.IsAtEnd)
        {
            var count = reader.ReadLong();
            var block = new AvroReader(Inflate(reader.ReadBlock(reader.ReadLong())));
            for (; count > 0; count--) records.Add(read(block));
            if (!reader.ReadFixed(SyncLength).SequenceEqual(sync)) throw AvroReader.Corrupt("a block without its mark");
        }
        return records;
    }

    static void WriteBlock(MemoryStream file, AvroWriter writer, ref int count, byte[] sync)
    {
        using var packed = new MemoryStream();
        using (var deflate = new DeflateStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            deflate.Write(writer.Written);
        writer.Clear();
        writer.WriteLong(count);
        writer.WriteLong(packed.Length);
        writer.WriteFixed(packed.GetBuffer().AsSpan(0, (int)packed.Length));
        writer.WriteFixed(sync);
        file.Write(writer.Written);
        writer.Clear();
        count = 0;
    }

    static byte[] Inflate(ReadOnlyMemory<byte> packed)
    {
        try
        {
            using var source = new MemoryStream(packed.ToArray());
            using var inflate = new DeflateStream(source, CompressionMode.Decompress);
            using var plain = new MemoryStream();
            inflate.CopyTo(plain);
            return plain.ToArray();
        }
        catch (InvalidDataException fault)
        {
            throw new DeltaException(
                DeltaErrorKind.Corrupt, $"an Avro file cannot be decompressed: {fault.Message}", fault);
        }
    }
}
