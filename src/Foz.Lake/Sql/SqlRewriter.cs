using System.Runtime.InteropServices;
using System.Text;

namespace Foz.Lake.Sql;

/// <summary>A statement with other text in some places.</summary>
/// <param name="Text">The statement.</param>
public sealed record RewrittenSql(string Text)
{
    /// <summary>The places, in order.</summary>
    internal IReadOnlyList<SqlEdit> Edits { get; init; } = [];

    /// <summary>
    /// A statement with other text in some places, which are given in any order. Where words or quotes of two of them,
    /// or of one and the statement, would touch, a blank keeps them apart: <c>select'a'</c> needs none, and a call in
    /// the place of <c>'a'</c> does.
    /// </summary>
    /// <exception cref="FozException">
    /// Two of them overlap, as they do in texts that are no SQL: of kind <see cref="ErrorKind.Sql"/>.
    /// </exception>
    public static RewrittenSql Of(string sql, IEnumerable<SqlEdit> edits)
    {
        var ordered = edits.OrderBy(edit => edit.Span.Start).ToList();
        var text = new StringBuilder();
        var position = 0;
        foreach (ref var edit in CollectionsMarshal.AsSpan(ordered))
        {
            if (edit.Span.Start < position)
                throw new FozException(ErrorKind.Sql, $"syntax error at or near \"{sql[edit.Span.Start..position]}\"")
                {
                    SqlState = "42601", Place = SqlPlaces.At(sql, edit.Span.Start),
                };
            text.Append(sql, position, edit.Span.Start - position);
            position = edit.Span.End;
            var next = edit.Text.Length > 0 ? edit.Text[0] : '\0';
            if (text.Length > 0 && Join(text[^1], next)) edit = edit with { Text = " " + edit.Text };
            var last = edit.Text.Length > 0 ? edit.Text[^1] : text.Length > 0 ? text[^1] : '\0';
            if (position < sql.Length && Join(last, sql[position])) edit = edit with { Text = edit.Text + " " };
            text.Append(edit.Text);
        }
        text.Append(sql, position, sql.Length - position);
        return new(text.ToString()) { Edits = ordered };
    }

    /// <summary>
    /// Whether two adjacent characters are of one word, or the second of two quotes escapes the quote itself.
    /// </summary>
    static bool Join(char one, char other) =>
        (one == other && one is '\'' or '"') || (IsOfWord(one) && IsOfWord(other));

    static bool IsOfWord(char c) => char.IsLetterOrDigit(c) || c is '_' or '$';

    /// <summary>
    /// The character of the statement as it was that a character of <see cref="Text"/> comes from; inside of a
    /// replacement, the beginning of what it replaces.
    /// </summary>
    public int ToOriginal(int position)
    {
        var shift = 0;
        foreach (var edit in Edits)
        {
            var start = edit.Span.Start + shift;
            if (position < start) break;
            if (position < start + edit.Text.Length) return edit.Span.Start;
            shift += edit.Text.Length - edit.Span.Length;
        }
        return position - shift;
    }
}

/// <summary>Text in the place of other text.</summary>
public readonly record struct SqlEdit(SqlSpan Span, string Text);

/// <summary>
/// Puts relations in the place of tables, so that the rest of the statement still finds their columns.
/// </summary>
sealed class SqlRewriter(SqlAnalysis analysis)
{
    readonly List<SqlEdit> edits = [];
    readonly List<(TableReference Table, string Alias)> aliased = [];

    public RewrittenSql Rewrite(Func<TableReference, string?> table, Func<TableFunctionCall, string?>? function)
    {
        foreach (var reference in analysis.Tables)
            if (table(reference) is { } relation) Replace(reference, relation);
        foreach (var call in analysis.TableFunctions)
            if (function?.Invoke(call) is { } relation) edits.Add(new(call.Span, WithAlias(call, relation)));
        var replaced = edits.Select(e => e.Span).ToList();
        // Arguments of a call that is replaced go with it.
        foreach (var column in analysis.Columns)
            if (!replaced.Exists(span => column.Span.Start >= span.Start && column.Span.Start < span.End))
                Shorten(column);
        return RewrittenSql.Of(analysis.Sql, edits);
    }

