using System.Text;
using Foz.Lake;
using Foz.Lake.Sql;

namespace Foz.Serving.Sql;

/// <summary>Changes of a text, collected in any order: what closes comes before what opens at the same place.</summary>
sealed class EditList
{
    // A copy inside of a copy doubles the text each time.
    const int CopiedMax = 1 << 20;

    readonly List<Entry> entries = [];
    int copied;

    /// <summary>Adds a text before a character; texts added there later come before it.</summary>
    public void Before(int position, string text) => entries.Add(new(position, 0, Rank: 2, -entries.Count, text));

    /// <summary>Adds a text after what ends at a character; texts added there later come after it.</summary>
    public void After(int position, string text) => entries.Add(new(position, 0, Rank: 1, entries.Count, text));

    /// <summary>
    /// Puts texts before and after a part of the text, as <see cref="Before"/> and <see cref="After"/> do: a copy has
    /// both of them or none.
    /// </summary>
    public void Around(int start, int end, string prefix, string suffix)
    {
        entries.Add(new(start, 0, Rank: 2, -entries.Count, prefix) { OtherEnd = end });
        entries.Add(new(end, 0, Rank: 1, entries.Count, suffix) { OtherEnd = start });
    }

    /// <summary>
    /// Adds a copy of a part of the text, with all changes made in it, between two other texts after what ends at a
    /// character; it comes before all other texts added there.
    /// </summary>
    /// <param name="position">The character.</param>
    /// <param name="prefix">The text before the copy.</param>
    /// <param name="start">Where the part begins.</param>
    /// <param name="end">
    /// Where it ends, at <paramref name="position"/> at the latest. Of the texts that are added there, the copy has
    /// those that begin inside the part.
    /// </param>
    /// <param name="suffix">The text after the copy.</param>
    public void Copy(int position, string prefix, int start, int end, string suffix) =>
        entries.Add(
            new(position, 0, Rank: 0, entries.Count, prefix) { CopyStart = start, CopyEnd = end, Suffix = suffix });

    /// <summary>Puts a text in the place of another.</summary>
    public void Replace(int start, int end, string text) =>
        entries.Add(new(start, end - start, Rank: 3, entries.Count, text));

    /// <summary>Forgets what was to be put in the place of a text.</summary>
    public void Forget(int start, int end) =>
        entries.RemoveAll(entry => entry.Rank == 3 && entry.Position >= start && entry.Position + entry.Length <= end);

    /// <summary>The text with the changes.</summary>
    /// <exception cref="FozException">It would be longer than a statement may be.</exception>
    public RewrittenSql Apply(string sql)
    {
        entries.Sort(static (a, b) =>
            a.Position != b.Position
                ? a.Position.CompareTo(b.Position)
                : a.Rank != b.Rank ? a.Rank.CompareTo(b.Rank) : a.Order.CompareTo(b.Order));
        return RewrittenSql.Of(
            sql, entries.Select(entry => new SqlEdit(new(entry.Position, entry.Length), TextOf(sql, entry))));
    }

    string TextOf(string sql, Entry entry)
    {
        if (entry.CopyStart < 0) return entry.Text;
        SqlNesting.Check();
        var text = new StringBuilder(entry.Text);
        var at = entry.CopyStart;
        for (var i = FirstFrom(entry.CopyStart); i < entries.Count && entries[i].Position <= entry.CopyEnd; i++)
        {
            var inner = entries[i];
            if (!IsInside(inner, entry)) continue;
            text.Append(sql, at, Math.Max(inner.Position - at, 0)).Append(TextOf(sql, inner));
            at = inner.Position + inner.Length;
        }
        text.Append(sql, at, Math.Max(entry.CopyEnd - at, 0)).Append(entry.Suffix);
        if ((copied += text.Length) <= CopiedMax) return text.ToString();
        throw new FozException(ErrorKind.Sql, "averages, or texts compared with numbers, are nested too deep")
        {
            SqlState = "54001",
        };
    }

    /// <summary>
    /// Whether a copy has a change: of those at its start and end, only those that begin and end inside of it.
    /// </summary>
    static bool IsInside(Entry inner, Entry copy) => inner.Rank switch
    {
        0 when inner.Position == copy.CopyEnd =>
            (inner.CopyStart, -inner.Order).CompareTo((copy.CopyStart, -copy.Order)) > 0,
        1 when inner.Position == copy.CopyEnd => inner.OtherEnd >= copy.CopyStart,
        0 or 1 => inner.Position > copy.CopyStart,
        2 => inner.Position < copy.CopyEnd && inner.OtherEnd <= copy.CopyEnd,
        _ => inner.Position < copy.CopyEnd,
    };

    /// <summary>The index of the first change at a position or after it.</summary>
    int FirstFrom(int position)
    {
        var (low, high) = (0, entries.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (entries[middle].Position < position) low = middle + 1;
            else high = middle;
        }
        return low;
    }

    sealed record Entry(int Position, int Length, int Rank, int Order, string Text)
    {
        public int CopyStart { get; init; } = -1;

        public int CopyEnd { get; init; }

        public string Suffix { get; init; } = "";

        /// <summary>The other end of the part that <see cref="Around"/> is called for; −1 for other changes.</summary>
        public int OtherEnd { get; init; } = -1;
    }
}
