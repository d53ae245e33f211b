namespace Foz.Lake.Sql;

/// <summary>
/// Where lines of SQL are broken. The clauses of a query that is not in one line begin lines, and a line that is longer
/// than <see cref="LineLengthMax"/> is broken at the outermost of the places that it has: at clauses, at commas, at
/// <c>and</c> and <c>or</c>, inside of parentheses and of <c>case</c>. What is broken already stays so, and nothing is
/// broken next to a comment.
/// </summary>
sealed class SqlLayout
{
    /// <summary>The characters of a line, without a comment at its end.</summary>
    public const int LineLengthMax = 100;

    const int Indentation = 4;

    /// <summary>What is shorter than this between parentheses stays together.</summary>
    const int GroupLengthMin = 24;

    readonly SqlTokens tokens;
    readonly string[] texts;
    readonly string[] gaps;
    readonly SqlGroups groups;
    readonly bool isCommaFirst;

    SqlLayout(SqlTokens tokens, string[] texts, string[] gaps)
    {
        (this.tokens, this.texts, this.gaps) = (tokens, texts, gaps);
        groups = new(tokens);
        isCommaFirst = Enumerable.Range(1, Math.Max(0, tokens.Count - 1)).Sum(i =>
            !IsLineStart(i) ? 0 : tokens.IsSymbol(i, ',') ? 1 : tokens.IsSymbol(i - 1, ',') ? -1 : 0) > 0;
    }

    /// <summary>Breaks lines.</summary>
    /// <param name="tokens">The tokens.</param>
    /// <param name="texts">The text of each.</param>
    /// <param name="gaps">The text before each, spaces and comments; is changed.</param>
    public static void Apply(SqlTokens tokens, string[] texts, string[] gaps)
    {
        var layout = new SqlLayout(tokens, texts, gaps);
        while (layout.BreakQueries() | layout.BreakLines())
        {
        }
    }

    /// <summary>Each clause of a query of several lines begins one.</summary>
    bool BreakQueries()
    {
        var isChanged = false;
        foreach (var query in groups.Queries)
        {
            if (!IsLineStart(query.First)
                || !Enumerable.Range(query.First, query.Last - query.First + 1).Any(i => IsMultiLine(i, query.First)))
                continue;
            var indent = IndentOf(query.First);
            foreach (var clause in query.Clauses) isChanged |= Break(clause, indent);
        }
        return isChanged;
    }

    bool IsMultiLine(int index, int first) =>
        texts[index].Contains('\n', StringComparison.Ordinal) || (index > first && IsLineStart(index));

    /// <summary>Each line that is too long is broken once.</summary>
    bool BreakLines()
    {
        var isChanged = false;
        for (int start = 0, end; start < tokens.Count; start = end + 1)
        {
            end = start;
            while (end + 1 < tokens.Count && !IsLineStart(end + 1)) end++;
            if (LengthOf(start, end) > LineLengthMax
                && !Enumerable.Range(
                    start, end - start + 1).Any(i => texts[i].Contains('\n', StringComparison.Ordinal)))
                isChanged |= new Line(this, start, end).Break();
        }
        return isChanged;
    }

    int LengthOf(int start, int end)
    {
        var before = gaps[start];
        var length = before.Length - (before.LastIndexOf('\n') + 1) + texts[start].Length;
        for (var i = start + 1; i <= end; i++) length += gaps[i].Length + texts[i].Length;
        return length;
    }

    bool IsLineStart(int index) => index == 0 || gaps[index].Contains('\n', StringComparison.Ordinal);

    int IndentOf(int lineStart)
    {
        var line = gaps[lineStart].AsSpan(gaps[lineStart].LastIndexOf('\n') + 1);
        return line.Length - line.TrimStart(' ').Length;
    }

    /// <summary>Whether a line can begin at a token: comments stay where they are.</summary>
    bool CanBreak(int index) => !IsLineStart(index) && gaps[index].AsSpan().IsWhiteSpace();

    /// <summary>
    /// Whether two values are added, subtracted, divided or concatenated, with spaces around: it is no sign then, and
    /// no part of another operator.
    /// </summary>
    bool IsBinary(int index)
    {
        if (gaps[index].Length == 0 || texts[index] is not ("+" or "-" or "/" or "|") || index + 1 == tokens.Count)
            return false;
        if (texts[index] != "|") return gaps[index + 1].Length > 0;
        return texts[index + 1] == "|" && gaps[index + 1].Length == 0 && index + 2 < tokens.Count
            && gaps[index + 2].Length > 0;
    }

