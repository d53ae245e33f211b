using System.Security.Cryptography;
using Foz.Lake.Data;
using Foz.Pipelines.Projects.Parsing;
using Foz.Storage;

namespace Foz.Pipelines.Runs.Models;

/// <summary>The stamps of the objects of a table or view.</summary>
/// <param name="Name">Its name in the lake.</param>
/// <param name="Location">Its folder; empty of a view.</param>
/// <param name="Catalog">The stamp of the object that defines the name.</param>
/// <param name="Steps">The stamp of the folder of its step's manifests.</param>
/// <param name="Log">The stamp of the folder of its log; none for a view.</param>
sealed record TableStamps(TableName Name, string Location, FileStamp Catalog, FileStamp Steps, FileStamp Log)
{
    /// <summary>Whether all of them last changed before an instant.</summary>
    public bool AreOlderThan(DateTimeOffset instant) =>
        Catalog.IsOlderThan(instant) && Steps.IsOlderThan(instant) && Log.IsOlderThan(instant);
}

/// <summary>A model that had nothing to do.</summary>
/// <param name="Definition">A hash of its definition.</param>
/// <param name="IsUnchanged">Whether that is known to be what its table was made from.</param>
/// <param name="Seen">What was seen, itself first, as indexes of <see cref="UpToDateFile.Tables"/>.</param>
sealed record UpToDateStep(TextHash Definition, bool IsUnchanged, int[] Seen);

/// <summary>
/// What <see cref="UpToDateCache"/> keeps, as a file: version of Foz, hash of the rest, tables, steps.
/// </summary>
sealed class UpToDateFile
{
    const int VersionBytes = 16;

    /// <summary>Another build of Foz may decide otherwise.</summary>
    static readonly byte[] Version = typeof(UpToDateFile).Module.ModuleVersionId.ToByteArray();

    readonly Dictionary<TableName, int> indexes = [];
    readonly List<TableStamps> tables = [];
    readonly Dictionary<TableName, UpToDateStep> steps = [];

    /// <summary>Nothing.</summary>
    public static UpToDateFile Empty { get; } = new();

    /// <summary>What was seen.</summary>
    public IReadOnlyList<TableStamps> Tables => tables;

    /// <summary>The models that had nothing to do, by the names of their tables.</summary>
    public IReadOnlyDictionary<TableName, UpToDateStep> Steps => steps;

    /// <summary>Adds a model; of a table that is there already the stamps stay.</summary>
    public void Add(TableName table, TextHash definition, bool isUnchanged, IReadOnlyList<TableStamps> seen)
    {
        var own = new int[seen.Count];
        for (var i = 0; i < own.Length; i++)
        {
            if (!indexes.TryGetValue(seen[i].Name, out own[i]))
            {
                indexes[seen[i].Name] = own[i] = tables.Count;
                tables.Add(seen[i]);
            }
            // It was seen otherwise in between.
            else if (tables[own[i]] != seen[i]) return;
        }
        steps[table] = new(definition, isUnchanged, own);
    }

    /// <summary>Reads a file; empty where there is none, or another Foz wrote it, or it is damaged.</summary>
    public static UpToDateFile Read(string path)
    {
        try
        {
            if (!File.Exists(path)) return Empty;
            var bytes = File.ReadAllBytes(path);
            const int head = VersionBytes + SHA256.HashSizeInBytes;
            if (bytes.Length < head || !bytes.AsSpan().StartsWith(Version)
                || !SHA256.HashData(bytes.AsSpan(head)).AsSpan()
                    .SequenceEqual(bytes.AsSpan(VersionBytes, SHA256.HashSizeInBytes)))
                return Empty;
            using var reader = new BinaryReader(new MemoryStream(bytes, head, bytes.Length - head, writable: false));
            return Read(reader);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // All is looked at.
            return Empty;
        }
    }

    /// <summary>Writes the file in the place of the one that is there.</summary>
    public void Write(string path)
    {
        using var content = new MemoryStream();
        content.Write(Version);
        content.Write(new byte[SHA256.HashSizeInBytes]);
        using (var writer = new BinaryWriter(content, System.Text.Encoding.UTF8, leaveOpen: true)) Write(writer);
        var bytes = content.ToArray();
        SHA256.HashData(bytes.AsSpan(VersionBytes + SHA256.HashSizeInBytes), bytes.AsSpan(VersionBytes));
        var temporary = $"{path}.{Guid.NewGuid():N}";
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            try
            {
                File.WriteAllBytes(temporary, bytes);
                File.Move(temporary, path, overwrite: true);
            }
            finally
            {
                File.Delete(temporary);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A full or foreign disk costs the next start its time, and nothing else.
        }
    }

    static UpToDateFile Read(BinaryReader reader)
    {
        var file = new UpToDateFile();
        for (var count = reader.ReadInt32(); count > 0; count--)
        {
            var table = new TableStamps(
                new(reader.ReadString(), reader.ReadString()), reader.ReadString(), ReadStamp(reader),
                ReadStamp(reader), ReadStamp(reader));
            file.indexes[table.Name] = file.tables.Count;
            file.tables.Add(table);
        }
        for (var count = reader.ReadInt32(); count > 0; count--)
        {
            var definition = new TextHash(reader.ReadUInt64(), reader.ReadUInt64());
            var isUnchanged = reader.ReadBoolean();
            var seen = new int[reader.Read7BitEncodedInt()];
            for (var i = 0; i < seen.Length; i++) seen[i] = reader.Read7BitEncodedInt();
            file.steps[file.tables[seen[0]].Name] = new(definition, isUnchanged, seen);
        }
        return file;
    }

    void Write(BinaryWriter writer)
    {
        writer.Write(tables.Count);
        foreach (var table in tables)
        {
            writer.Write(table.Name.Schema);
            writer.Write(table.Name.Name);
            writer.Write(table.Location);
            Write(writer, table.Catalog);
            Write(writer, table.Steps);
            Write(writer, table.Log);
        }
        writer.Write(steps.Count);
        foreach (var step in steps.Values)
        {
            writer.Write(step.Definition.Low);
            writer.Write(step.Definition.High);
            writer.Write(step.IsUnchanged);
            writer.Write7BitEncodedInt(step.Seen.Length);
            foreach (var index in step.Seen) writer.Write7BitEncodedInt(index);
        }
    }

    static FileStamp ReadStamp(BinaryReader reader) =>
        new(reader.ReadUInt64(), reader.ReadUInt64(), reader.ReadInt64(), reader.ReadInt64(), reader.ReadInt64());

    static void Write(BinaryWriter writer, FileStamp stamp)
    {
        writer.Write(stamp.Device);
        writer.Write(stamp.Inode);
        writer.Write(stamp.SizeBytes);
        writer.Write(stamp.ModifiedNs);
        writer.Write(stamp.ChangedNs);
    }
}
