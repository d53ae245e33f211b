using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Foz.Delta.Log;
using Foz.DuckDB;

namespace Foz.Lake.Tables;

/// <summary>The rows of a chunk of checkpoint columns, as the log's values.</summary>
/// <param name="chunk">The chunk.</param>
/// <param name="places">
/// The chunk's columns by the fields that are read; negative where the file has no such field.
/// </param>
/// <param name="pool">Keeps texts that repeat once.</param>
sealed class CheckpointRows(DataChunk chunk, int[] places, Utf8Pool pool)
{
    readonly List<string> keys = [];
    readonly List<string?> values = [];

    /// <summary>How many rows there are.</summary>
    public int Count { get; } = chunk.RowCount;

    /// <summary>A column: taken once for all rows, as each access to a chunk is a call of the engine.</summary>
    public CheckpointColumn this[int column] =>
        places[column] is >= 0 and var place ? new(chunk[place], this) : default;

    /// <summary>A text that is likely to come again.</summary>
    public string PooledText(ReadOnlySpan<byte> utf8) => pool.GetString(utf8);

    /// <summary>A copy of bytes.</summary>
    public ReadOnlyMemory<byte> Copy(ReadOnlySpan<byte> bytes) => pool.Copy(bytes);

    /// <summary>A map of the entries from one to another.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
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
    readonly ReadOnlySpan<ulong> validity;
    readonly ReadOnlySpan<long> numbers;
    readonly ReadOnlySpan<byte> flags;
    readonly ReadOnlySpan<ListEntry> entries;
    readonly bool isThere;

    public CheckpointColumn(Vector vector, CheckpointRows rows)
    {
        this.vector = vector;
        this.rows = rows;
        validity = vector.Validity.Words;
        isThere = validity.IsEmpty || validity.ContainsAnyExcept(0UL);
        if (!isThere) return;
        switch (vector.Type.Id)
        {
            case TypeId.BigInt: numbers = vector.Values<long>(); break;
            case TypeId.Boolean: flags = vector.Values<byte>(); break;
            case TypeId.List:
                entries = vector.Values<ListEntry>();
                first = vector.Child;
                break;
            case TypeId.Map:
                entries = vector.Values<ListEntry>();
                var child = vector.Child;
                first = child.Field(0);
                second = child.Field(1);
                break;
        }
    }

    /// <summary>A text that is likely to come again; null for NULL.</summary>
    public string? Text(int row) => IsNull(row) ? null : rows.PooledText(vector.Bytes(row));

    /// <summary>A text that comes once; null for NULL.</summary>
    public string? UniqueText(int row) => IsNull(row) ? null : vector.Text(row);

    /// <summary>A number; null for NULL.</summary>
    public long? Number(int row) => IsNull(row) ? null : numbers[row];

    /// <summary>A flag; null for NULL.</summary>
    public bool? Flag(int row) => IsNull(row) ? null : flags[row] != 0;

    /// <summary>A JSON document; none for NULL.</summary>
    public JsonText Json(int row) => IsNull(row) ? JsonText.None : new JsonText(rows.Copy(vector.Bytes(row)));

    /// <summary>A map of texts; null for NULL.</summary>
    public StringMap? Map(int row) => IsNull(row) ? null : rows.Map(first, second, entries[row]);

    /// <summary>A list of names; null for NULL.</summary>
    public StringList? List(int row)
    {
        if (IsNull(row)) return null;
        var entry = entries[row];
        var names = new string[entry.Count];
        for (var i = 0; i < names.Length; i++) names[i] = rows.PooledText(first.Bytes(entry.Start + i));
        return StringList.Create(names);
    }

    bool IsNull(int row) => !isThere || (!validity.IsEmpty && (validity[row >> 6] & (1UL << (row & 63))) == 0);
}
