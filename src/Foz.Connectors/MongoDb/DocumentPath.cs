namespace Foz.Connectors.MongoDb;

/// <summary>
/// The place of a value in documents: names separated by dots, or positions in arrays. In double quotes dots do not
/// separate names.
/// </summary>
/// <param name="Text">The path as written.</param>
/// <param name="Names">Its names.</param>
sealed record DocumentPath(string Text, IReadOnlyList<string> Names)
{
    /// <summary>The id, which all documents of a collection have.</summary>
    public static DocumentPath Id { get; } = new("_id", ["_id"]);

    /// <summary>Whether the server understands it in queries, where a dot always separates names.</summary>
    public bool IsPlain =>
        Names.All(name => name.Length > 0 && !name.Contains('.', StringComparison.Ordinal) && name[0] != '$');

    /// <summary>Reads a path; null where it has no name between two dots, or no closing quote.</summary>
    public static DocumentPath? Parse(string text)
    {
        var names = new List<string>();
        for (var at = 0; at <= text.Length;)
        {
            var isQuoted = at < text.Length && text[at] == '"';
            var start = isQuoted ? at + 1 : at;
            var end = text.IndexOf(isQuoted ? '"' : '.', start);
            if (end < 0 && isQuoted) return null;
            if (end < 0) end = text.Length;
            names.Add(text[start..end]);
            if (!isQuoted && end == start) return null;
            at = isQuoted ? end + 1 : end;
            if (at < text.Length && text[at] != '.') return null;
            at++;
        }
        return new(text, names);
    }
}