    bool Break(int index, int indent)
    {
        if (!CanBreak(index)) return false;
        gaps[index] = "\n" + new string(' ', indent);
        return true;
    }

    /// <summary>A line that is too long.</summary>
    sealed class Line(SqlLayout layout, int start, int end)
    {
        readonly SqlGroups groups = layout.groups;
        readonly int depth = Enumerable.Range(start, end - start + 1).Min(i => layout.groups.DepthOf(i));
        readonly int indent = layout.IndentOf(start);

        /// <summary>Breaks it at the outermost places.</summary>
        public bool Break() =>
            AtClauses() || AtOn() || AtCommas() || AtConditions() || AtCases() || AtOperators() || InGroup();

        bool IsAt(int index) => groups.DepthOf(index) == depth;

        bool AtClauses()
        {
            var isBroken = false;
            for (var i = start + 1; i <= end; i++)
            {
                if (!IsAt(i) || !groups.IsClause(i)) continue;
                var first = groups.FirstOf(i);
                isBroken |= layout.Break(i, layout.IsLineStart(first) ? layout.IndentOf(first) : indent);
            }
            return isBroken;
        }

        bool AtOn()
        {
            if (!groups.IsJoin(start)) return false;
            for (var i = start + 1; i <= end; i++)
                if (IsAt(i) && layout.tokens.IsWord(i, "on")) return layout.Break(i, indent + Indentation);
            return false;
        }

        bool AtCommas()
        {
            var items = new List<int>();
            for (var i = start; i <= end; i++)
            {
                if (!IsAt(i) || !layout.tokens.IsSymbol(i, ',')) continue;
                var item = layout.isCommaFirst ? i : i + 1;
                if (item > start && item <= end && layout.CanBreak(item)) items.Add(item);
            }
            if (items.Count == 0) return false;
            var head = groups.EndOfHead(start);
            if (head > start && head <= end) layout.Break(head, indent + Indentation);
            foreach (var item in items) layout.Break(item, head > start ? indent + Indentation : indent);
            return true;
        }

        bool AtConditions()
        {
            var isBroken = false;
            var isHanging = layout.tokens.IsWord(start, "and") || layout.tokens.IsWord(start, "or")
                || layout.tokens.IsWord(start, "on")
                || groups.IsFirstInGroup(start);
            for (var i = start + 1; i <= end; i++)
                if (IsAt(i) && groups.IsConnective(i))
                    isBroken |= layout.Break(i, isHanging ? indent : indent + Indentation);
            return isBroken;
        }

        bool AtCases()
        {
            var isBroken = false;
            for (var i = start + 1; i <= end; i++)
                if (IsAt(i) && groups.IsBranch(i)) isBroken |= layout.Break(i, indent);
            if (isBroken || !layout.tokens.IsWord(start, "when")) return isBroken;
            for (var i = start + 1; i <= end; i++)
                if (IsAt(i) && layout.tokens.IsWord(i, "then")) return layout.Break(i, indent + Indentation);
            return false;
        }

        bool AtOperators()
        {
            var isBroken = false;
            for (var i = start + 1; i < end; i++)
                if (IsAt(i) && layout.IsBinary(i))
                    isBroken |= layout.Break(i, groups.IsFirstInGroup(start) ? indent : indent + Indentation);
            return isBroken;
        }

        /// <summary>
        /// Gives lines of its own to the longest group in parentheses, or between <c>case</c> and <c>end</c>.
        /// </summary>
        bool InGroup()
        {
            var (longest, opening, closing) = (GroupLengthMin - 1, -1, -1);
            for (var i = start; i <= end; i++)
            {
                if (!IsAt(i) || groups.ClosingOf(i) is not (> 0 and var close) || close > end
                    || !layout.CanBreak(close))
                    continue;
                if (!groups.IsCase(i) && !layout.CanBreak(i + 1)) continue;
                var length = layout.LengthOf(i + 1, close - 1);
                if (length > longest) (longest, opening, closing) = (length, i, close);
            }
            if (opening < 0) return false;
            if (!groups.IsCase(opening)) layout.Break(opening + 1, indent + Indentation);
            else
                for (var i = opening + 1; i < closing; i++)
                    if (groups.DepthOf(i) == depth + 1 && groups.IsBranch(i)) layout.Break(i, indent + Indentation);
            return layout.Break(closing, indent);
        }
    }
}
