using System.Buffers;
using System.Text.Json;

namespace Foz.Delta.Scans;

/// <summary>
/// Walks JSON objects without looking into what is skipped: statistics of wide tables are mostly skipped. Accepts some
/// malformed documents; where it cannot continue it throws <see cref="JsonException"/>.
/// </summary>
/// <param name="json">UTF-8, positioned at the first byte.</param>
ref struct JsonScanner(ReadOnlySpan<byte> json)
{
    static readonly SearchValues<byte> Structural = SearchValues.Create("\"{}[]"u8);
    static readonly SearchValues<byte> ScalarEnd = SearchValues.Create(",}] \t\r\n"u8);

    readonly ReadOnlySpan<byte> json = json;
    int at = 0;

    /// <summary>Enters the object that comes next; false, and nothing is consumed, if something else comes.</summary>
    public bool TryEnter()
    {
        if (Next() != '{') return false;
        at++;
        return true;
    }

    /// <summary>Reads the next name of the object entered; false, and the object is left, at its end.</summary>
    /// <param name="name">The name, unescaped.</param>
    public bool TryReadName(scoped out ReadOnlySpan<byte> name)
    {
        if (Next() == ',') at++;
        var next = Next();
        if (next == '}')
        {
            at++;
            name = default;
            return false;
        }
        if (next != '"') throw Malformed();
        name = ReadString();
        if (Next() != ':') throw Malformed();
        at++;
        return true;
    }

    /// <summary>Reads the value that comes next: a text unescaped, any other scalar as written.</summary>
    /// <returns>Empty for an object or array, which is skipped.</returns>
    public ReadOnlySpan<byte> ReadScalar(out bool isText)
    {
        isText = false;
        switch (Next())
        {
            case (byte)'"':
                isText = true;
                return ReadString();
            case (byte)'{' or (byte)'[':
                at++;
                Leave();
                return default;
            default:
                var rest = json[at..];
                var end = rest.IndexOfAny(ScalarEnd);
                if (end <= 0) throw Malformed();
                at += end;
                return rest[..end];
        }
    }

    /// <summary>Moves past the end of the object or array entered.</summary>
    public void Leave()
    {
        for (var depth = 1; depth > 0;)
        {
            var found = json[at..].IndexOfAny(Structural);
            if (found < 0) throw Malformed();
            at += found;
            switch (json[at])
            {
                case (byte)'"':
                    at = StringEnd(out _) + 1;
                    continue;
                case (byte)'{' or (byte)'[':
                    depth++;
                    break;
                default:
                    depth--;
                    break;
            }
            at++;
        }
    }

    byte Next()
    {
        while (at < json.Length && json[at] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n') at++;
        return at < json.Length ? json[at] : throw Malformed();
    }

    ReadOnlySpan<byte> ReadString()
    {
        var start = at;
        var end = StringEnd(out var isEscaped);
        at = end + 1;
        if (!isEscaped) return json[(start + 1)..end];
        var reader = new Utf8JsonReader(json[start..(end + 1)]);
        reader.Read();
        var text = new byte[end - start];
        return text.AsSpan(0, reader.CopyString(text));
    }

    // The position of the quote that ends the string at the present position.
    readonly int StringEnd(out bool isEscaped)
    {
        isEscaped = false;
        for (var i = at + 1; ; i += 2)
        {
            var found = json[Math.Min(i, json.Length)..].IndexOfAny((byte)'"', (byte)'\\');
            if (found < 0) throw Malformed();
            i += found;
            if (json[i] == '"') return i;
            isEscaped = true;
        }
    }

    readonly JsonException Malformed() => new($"malformed at byte {at}");
}
