using Foz.Connectors.PostgreSql;
using Foz.Lake.Data;
using Foz.Wire;

namespace Foz.Connectors.MySql.Changes;

/// <summary>Gathers rows of one table, value by value, into columns.</summary>
/// <param name="table">The table.</param>
sealed class TableRows(SourceTable table) : IDisposable
{
    readonly ColumnBuilder[] builders = [.. table.Mappings.Select(m => m.NewBuilder())];
    readonly RescuedColumn? rescued = table.Mappings.Any(m => m.MayRescue) ? new() : null;

    /// <summary>How many rows there are.</summary>
    public int Count { get; private set; }

    /// <summary>Appends a value of the row that is being read.</summary>
    public void Append(int column, ReadOnlySpan<byte> value)
    {
        var builder = builders[column];
        try
        {
            if (builder.TryAppend(value)) return;
            if (!table.Mappings[column].MayRescue)
                throw new WireException(WireErrorKind.Encoding, "a text is not of its character set");
            rescued!.Rescue(table.Columns[column].Name, builder, value);
            builder.AppendNull();
        }
        catch (WireException error)
        {
            throw Named(column, error);
        }
    }

    /// <summary>Appends null.</summary>
    public void AppendNull(int column) => builders[column].AppendNull();

    /// <summary>Ends the row.</summary>
    public void EndRow()
    {
        rescued?.EndRow();
        Count++;
    }

    /// <summary>Appends rows of nulls.</summary>
    public void AppendNulls(int count)
    {
        foreach (var builder in builders) builder.AppendNulls(count);
        EndRows(count);
    }

    /// <summary>Appends rows, column by column.</summary>
    /// <param name="count">How many rows.</param>
    /// <param name="bytes">The bytes of their values.</param>
    /// <param name="places">Where the values of the first row are, and each <paramref name="step"/> after it.</param>
    /// <param name="step">How many places are from a row to the next.</param>
    /// <returns>False where a column cannot hold a value: then no row is appended.</returns>
    public bool TryAppendAll(int count, ReadOnlySpan<byte> bytes, ReadOnlySpan<ValuePlace> places, int step)
    {
        for (var i = 0; i < builders.Length; i++)
        {
            try
            {
                if (builders[i].TryAppendAll(bytes, places[i..], step)) continue;
            }
            catch (WireException error)
            {
                throw Named(i, error);
            }

            for (var j = 0; j <= i; j++) builders[j].Truncate(Count);
            return false;
        }

        EndRows(count);
        return true;
    }

    /// <summary>Removes all rows except the first ones; none of the others has a value that no column holds.</summary>
    public void Truncate(int count)
    {
        foreach (var builder in builders) builder.Truncate(count);
        rescued?.Truncate(count);
        Count = count;
    }

    /// <summary>Hands the rows over, and starts again.</summary>
    public ColumnBatch Build()
    {
        var columns = builders.Select(builder => builder.Build()).ToList();
        if (rescued is not null) columns.Add(rescued.Build());
        var batch = new ColumnBatch(Count, columns);
        Count = 0;
        return batch;
    }

    public void Dispose() => rescued?.Dispose();

    void EndRows(int count)
    {
        rescued?.EndRows(count);
        Count += count;
    }

    WireException Named(int column, WireException error) =>
        new(error.Kind, $"column '{table.Columns[column].Name}': {error.Message}");
}
