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
            throw new WireException(error.Kind, $"column '{table.Columns[column].Name}': {error.Message}");
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

    /// <summary>Appends a row of nulls.</summary>
    public void AppendNullRow()
    {
        foreach (var builder in builders) builder.AppendNull();
        EndRow();
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
}
