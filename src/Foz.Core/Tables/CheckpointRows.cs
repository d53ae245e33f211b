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
    public int Count => chunk.RowCount;

    /// <summary>A text; null for NULL.</summary>
    public string? Text(int column, int row)
    {
        var vector = chunk[column];
        return vector.IsNull(row) ? null : pool.GetString(vector.Bytes(row));
    }

    /// <summary>A number; null for NULL.</summary>
    public long? Number(int column, int row)
    {
        var vector = chunk[column];
        return vector.IsNull(row) ? null : vector.Values<long>()[row];
    }

    /// <summary>A flag; null for NULL.</summary>
    public bool? Flag(int column, int row)
    {
        var vector = chunk[column];
        return vector.IsNull(row) ? null : vector.Values<byte>()[row] != 0;
    }

    /// <summary>A JSON document; none for NULL.</summary>
    public JsonText Json(int column, int row)
    {
        var vector = chunk[column];
        return vector.IsNull(row) ? JsonText.None : new JsonText(pool.Copy(vector.Bytes(row)));
    }

    /// <summary>A map of texts; null for NULL.</summary>
    public StringMap? Map(int column, int row)
    {
        var vector = chunk[column];
        if (vector.IsNull(row)) return null;
        var entry = vector.Values<ListEntry>()[row];
        if (entry.Count == 0) return StringMap.Empty;
        var keyVector = vector.Child.Field(0);
        var valueVector = vector.Child.Field(1);
        keys.Clear();
        values.Clear();
        for (var i = entry.Start; i < entry.Start + entry.Count; i++)
        {
            keys.Add(pool.GetString(keyVector.Bytes(i)));
            values.Add(valueVector.IsNull(i) ? null : pool.GetString(valueVector.Bytes(i)));
        }
        return pool.Map([.. keys], [.. values]);
    }

    /// <summary>A list of names; null for NULL.</summary>
    public StringList? List(int column, int row)
    {
        var vector = chunk[column];
        if (vector.IsNull(row)) return null;
        var entry = vector.Values<ListEntry>()[row];
        var names = new string[entry.Count];
        for (var i = 0; i < names.Length; i++) names[i] = pool.GetString(vector.Child.Bytes(entry.Start + i));
        return StringList.Create(names);
    }
}
