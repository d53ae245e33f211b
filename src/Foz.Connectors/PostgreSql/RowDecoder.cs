using Foz.Lake.Data;
using Foz.Wire;
using Foz.Wire.PostgreSql;

namespace Foz.Connectors.PostgreSql;

/// <summary>Turns the rows of a binary COPY into batches of columns.</summary>
sealed class RowDecoder : IDisposable
{
    /// <summary>As many rows as the engine takes at once; few enough that a batch allocates no large arrays.</summary>
    public const int RowsMax = 2_048;

    /// <summary>A batch of wide rows ends once so much was received for it.</summary>
    public const long BytesMax = 16 << 20;

    const int EndOfCopy = -1;

    readonly string[] names;
    readonly ColumnBuilder[] builders;
    readonly RescuedColumn? rescued;
    long bytes;

    public RowDecoder(IReadOnlyList<ReadColumn> columns)
    {
        names = [.. columns.Select(c => c.Field.Name)];
        builders = [.. columns.Select(c => c.Mapping.NewBuilder())];
        rescued = columns.Any(c => c.Mapping.MayRescue) ? new RescuedColumn() : null;
    }

    /// <summary>How many rows the batch has so far.</summary>
    public int RowCount { get; private set; }

    /// <summary>Whether the batch is to be taken before the next row.</summary>
    public bool IsFull => RowCount >= RowsMax || bytes >= BytesMax;

    /// <summary>Reads a row.</summary>
    /// <param name="data">What starts with it.</param>
    /// <param name="rest">What follows it.</param>
    /// <returns>False where there is no row but the end of the COPY.</returns>
    /// <exception cref="WireException">It is malformed; the message names the column.</exception>
    public bool TryRead(ReadOnlySpan<byte> data, out ReadOnlySpan<byte> rest)
    {
        var reader = new TupleReader(data);
        if (reader.ValueCount != builders.Length)
        {
            rest = [];
            return reader.ValueCount == EndOfCopy
                ? false
                : throw new WireException(
                    WireErrorKind.Malformed, $"a row has {reader.ValueCount} values, not {builders.Length}");
        }

        try
        {
            ReadValues(ref reader);
        }
        catch (WireException error)
        {
            var column = Array.FindIndex(builders, b => b.Count == RowCount);
            throw new WireException(error.Kind, $"column '{names[Math.Max(column, 0)]}': {error.Message}");
        }

        rescued?.EndRow();
        RowCount++;
        rest = reader.Rest;
        bytes += data.Length - rest.Length;
        return true;
    }

    /// <summary>Hands the batch over, and starts the next one.</summary>
    public ColumnBatch Build()
    {
        var columns = new List<Column>(builders.Length + 1);
        foreach (var builder in builders) columns.Add(builder.Build());
        if (rescued is not null) columns.Add(rescued.Build());
        var batch = new ColumnBatch(RowCount, columns);
        (RowCount, bytes) = (0, 0);
        return batch;
    }

    public void Dispose() => rescued?.Dispose();

    void ReadValues(ref TupleReader reader)
    {
        for (var i = 0; i < builders.Length; i++)
        {
            var builder = builders[i];
            if (!reader.TryReadValue(out var value))
            {
                builder.AppendNull();
            }
            else if (!builder.TryAppend(value))
            {
                Rescue(i, value);
                builder.AppendNull();
            }
        }
    }

    void Rescue(int column, ReadOnlySpan<byte> value)
    {
        if (rescued is null)
            throw new WireException(WireErrorKind.Malformed, "a value is none of the column's type");
        rescued.Rescue(names[column], builders[column], value);
    }
}
