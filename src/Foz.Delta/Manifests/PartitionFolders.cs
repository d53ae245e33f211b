using System.Buffers;
using System.Globalization;
using System.Text;
using Foz.Delta.Log;
using Foz.Delta.Scans;
using Foz.Delta.Schema;
using Foz.Delta.Snapshots;

namespace Foz.Delta.Manifests;

/// <summary>The folders <c>column=value</c> of partitions, as Hive names them.</summary>
sealed class PartitionFolders
{
    const string Null = "__HIVE_DEFAULT_PARTITION__";

    // What Hive writes as %XX, besides control characters.
    static readonly SearchValues<char> escaped = SearchValues.Create("\"#%'*/:=?\\{[]^\u007F");

    readonly TableSchema schema;

    /// <summary>The folders of a table.</summary>
    /// <exception cref="DeltaException"><see cref="DeltaErrorKind.Refused"/>: files have columns under other names than
    /// the table, by which alone their readers find them.</exception>
    public PartitionFolders(Snapshot snapshot)
    {
        schema = snapshot.TableSchema;
        foreach (var field in schema.DataColumns)
            if (field.PhysicalName(schema.Mapping) != field.Name)
                throw new DeltaException(DeltaErrorKind.Refused,
                    $"{snapshot.Table} can have no manifests: its files hold column {field.Name} under another name "
                    + "(column mapping), and their readers find columns by name");
    }

    /// <summary>The folder of partition values, relative; empty for a table without partitions.</summary>
    public string PathOf(StringMap values) => string.Join('/', schema.PartitionColumns.Select(column =>
        $"{Escape(column.Name)}={Text(values.Find(column.PhysicalName(schema.Mapping)), column.Type)}"));

    /// <summary>Files by their folders.</summary>
    public IEnumerable<(string Path, IEnumerable<AddFile> Files)> Group(IEnumerable<AddFile> files) =>
        files.GroupBy(file => PathOf(file.PartitionValues), StringComparer.Ordinal)
            .Select(group => (group.Key, (IEnumerable<AddFile>)group));

    static string Text(string? logged, DeltaType type)
    {
        if (string.IsNullOrEmpty(logged)) return Null;
        // Hive writes times with a blank and without a zone.
        if (type is PrimitiveType { Kind: PrimitiveKind.Timestamp } && PartitionValue.Parse(logged, type) is { } value)
            logged = PartitionValue.Format(value, DeltaType.TimestampNtz)!;
        return Escape(logged);
    }

    static string Escape(string text)
    {
        var path = new StringBuilder(text.Length + 8);
        foreach (var c in text)
            if (char.IsControl(c) && c < ' ' || escaped.Contains(c))
                path.Append('%').Append(((int)c).ToString("X2", CultureInfo.InvariantCulture));
            else path.Append(c);
        return path.ToString();
    }
}
