using Foz.Core.Engine;

namespace Foz.Core.Serving.PostgreSql;

/// <summary>Changes of a text, collected in any order: what closes comes before what opens at the same place.</summary>
sealed class EditList
{
    readonly List<(int Position, int Rank, int Order, SqlEdit Edit)> edits = [];

    /// <summary>Puts a text before a character; what is put there later comes before it.</summary>
    public void Before(int position, string text) => edits.Add((position, 1, -edits.Count, new(new(position, 0), text)));

    /// <summary>Puts a text behind what ends at a character; what is put there later comes behind it.</summary>
    public void After(int position, string text) => edits.Add((position, 0, edits.Count, new(new(position, 0), text)));

    /// <summary>Puts a text in the place of another.</summary>
    public void Replace(int start, int end, string text) =>
        edits.Add((start, 2, edits.Count, new(new(start, end - start), text)));

    /// <summary>The text with the changes.</summary>
    public RewrittenSql Apply(string sql) => RewrittenSql.Of(
        sql, edits.OrderBy(e => e.Position).ThenBy(e => e.Rank).ThenBy(e => e.Order).Select(e => e.Edit));
}