    void Replace(TableReference reference, string relation)
    {
        if (reference.Alias is null)
        {
            var alias = AliasOf(reference);
            aliased.Add((reference, alias));
            relation = $"{relation} AS {SqlText.Identifier(alias)}";
        }
        var before = analysis.Tokens.IndexAt(reference.Span.Start) - 1;
        // After these words comes a bare name; a relation needs its FROM.
        if (analysis.Tokens.IsWord(before, "TABLE") && !analysis.Tokens.IsWord(before - 1, "CREATE"))
            edits.Add(new(SpanOf(before), "FROM"));
        else if (analysis.Tokens.IsWord(before, "DESCRIBE") || analysis.Tokens.IsWord(before, "DESC")
            || analysis.Tokens.IsWord(before, "SUMMARIZE"))
            relation = $"FROM {relation}";
        else if (analysis.Tokens.IsWord(before, "SHOW"))
            edits.Add(new(SpanOf(before), "DESCRIBE FROM"));
        edits.Add(new(reference.Span, relation));
        if (reference.At is { Span.Length: > 0 } at) edits.Add(new(at.Span, ""));
    }

    /// <summary>The relation; with the name of the table in the call's argument where the call has no alias.</summary>
    static string WithAlias(TableFunctionCall call, string relation) =>
        call.Alias is null && call.Arguments is [{ Parts: [.., var table] }, ..]
            ? $"{relation} AS {SqlText.Identifier(table)}"
            : relation;

    SqlSpan SpanOf(int token) =>
        new(analysis.Tokens[token].Start, analysis.Tokens[token].End - analysis.Tokens[token].Start);

    /// <summary>
    /// The table's name; with its schema in front where the same SELECT has a table of that name from another schema.
    /// </summary>
    string AliasOf(TableReference reference)
    {
        var isAmbiguous = reference.Schema is not null && analysis.Tables.Any(other =>
            other != reference && other.Scope == reference.Scope && other.Alias is null
            && Same(other.Name, reference.Name) && !Same(other.Schema, reference.Schema));
        return isAmbiguous ? $"{reference.Schema}.{reference.Name}" : reference.Name;
    }

    /// <summary>Takes schema and catalog off a column's name, which an alias does not have.</summary>
    void Shorten(ColumnReference column)
    {
        if (column.Parts.Count < 3 || column.Span.Length == 0 || analysis.LocalNames.Contains(column.Parts[0])) return;
        for (var scope = column.Scope; scope >= 0; scope = analysis.ParentScopes[scope])
        {
            foreach (var (table, alias) in aliased.Where(a => a.Table.Scope == scope))
            {
                var qualifiers = QualifiersOf(table, column.Parts);
                if (qualifiers == 0) continue;
                var first = analysis.Tokens.IndexAt(column.Span.Start);
                var end = analysis.Tokens[first + (2 * qualifiers)].End;
                edits.Add(new(new(column.Span.Start, end - column.Span.Start), SqlText.Identifier(alias)));
                return;
            }
        }
    }

    /// <summary>
    /// How many parts of a column's name are the table's schema and catalog; 0 if it is not the table's.
    /// </summary>
    static int QualifiersOf(TableReference table, IReadOnlyList<string> parts)
    {
        if (table.Schema is null) return 0;
        if (Same(parts[0], table.Schema) && Same(parts[1], table.Name)) return 1;
        return parts.Count > 3 && Same(parts[1], table.Schema) && Same(parts[2], table.Name)
            && (table.Catalog is null || Same(parts[0], table.Catalog)) ? 2 : 0;
    }

    static bool Same(string? left, string? right) => string.Equals(left, right, StringComparison.OrdinalIgnoreCase);
}
