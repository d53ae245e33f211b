using System.Text.Json;
using Foz.Lake.Data;
using Foz.Wire;

namespace Foz.Connectors.PostgreSql.Changes;

/// <summary>
/// Gathers arrays that the server writes as text, as <see cref="ListBuilder"/> does binary ones: an array of several
/// dimensions, or with an element that its type cannot hold, is not held.
/// </summary>
/// <param name="elements">Gathers the elements.</param>
/// <param name="delimiter">What the type puts between elements.</param>
sealed class TextListBuilder(ColumnBuilder elements, byte delimiter) : ColumnBuilder
{
    int[] offsets = [0];
    byte[] unquoted = new byte[64];

    public override bool TryAppend(ReadOnlySpan<byte> value)
    {
        var at = Start(value);
        if (at + 1 < value.Length && value[at + 1] == (byte)'{') return false;
        var countBefore = elements.Count;
        at++;
        while (TryReadElement(value, ref at, out var element, out var isNull))
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

        if (at != value.Length) throw Malformed(value);
        AppendEmpty(1);
        return true;
    }

    public override void WriteJson(Utf8JsonWriter json, ReadOnlySpan<byte> value)
    {
        var at = Start(value);
        WriteDimension(json, value, ref at);
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

    /// <summary>Returns where the first brace is: after lower bounds, as in <c>[2:3]={1,2}</c>.</summary>
    static int Start(ReadOnlySpan<byte> value)
    {
        var at = value is [(byte)'[', ..] ? value.IndexOf((byte)'=') + 1 : 0;
        return at < value.Length && value[at] == (byte)'{' && value[^1] == (byte)'}' ? at : throw Malformed(value);
    }

    static WireException Malformed(ReadOnlySpan<byte> value) => TextValue.Malformed(value, "array");

    void WriteDimension(Utf8JsonWriter json, ReadOnlySpan<byte> value, ref int at)
    {
        json.WriteStartArray();
        at++;
        if (at < value.Length && value[at] == (byte)'{')
        {
            while (at < value.Length && value[at] != (byte)'}')
            {
                if (value[at] == delimiter) at++;
                if (at >= value.Length || value[at] != (byte)'{') throw Malformed(value);
                WriteDimension(json, value, ref at);
            }

            at++;
        }
        else
        {
            while (TryReadElement(value, ref at, out var element, out var isNull))
            {
                if (isNull) json.WriteNullValue();
                else elements.WriteJson(json, element);
            }
        }

        json.WriteEndArray();
    }

    /// <summary>Reads the next element; false after the closing brace.</summary>
    bool TryReadElement(ReadOnlySpan<byte> value, ref int at, out ReadOnlySpan<byte> element, out bool isNull)
    {
        element = [];
        isNull = false;
        if (at >= value.Length) throw Malformed(value);
        if (value[at] == (byte)'}')
        {
            at++;
            return false;
        }

        if (value[at] == delimiter && value[at - 1] != (byte)'{') at++;
        if (at < value.Length && value[at] == (byte)'"')
        {
            element = ReadQuoted(value, ref at);
        }
        else
        {
            var length = value[at..].IndexOfAny(delimiter, (byte)'}');
            if (length <= 0) throw Malformed(value);
            element = value.Slice(at, length);
            at += length;
            isNull = element.SequenceEqual("NULL"u8);
        }

        return at < value.Length && (value[at] == delimiter || value[at] == (byte)'}') ? true : throw Malformed(value);
    }

    ReadOnlySpan<byte> ReadQuoted(ReadOnlySpan<byte> value, ref int at)
    {
        if (unquoted.Length < value.Length) unquoted = new byte[Math.Max(value.Length, 2 * unquoted.Length)];
        var length = 0;
        for (at++; at < value.Length && value[at] != (byte)'"'; at++)
        {
            if (value[at] == (byte)'\\') at++;
            if (at < value.Length) unquoted[length++] = value[at];
        }

        if (at >= value.Length) throw Malformed(value);
        at++;
        return unquoted.AsSpan(0, length);
    }
}
