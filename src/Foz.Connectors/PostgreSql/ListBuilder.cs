using System.Text.Json;
using Foz.Lake.Data;
using Foz.Wire.PostgreSql;

namespace Foz.Connectors.PostgreSql;

/// <summary>
/// Gathers arrays of one dimension. An array of more, or with an element that its type cannot hold, is not held; where
/// an array counts its elements from (its lower bound) is not kept.
/// </summary>
sealed class ListBuilder(ColumnBuilder elements) : ColumnBuilder
{
    int[] offsets = [0];

    public override bool TryAppend(ReadOnlySpan<byte> value)
    {
        var array = new BinaryArray(value);
        if (array.Dimensions > 1) return false;
        var countBefore = elements.Count;
        while (array.TryReadElement(out var element, out var isNull))
        {
            if (isNull)
            {
                elements.AppendNull();
            }
            else if (!elements.TryAppend(element))
            {
                elements.Truncate(countBefore);
                return false;
            }
        }

        AppendEmpty(1);
        return true;
    }

    public override void WriteJson(Utf8JsonWriter json, ReadOnlySpan<byte> value)
    {
        var array = new BinaryArray(value);
        if (array.Dimensions == 0)
        {
            json.WriteStartArray();
            json.WriteEndArray();
        }
        else
        {
            WriteDimension(json, ref array, 0);
        }
    }

    protected override void AppendEmpty(int count)
    {
        if (Count + count >= offsets.Length) Array.Resize(ref offsets, Math.Max(2 * offsets.Length, Count + count + 1));
        for (var i = 0; i < count; i++) offsets[++Count] = elements.Count;
    }

    protected override void TruncateValues() => elements.Truncate(offsets[Count]);

    protected override Column BuildValues(ulong[]? validity)
    {
        var column = new ListColumn(elements.Build(), offsets, validity);
        offsets = [0];
        return column;
    }

    void WriteDimension(Utf8JsonWriter json, ref BinaryArray array, int dimension)
    {
        json.WriteStartArray();
        for (var i = 0; i < array.Length(dimension); i++)
        {
            if (dimension + 1 < array.Dimensions)
            {
                WriteDimension(json, ref array, dimension + 1);
                continue;
            }

            array.TryReadElement(out var element, out var isNull);
            if (isNull) json.WriteNullValue();
            else elements.WriteJson(json, element);
        }

        json.WriteEndArray();
    }
}
