using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using Foz.Cli.Terminal.Editing;

namespace Foz.Cli.Commands.Querying;

/// <summary>The names that statements can have, sorted so that what begins with a word is found at once.</summary>
sealed class SortedNames
{
    readonly string[] keys;
    readonly string[] names;

    /// <summary>Sorts names by what users begin to type.</summary>
    /// <param name="names">The names.</param>
    /// <param name="keyOf">What is typed of a name; null for the name itself.</param>
    public SortedNames(IEnumerable<string> names, Func<string, string>? keyOf = null)
    {
        this.names = [.. names];
        keys = keyOf is null ? [.. this.names] : [.. this.names.Select(keyOf)];
        Array.Sort(keys, this.names, StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>Gets none.</summary>
    public static SortedNames None { get; } = new([]);

    /// <summary>Gets all names.</summary>
    public IReadOnlyList<string> All => names;

    /// <summary>Returns those that begin with a word, whatever the case.</summary>
    public ReadOnlySpan<string> From(string word)
    {
        var first = Bound(key => string.Compare(key, word, StringComparison.OrdinalIgnoreCase) < 0);
        var end = first;
        while (end < keys.Length && keys[end].StartsWith(word, StringComparison.OrdinalIgnoreCase)) end++;
        return names.AsSpan(first, end - first);
    }

    int Bound(Func<string, bool> isBefore)
    {
        var (low, high) = (0, keys.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (isBefore(keys[middle])) low = middle + 1;
            else high = middle;
        }
        return low;
    }
}

/// <summary>Completes names in statements: schemas, tables, columns, functions and words of SQL.</summary>
/// <param name="readColumns">Reads the columns of a table; null where the table is not there.</param>
sealed partial class NameIndex(Func<string, Task<IReadOnlyList<string>>> readColumns)
{
    /// <summary>How many words are listed; the others are counted.</summary>
    const int WordsMax = 300;

    static readonly SortedNames Keywords = new(
    [
        "all", "and", "anti", "as", "asc", "asof", "between", "by", "case", "cast", "comment", "count", "create",
        "cross", "default", "delete", "desc", "describe", "distinct", "drop", "else", "end", "except", "exclude",
        "exists", "explain", "false", "filter", "first", "from", "full", "group", "having", "history", "in", "inner",
        "insert", "intersect", "into", "is", "join", "last", "lateral", "left", "like", "limit", "lines", "matched",
        "merge", "not", "null", "nulls", "offset", "on", "or", "order", "outer", "over", "partition", "pivot",
            "qualify",
        "replace", "restore", "returning", "right", "rows", "sample", "select", "semi", "set", "show", "summarize",
        "table", "then", "timestamp", "true", "truncate", "union", "unnest", "unpivot", "update", "using", "values",
        "version", "view", "when", "where", "window", "with",
    ]);

    static readonly HashSet<string> BeforeTables = new(StringComparer.OrdinalIgnoreCase)
    {
        "from", "join", "into", "update", "table", "describe", "desc", "summarize", "truncate", "using", "view",
            "detail",
        "history",
    };

    readonly ConcurrentDictionary<string, Task<IReadOnlyList<string>>> columns = new(StringComparer.OrdinalIgnoreCase);
    SortedNames schemas = SortedNames.None, tables = SortedNames.None, tablesByName = SortedNames.None;
    HashSet<string> known = [];

    /// <summary>Gets the names of functions.</summary>
    public SortedNames Functions { get; private set; } = SortedNames.None;

    /// <summary>Replaces the names of tables, as <c>schema.name</c>; their columns are read again.</summary>
    public void SetTables(IReadOnlyCollection<string> names)
    {
        schemas = new(names.Select(name => name[..(name.IndexOf('.', StringComparison.Ordinal) + 1)])
            .Distinct(StringComparer.OrdinalIgnoreCase));
        tablesByName = new(names, name => name[(name.IndexOf('.', StringComparison.Ordinal) + 1)..]);
        tables = new(names);
        known = names.ToHashSet(StringComparer.OrdinalIgnoreCase);
        columns.Clear();
    }

    /// <summary>Replaces the names of functions.</summary>
    public void SetFunctions(IEnumerable<string> names) => Functions = new(names);

    /// <summary>
    /// Begins to read the columns of the tables that a text names, so that they are there when they are asked for.
    /// </summary>
    public void Prepare(string text)
    {
        foreach (Match match in Mention.Matches(text)) _ = ColumnsOf(match.Groups["table"].Value);
    }

    /// <summary>Completes the word at a place of a statement.</summary>
    /// <param name="text">The text.</param>
    /// <param name="at">The place.</param>
    public Completion Complete(string text, int at)
    {
        var start = at;
        while (start > 0 && IsNamePart(text[start - 1])) start--;
        var word = text[start..at];
        if (start > 0 && text[start - 1] == '\'') return Completion.None;
        if (text.StartsWith('\\')) return CompleteCommand(text, start, word);
        var found = new List<string>();
        if (word.LastIndexOf('.') is >= 0 and var dot) AddQualified(found, text, word, dot);
        else if (BeforeTables.Contains(WordBefore(text, start))) AddTables(found, word);
        else AddAny(found, text, word);
        return Of(start, found);
    }

    /// <summary>Completes the name of a command that begins with a backslash, or the table after it.</summary>
    Completion CompleteCommand(string text, int start, string word)
    {
        var found = new List<string>();
        if (start == 1)
            found.AddRange(PromptCommands.Names.Where(name => name.StartsWith(word, StringComparison.Ordinal)));
        else if (text[1] == 'd')
            AddTables(found, word);
        if (word.Contains('.', StringComparison.Ordinal)) found.AddRange(tables.From(word));
        return Of(start, found);
    }

    void AddQualified(List<string> found, string text, string word, int dot)
    {
        found.AddRange(tables.From(word));
        var (qualifier, part) = (word[..dot], word[(dot + 1)..]);
        foreach (Match match in Mention.Matches(text))
        {
            var table = match.Groups["table"].Value;
            if (!qualifier.Equals(table, StringComparison.OrdinalIgnoreCase)
                && !qualifier.Equals(match.Groups["alias"].Value, StringComparison.OrdinalIgnoreCase)
                && !table.EndsWith("." + qualifier, StringComparison.OrdinalIgnoreCase))
                continue;
            found.AddRange(ColumnsOf(table).Where(column => Begins(column, part)).Select(c => $"{qualifier}.{c}"));
        }
    }

    void AddTables(List<string> found, string word)
    {
        found.AddRange(schemas.From(word));
        if (word.Length > 0) found.AddRange(tablesByName.From(word));
    }

    void AddAny(List<string> found, string text, string word)
    {
        foreach (Match match in Mention.Matches(text))
            found.AddRange(ColumnsOf(match.Groups["table"].Value).Where(column => Begins(column, word)));
        if (word.Length > 0)
        {
            var isUpper = !word.Any(char.IsAsciiLetterLower);
            foreach (var keyword in Keywords.From(word)) found.Add(isUpper ? keyword.ToUpperInvariant() : keyword);
            foreach (var function in Functions.From(word)) found.Add(function + "(");
        }
        found.AddRange(schemas.From(word));
    }

    /// <summary>Returns the columns of a table, as far as they are read.</summary>
    IReadOnlyList<string> ColumnsOf(string table)
    {
        if (!known.Contains(table)) return [];
        var reading = columns.GetOrAdd(table, name => Task.Run(() => readColumns(name)));
        // It has ended: a key is never kept waiting for the lake.
        return reading.IsCompletedSuccessfully ? reading.Result : [];
    }

    static Completion Of(int start, List<string> found)
    {
        var words = found.Distinct(StringComparer.Ordinal).ToList();
        if (words.Count == 0) return Completion.None;
        var common = words[0].Length;
        foreach (var word in words)
        {
            common = Math.Min(common, word.Length);
            for (var i = 0; i < common; i++)
                if (word[i] != words[0][i]) common = i;
        }
        return new(start, words.Count > WordsMax ? words[..WordsMax] : words, words.Count, words[0][..common]);
    }

    static string WordBefore(string text, int start)
    {
        var end = start;
        while (end > 0 && char.IsWhiteSpace(text[end - 1])) end--;
        var first = end;
        while (first > 0 && char.IsLetter(text[first - 1])) first--;
        return text[first..end];
    }

    static bool Begins(string name, string word) => name.StartsWith(word, StringComparison.OrdinalIgnoreCase);

    static bool IsNamePart(char c) => char.IsLetterOrDigit(c) || c is '_' or '.' or '"';

    /// <summary>A table, and the alias after it.</summary>
    [GeneratedRegex(
        @"(?<table>\b\w+\.\w+)(\s+(as\s+)?(?<alias>(?!where\b|on\b|using\b|join\b|left\b|group\b|order\b)\w+))?",
        RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase)]
    private static partial Regex Mention { get; }
}
