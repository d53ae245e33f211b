using System.Text;
using Foz.Lake;
using Foz.Lake.Engine;

namespace Foz.Serving.PostgreSql;

/// <summary>Changes of a text, collected in any order: what closes comes before what opens at the same place.</summary>
sealed class EditList
{
    // A copy inside of a copy doubles the text each time.
    const int LengthMax = 1 << 22;

    readonly List<Entry> entries = [];

    /// <summary>Puts a text before a character; what is put there later comes before it.</summary>
    public void Before(int position, string text) => entries.Add(new(position, 0, Rank: 2, -entries.Count, text));

    /// <summary>Puts a text behind what ends at a character; what is put there later comes behind it.</summary>
    public void After(int position, string text) => entries.Add(new(position, 0, Rank: 1, entries.Count, text));

    /// <summary>
    /// Puts a part of the text, as it is when all changes are made, between two others behind what ends at a character; it comes
    /// before all that is put there otherwise.
    /// </summary>
    /// <param name="position">The character.</param>
    /// <param name="prefix">What stands in front of the copy.</param>
    /// <param name="start">Where the part begins.</param>
    /// <param name="end">Where it ends, at <paramref name="position"/> at the latest; what is put there is not part of it.</param>
    /// <param name="suffix">What stands behind the copy.</param>
    public void Copy(int position, string prefix, int start, int end, string suffix) =>
        entries.Add(new(position, 0, Rank: 0, entries.Count, prefix) { CopyStart = start, CopyEnd = end, Suffix = suffix });

    /// <summary>Puts a text in the place of another.</summary>
    public void Replace(int start, int end, string text) => entries.Add(new(start, end - start, Rank: 3, entries.Count, text));

    /// <summary>Forgets what was to be put in the place of a text.</summary>
    public void Forget(int start, int end) => entries.RemoveAll(entry => entry.Rank == 3 && entry.Position >= start && entry.Position + entry.Length <= end);

    /// <summary>The text with the changes.</summary>
    /// <exception cref="FozException">It would be longer than a statement may be.</exception>
    public RewrittenSql Apply(string sql)
    {
        entries.Sort(static (a, b) =>
            a.Position != b.Position ? a.Position.CompareTo(b.Position) : a.Rank != b.Rank ? a.Rank.CompareTo(b.Rank) : a.Order.CompareTo(b.Order));
        return RewrittenSql.Of(sql, entries.Select(entry => new SqlEdit(new(entry.Position, entry.Length), TextOf(sql, entry))));
    }

    string TextOf(string sql, Entry entry)
    {
        if (entry.CopyStart < 0) return entry.Text;
        SqlNesting.Check();
        var text = new StringBuilder(entry.Text);
        var at = entry.CopyStart;
        foreach (var inner in entries)
        {
            if (inner.Position < entry.CopyStart || inner.Position >= entry.CopyEnd) continue;
            text.Append(sql, at, Math.Max(inner.Position - at, 0)).Append(TextOf(sql, inner));
            at = inner.Position + inner.Length;
            if (text.Length > LengthMax)
                throw new FozException(ErrorKind.Sql, "the statement has too many averages inside of each other") { SqlState = "54001" };
        }
        return text.Append(sql, at, Math.Max(entry.CopyEnd - at, 0)).Append(entry.Suffix).ToString();
    }

    readonly record struct Entry(int Position, int Length, int Rank, int Order, string Text)
    {
        public int CopyStart { get; init; } = -1;

        public int CopyEnd { get; init; }

        public string Suffix { get; init; } = "";
    }
}
