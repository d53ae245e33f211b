using System.Text;
using System.Text.Json;

namespace Foz.Lake.Sql;

/// <content>Places of names in the text.</content>
sealed partial class SqlTreeReader
{
    /// <summary>
    /// Returns the place of a name that is replaced: its own parts, with dots between, and nothing else.
    /// </summary>
    /// <param name="element">What has the name, with its place.</param>
    /// <param name="parts">The parts; null for those that are left out.</param>
    /// <exception cref="FozException">Something else is at the place.</exception>
    SqlSpan SpanOf(JsonElement element, IReadOnlyList<string?> parts)
    {
        var (first, written) = (TokenAt(element), parts.OfType<string>().ToList());
        // The name of a file: of its quotes only the engine knows what they mean.
        if (first >= 0 && written.Count == 1 && tokens[first].Kind == SqlTokenKind.Text) return SpanOf(first, first);
        for (var i = 0; i < written.Count; i++)
            if (first < 0 || !Is(first + 2 * i, written[i]) || (i > 0 && !tokens.IsSymbol(first + 2 * i - 1, '.')))
                throw Misplaced(written[^1]);
        var last = first + 2 * (written.Count - 1);
        return tokens.IsSymbol(last + 1, '.') ? throw Misplaced(written[^1]) : SpanOf(first, last);
    }

    /// <summary>
    /// Returns the place of a column's name; empty where that is not certain: nothing but its qualifiers is put in its
    /// place.
    /// </summary>
    SqlSpan ColumnSpan(JsonElement element)
    {
        var (first, parts) = (TokenAt(element), Parts(element));
        if (first < 0) return default;
        for (var i = 0; i < parts.Count; i++)
            if (!Is(first + 2 * i, parts[i]) || (i > 0 && !tokens.IsSymbol(first + 2 * i - 1, '.'))) return default;
        return SpanOf(first, first + 2 * (parts.Count - 1));
    }

    bool Is(int token, string name) => tokens.IsName(token) && IsSame(tokens.NameOf(token), name);

    SqlSpan SpanOf(int first, int last) => new(tokens[first].Start, tokens[last].End - tokens[first].Start);

    static FozException Misplaced(string name) =>
        new(ErrorKind.Sql, $"the statement cannot be read: it is not certain where {name} stands in it")
        {
            SqlState = "0A000", Hint = "write each table with its name only, in a FROM of its own",
        };

    /// <summary>Returns the clause AT (…) after a table's name, its alias and the names of its columns.</summary>
    SqlSpan AtSpan(SqlSpan name)
    {
        for (var i = tokens.FirstFrom(name.End); i < tokens.Count; i++)
        {
            if (!tokens.IsWord(i, "AT") || !tokens.IsSymbol(i + 1, '(')) continue;
            return new(tokens[i].Start, tokens[tokens.Closing(i + 1)].End - tokens[i].Start);
        }
        return default;
    }

    /// <summary>The token at the place that DuckDB gives, in bytes; −1 if it gives none.</summary>
    int TokenAt(JsonElement element)
    {
        if (!element.TryGetProperty("query_location", out var location) || location.GetUInt64() >= (ulong)utf8.Length)
            return -1;
        return tokens.IndexAt(CharacterAt((int)location.GetUInt64()));
    }

    /// <summary>
    /// The character at a byte: counted from the last place that is known, so that all together take one pass where
    /// they rise.
    /// </summary>
    int CharacterAt(int position)
    {
        if (utf8.Length == sql.Length) return position;
        if (position < lastByte) (lastByte, lastCharacter) = (0, 0);
        lastCharacter += Encoding.UTF8.GetCharCount(utf8, lastByte, position - lastByte);
        lastByte = position;
        return lastCharacter;
    }
}
