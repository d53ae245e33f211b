using Foz.DuckDB;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Engine;
using Foz.Lake.Engine.Functions;
using Foz.Lake.Sql;

namespace Foz.Serving.Results;

/// <summary>
/// Bounds the rows that are sent together. The engine copies each chunk of a result (2,048 rows) before a client reads
/// it, and a large value that all rows share once for each of them; it neither counts the copies as memory nor can it
/// be interrupted while it makes them.
/// </summary>
static class SentRows
{
    const string Function = "foz_sent";

    // The part of an instance's memory that a chunk may take.
    const int Part = 4;

    // What a value of a fixed size takes at most.
    const int ValueBytes = 16;

    /// <summary>The function that looks at the rows of a chunk before they are copied.</summary>
    public static ScalarFunction Of(EngineInstance instance) => new()
    {
        // Volatile: neither computed once for all rows, nor moved below a join.
        Name = Function, Parameters = [], VariableParameters = LogicalType.Any, ReturnType = LogicalType.Boolean,
        TakesNulls = true, IsVolatile = true,
        Body = (columns, result) =>
        {
            var most = instance.MemoryBytes / Part;
            long bytes = 0;
            for (var column = 0; column < columns.ColumnCount; column++)
            {
                bytes += BytesOf(columns[column]);
                if (bytes > most) throw TooLarge(most);
            }
            result.Values<bool>()[..columns.RowCount].Fill(true);
        },
    };

    /// <summary>A query whose rows are looked at; itself where no column has values of any size.</summary>
    /// <param name="sql">The query.</param>
    /// <param name="columns">Its columns.</param>
    public static string Bound(string sql, IReadOnlyList<ServedColumn> columns)
    {
        var names = columns.Select((_, number) => $"c{number}").ToList();
        var large = names.Where((_, number) => columns[number].Type.IsOfAnySize).ToList();
        if (large.Count == 0) return sql;
        var list = columns.Zip(names, (column, name) => $"{name} AS {SqlText.Identifier(column.Name)}");
        // As a condition it would be looked at before a join.
        return $"SELECT {string.Join(", ", list)} FROM (SELECT *, {Function}({string.Join(", ", large)}) AS is_sent "
            + $"FROM ({sql}\n) AS r({string.Join(", ", names)})) WHERE is_sent";
    }

    static long BytesOf(in Vector vector)
    {
        long bytes = 0;
        if (!vector.Type.IsText)
        {
            var sizes = new long[vector.Count];
            AddSizes(vector, sizes);
            foreach (var size in sizes) bytes += size;
            return bytes;
        }
        var texts = vector.AllBytes;
        for (var row = 0; row < vector.Count; row++)
            if (!vector.IsNull(row)) bytes += texts[row].Length;
        return bytes;
    }

    /// <summary>Adds the bytes of each value to its row.</summary>
    static void AddSizes(in Vector vector, Span<long> sizes)
    {
        var type = vector.Type;
        if (type.IsText)
        {
            var texts = vector.AllBytes;
            for (var row = 0; row < vector.Count; row++)
                if (!vector.IsNull(row)) sizes[row] += texts[row].Length;
        }
        else if (type.Id is TypeId.List or TypeId.Map or TypeId.Array)
        {
            AddElements(vector, sizes);
        }
        else if (type.Fields.Count > 0)
        {
            for (var field = 0; field < type.Fields.Count; field++) AddSizes(vector.Field(field), sizes);
        }
        else
        {
            for (var row = 0; row < vector.Count; row++) sizes[row] += ValueBytes;
        }
    }

    static void AddElements(in Vector vector, Span<long> sizes)
    {
        var elements = vector.Child;
        // Where the elements of each row begin, in bytes.
        var ends = new long[elements.Count + 1];
        AddSizes(elements, ends.AsSpan(1));
        for (var i = 1; i < ends.Length; i++) ends[i] += ends[i - 1];
        var width = vector.Type.ArraySize;
        var entries = vector.Type.Id is TypeId.Array ? default : vector.Values<ListEntry>();
        for (var row = 0; row < vector.Count; row++)
        {
            if (vector.IsNull(row)) continue;
            var (start, count) = entries.IsEmpty ? (row * width, width) : (entries[row].Start, entries[row].Count);
            sizes[row] += ends[start + count] - ends[start];
        }
    }

    static FozException TooLarge(long most) => FunctionFault.Of(
        "54000",
        $"the rows that are sent together ({DataChunk.RowsMax} at most) take more than {new MemorySize(most)}: ask for "
            + "fewer at a time with LIMIT");
}
