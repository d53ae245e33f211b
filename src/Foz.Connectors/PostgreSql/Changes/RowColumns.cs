using System.Collections.Immutable;
using Foz.Lake.Data;
using Foz.Wire;
using Foz.Wire.PostgreSql.Replication;

namespace Foz.Connectors.PostgreSql.Changes;

/// <summary>Gathers rows of one table, value by value, into columns.</summary>
sealed class RowColumns : IDisposable
{
    readonly ResolvedRelation relation;
    readonly ColumnBuilder[] builders;
    readonly bool[] isBinary;
    readonly RescuedColumn? rescued;

    /// <param name="relation">The table.</param>
    /// <param name="mappings">How its types arrive in bronze.</param>
    /// <param name="isBinary">Whether the server was asked for binary values.</param>
    public RowColumns(ResolvedRelation relation, ImmutableArray<TypeMapping> mappings, bool isBinary)
    {
        this.relation = relation;
        this.isBinary = [.. mappings.Select(mapping => isBinary && mapping.Cast.Length == 0)];
        builders =
        [
            .. mappings.Select((mapping, i) => this.isBinary[i]
                ? mapping.NewBuilder()
                : TextMapping.NewBuilder(relation.Types[i], mapping)),
        ];
        rescued = mappings.Any(mapping => mapping.MayRescue) ? new RescuedColumn() : null;
    }

    /// <summary>How many rows there are.</summary>
    public int Count { get; private set; }

    /// <summary>Appends a value of the row that is being read.</summary>
    public void Append(int column, ColumnState state, ReadOnlySpan<byte> value)
    {
        var builder = builders[column];
        if (state == ColumnState.Null)
        {
            builder.AppendNull();
            return;
        }

        if (state == ColumnState.Binary != isBinary[column]) throw OtherForm(column, state);
        if (TryAppend(column, value)) return;
        if (rescued is null)
            throw new WireException(WireErrorKind.Malformed, $"column '{Name(column)}': a value is not UTF-8");
        rescued.Rescue(Name(column), builder, value);
        builder.AppendNull();
    }

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
        var columns = new List<Column>(builders.Length + 1);
        foreach (var builder in builders) columns.Add(builder.Build());
        if (rescued is not null) columns.Add(rescued.Build());
        var batch = new ColumnBatch(Count, columns);
        Count = 0;
        return batch;
    }

    public void Dispose() => rescued?.Dispose();

    bool TryAppend(int column, ReadOnlySpan<byte> value)
    {
        try
        {
            return builders[column].TryAppend(value);
        }
        catch (WireException error)
        {
            throw new WireException(error.Kind, $"column '{Name(column)}': {error.Message}");
        }
    }

    string Name(int column) => relation.Message.Columns[column].Name;

    WireException OtherForm(int column, ColumnState state) => state == ColumnState.Binary
        ? new(WireErrorKind.Unsupported,
            $"column '{Name(column)}': {relation.Types[column].Name} in binary form is not supported")
        : new(WireErrorKind.Malformed,
            $"column '{Name(column)}': a value is text where binary form was asked for");
}
