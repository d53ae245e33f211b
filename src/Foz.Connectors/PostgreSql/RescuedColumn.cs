using System.Buffers;
using System.Text.Json;
using Foz.Lake.Data;

namespace Foz.Connectors.PostgreSql;

/// <summary>
/// The column that keeps what no other can hold: a date of year 44 BC, <c>infinity</c>, NaN in a <c>numeric(10,2)</c>,
/// an array of two dimensions among arrays of one. The value's own column is null in that row, and this one holds a
/// JSON object of the columns concerned with what the source wrote, as in
/// <c>{"valid_to":"infinity","grid":[[1,2],[3,4]]}</c>; it is null in all other rows. A table has it if one of its
/// columns could need it, so that its schema never depends on its data.
/// </summary>
sealed class RescuedColumn : IDisposable
{
    /// <summary>Its name, as Databricks has it.</summary>
    public const string Name = "_rescued_data";

    readonly BytesBuilder<TextReader> texts = new(default);
    readonly ArrayBufferWriter<byte> buffer = new();
    readonly Utf8JsonWriter json;

    public RescuedColumn() => json = new Utf8JsonWriter(
        buffer,
        new JsonWriterOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    /// <summary>The field of it.</summary>
    public static Field Field { get; } = new(Name, DataType.String)
    {
        Metadata = System.Collections.Immutable.ImmutableSortedDictionary<string, string>.Empty.Add(
            Field.CommentKey, "JSON of the values that their columns cannot hold, as the source writes them"),
    };

    /// <summary>Keeps a value of the row that is being read.</summary>
    public void Rescue(string column, ColumnBuilder builder, ReadOnlySpan<byte> value)
    {
        if (json.CurrentDepth == 0) json.WriteStartObject();
        json.WritePropertyName(column);
        builder.WriteJson(json, value);
    }

    /// <summary>Ends the row.</summary>
    public void EndRow()
    {
        if (json.CurrentDepth == 0)
        {
            texts.AppendNull();
            return;
        }

        json.WriteEndObject();
        json.Flush();
        texts.TryAppend(buffer.WrittenSpan);
        buffer.Clear();
        json.Reset();
    }

    /// <summary>Ends rows without such values.</summary>
    public void EndRows(int count) => texts.AppendNulls(count);

    /// <summary>Removes all rows except the first ones.</summary>
    public void Truncate(int count) => texts.Truncate(count);

    public Column Build() => texts.Build();

    public void Dispose() => json.Dispose();
}
