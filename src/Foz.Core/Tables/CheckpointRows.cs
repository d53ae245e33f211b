using System.Runtime.InteropServices;
using Foz.Delta.Log;
using Foz.DuckDB;

namespace Foz.Core.Tables;

/// <summary>The rows of a chunk of checkpoint columns, as the log's values.</summary>
/// <param name="chunk">The chunk.</param>
/// <param name="pool">Keeps texts that repeat once.</param>
sealed class CheckpointRows(DataChunk chunk, Utf8Pool pool)
{
    readonly List<string> keys = [];
    readonly List<string?> values = [];

    /// <summary>How many rows there are.</summary>
    public int Count { get; } = chunk.RowCount;

    /// <summary>A column: taken once for all rows, as each look at a chunk is a call of the engine.</summary>
    public CheckpointColumn this[int column] => new(chunk[column], this);

    /// <summary>A text that is likely to come again.</summary>
    public string PooledText(ReadOnlySpan<byte> utf8) => pool.GetString(utf8);

    /// <summary>A copy of bytes.</summary>
    public ReadOnlyMemory<byte> Copy(ReadOnlySpan<byte> bytes) => pool.Copy(bytes);

    /// <summary>A map of the entries from one to another.</summary>
    public StringMap Map(Vector keyVector, Vector valueVector, ListEntry entry)
    {
        if (entry.Count == 0) return StringMap.Empty;
        keys.Clear();
        values.Clear();
        for (var i = entry.Start; i < entry.Start + entry.Count; i++)
        {
            keys.Add(pool.GetString(keyVector.Bytes(i)));
            values.Add(valueVector.IsNull(i) ? null : pool.GetString(valueVector.Bytes(i)));
        }
        return pool.Map(CollectionsMarshal.AsSpan(keys), CollectionsMarshal.AsSpan(values));
    }
}

/// <summary>A column of a chunk of a checkpoint.</summary>
readonly ref struct CheckpointColumn
{
    readonly CheckpointRows rows;
    readonly Vector vector;
    readonly Vector first;
    readonly Vector second;

    public CheckpointColumn(Vector vector, CheckpointRows rows)
    {
        this.vector = vector;
        this.rows = rows;
        if (vector.Type.Id is not (TypeId.Map or TypeId.List)) return;
        var child = vector.Child;
        if (vector.Type.Id == TypeId.List)
        {
            first = child;
            return;
        }
        first = child.Field(0);
        second = child.Field(1);
    }

    /// <summary>A text that is likely to come again; null for NULL.</summary>
    public string? Text(int row) => vector.IsNull(row) ? null : rows.PooledText(vector.Bytes(row));

    /// <summary>A text that comes once; null for NULL.</summary>
    public string? UniqueText(int row) => vector.IsNull(row) ? null : vector.Text(row);

    /// <summary>A number; null for NULL.</summary>
    public long? Number(int row) => vector.IsNull(row) ? null : vector.Values<long>()[row];

    /// <summary>A flag; null for NULL.</summary>
    public bool? Flag(int row) => vector.IsNull(row) ? null : vector.Values<byte>()[row] != 0;

    /// <summary>A JSON document; none for NULL.</summary>
    public JsonText Json(int row) => vector.IsNull(row) ? JsonText.None : new JsonText(rows.Copy(vector.Bytes(row)));

    /// <summary>A map of texts; null for NULL.</summary>
    public StringMap? Map(int row) =>
        vector.IsNull(row) ? null : rows.Map(first, second, vector.Values<ListEntry>()[row]);

    /// <summary>A list of names; null for NULL.</summary>
    public StringList? List(int row)
    {
        if (vector.IsNull(row)) return null;
        var entry = vector.Values<ListEntry>()[row];
        var names = new string[entry.Count];
        for (var i = 0; i < names.Length; i++) names[i] = rows.PooledText(first.Bytes(entry.Start + i));
        return StringList.Create(names);
    }
}
