using System.Buffers;
using System.Text;
using Foz.Lake;

namespace Foz.Serving.Copying;

/// <summary>
/// Takes the lines of a COPY apart into their values (PostgreSQL's documentation, COPY, "File Formats").
/// </summary>
sealed class CopyFields
{
    readonly CopyOptions options;
    readonly bool isCsv;
    readonly byte[] nullText;
    readonly SearchValues<byte> stops;
    readonly List<Field> fields = [];
    byte[] values = [];
    int length;

    public CopyFields(CopyOptions options)
    {
        (this.options, isCsv) = (options, options.Format is CopyFormat.Csv);
        nullText = Encoding.UTF8.GetBytes(options.Null);
        stops = SearchValues.Create([(byte)options.Delimiter, isCsv ? (byte)options.Quote : (byte)'\\']);
    }

    /// <summary>Whether bytes were written as numbers: they need not be text.</summary>
    public bool HasNumbers { get; private set; }

    /// <summary>How many values the line has.</summary>
    public int Count => fields.Count;

    /// <summary>Whether a value is NULL.</summary>
    public bool IsNull(int field) => fields[field].IsNull;

    /// <summary>Whether a value was in quotes: then it is not taken for NULL.</summary>
    public bool IsQuoted(int field) => fields[field].IsQuoted;

    /// <summary>Whether a value is the text for NULL.</summary>
    public bool IsNullText(int field) => this[field].SequenceEqual(nullText);

    /// <summary>A value; for NULL, the text for NULL.</summary>
    public ReadOnlySpan<byte> this[int field] => values.AsSpan(fields[field].Start, fields[field].Length);

    /// <summary>Reads a line.</summary>
    /// <exception cref="FozException">It is malformed.</exception>
    public void Read(ReadOnlySpan<byte> line)
    {
        fields.Clear();
        (length, HasNumbers) = (0, false);
        if (values.Length < line.Length) values = new byte[Math.Max(line.Length, 2 * values.Length)];
        for (var position = 0; position <= line.Length;)
            position += 1 + (isCsv ? ReadCsv(line[position..]) : ReadText(line[position..]));
    }

    /// <returns>How many bytes the value has in the line.</returns>
    int ReadText(ReadOnlySpan<byte> rest)
    {
        var start = length;
        var position = 0;
        while (true)
        {
            var next = rest[position..].IndexOfAny(stops);
            var end = next < 0 ? rest.Length : position + next;
            Write(rest[position..end]);
            position = end;
            if (next < 0 || rest[end] == options.Delimiter) break;
            position += 1 + Unescape(rest[(end + 1)..]);
        }
        var isNull = rest[..position].SequenceEqual(nullText);
        fields.Add(new(start, length - start, isNull, IsQuoted: false));
        return position;
    }

    /// <summary>Writes the bytes that a backslash and the bytes after it encode.</summary>
    /// <returns>The number of bytes after the backslash.</returns>
    int Unescape(ReadOnlySpan<byte> rest)
    {
        if (rest.IsEmpty)
        {
            Write("\\"u8);
            return 0;
        }
        if (rest[0] is >= (byte)'0' and <= (byte)'7') return WriteNumber(rest, numberBase: 8, digitsMax: 3);
        if (rest[0] == 'x' && rest.Length > 1 && char.IsAsciiHexDigit((char)rest[1]))
            return 1 + WriteNumber(rest[1..], numberBase: 16, digitsMax: 2);
        Write([rest[0] switch
        {
            (byte)'b' => (byte)'\b',
            (byte)'f' => (byte)'\f',
            (byte)'n' => (byte)'\n',
            (byte)'r' => (byte)'\r',
            (byte)'t' => (byte)'\t',
            (byte)'v' => (byte)'\v',
            var other => other,
        }]);
        return 1;
    }

    int WriteNumber(ReadOnlySpan<byte> digits, int numberBase, int digitsMax)
    {
        var (value, count) = (0, 0);
        while (count < digitsMax && count < digits.Length && char.IsAsciiHexDigit((char)digits[count])
            && Convert.ToInt32(((char)digits[count]).ToString(), 16) is var digit && digit < numberBase)
        {
            value = (value * numberBase) + digit;
            count++;
        }
        Write([(byte)value]);
        HasNumbers = true;
        return count;
    }

    /// <returns>How many bytes the value has in the line.</returns>
    int ReadCsv(ReadOnlySpan<byte> rest)
    {
        var start = length;
        var (position, isQuoted) = (0, false);
        while (true)
        {
            var next = rest[position..].IndexOfAny(stops);
            var end = next < 0 ? rest.Length : position + next;
            Write(rest[position..end]);
            position = end;
            if (next < 0 || rest[end] == options.Delimiter) break;
            isQuoted = true;
            position += 1 + ReadQuoted(rest[(end + 1)..]);
        }
        var isNull = !isQuoted && rest[..position].SequenceEqual(nullText);
        fields.Add(new(start, length - start, isNull, isQuoted));
        return position;
    }

    /// <summary>Writes what stands up to a closing quote.</summary>
    /// <returns>How many bytes that and the quote are.</returns>
    int ReadQuoted(ReadOnlySpan<byte> rest)
    {
        for (var position = 0; ;)
        {
            var next = rest[position..].IndexOfAny((byte)options.Quote, (byte)options.Escape);
            if (next < 0) throw CopyFaults.Format("unterminated CSV quoted field");
            Write(rest.Slice(position, next));
            position += next;
            if (rest[position] == options.Escape && position + 1 < rest.Length
                && (rest[position + 1] == options.Escape || rest[position + 1] == options.Quote))
            {
                Write(rest.Slice(position + 1, 1));
                position += 2;
            }
            else if (rest[position++] == options.Quote)
            {
                return position;
            }
            else
            {
                Write(rest.Slice(position - 1, 1));
            }
        }
    }

    void Write(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(values.AsSpan(length));
        length += bytes.Length;
    }

    /// <summary>A value, by its place in the values of the line.</summary>
    readonly record struct Field(int Start, int Length, bool IsNull, bool IsQuoted);
}
