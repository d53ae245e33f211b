namespace Foz.Lake.Sql;

/// <summary>A query: a statement, or a SELECT in parentheses.</summary>
/// <param name="First">Its first token.</param>
/// <param name="Last">Its last token.</param>
/// <param name="Clauses">The first tokens of its clauses, of which the first token of all is none.</param>
readonly record struct SqlQuery(int First, int Last, IReadOnlyList<int> Clauses);

/// <summary>
/// The groups in tokens of SQL: between parentheses, brackets and braces, and between <c>case</c> and <c>end</c>; and
/// the clauses.
/// </summary>
sealed class SqlGroups
{
    enum GroupKind
    {
        Query,
        Other,
        Case,
    }

    /// <summary>What the words of joins are, of which the last is <c>join</c>.</summary>
    static readonly string[] JoinWords =
        ["natural", "asof", "positional", "cross", "inner", "left", "right", "full", "outer", "semi", "anti", "join"];

    readonly SqlTokens tokens;
    readonly int[] depths;
    readonly int[] closings;
    readonly int[] firsts;
    readonly GroupKind[] kinds;
    readonly bool[] connectives;
    readonly List<(int First, int Last)> ranges = [];

    /// <summary>Reads the groups of tokens; a group that is never closed continues to the end.</summary>
    public SqlGroups(SqlTokens tokens)
    {
        this.tokens = tokens;
        (depths, closings, firsts) = (new int[tokens.Count], new int[tokens.Count], new int[tokens.Count]);
        (kinds, connectives) = (new GroupKind[tokens.Count], new bool[tokens.Count]);
        Read();
        Queries =
        [
            .. ranges.Select(range => new SqlQuery(range.First, range.Last,
                [
                    .. Enumerable.Range(
                        range.First,
                        range.Last - range.First
                            + 1).Where(i => i > range.First && firsts[i] == range.First && IsClause(i)),
                ])),
        ];
    }

    /// <summary>The queries, outer ones after those that they hold.</summary>
    public IReadOnlyList<SqlQuery> Queries { get; }

    /// <summary>Returns how many groups a token is in; a token that opens or closes one is not in it.</summary>
    public int DepthOf(int index) => depths[index];

    /// <summary>What closes the group that a token opens; 0 where it opens none.</summary>
    public int ClosingOf(int index) => closings[index];

    /// <summary>Returns the first token of the group that a token is in.</summary>
    public int FirstOf(int index) => firsts[index];

    /// <summary>Whether it is the first token of a group.</summary>
    public bool IsFirstInGroup(int index) => firsts[index] == index && index > 0;

    /// <summary>Whether a token opens a <c>case</c>.</summary>
    public bool IsCase(int index) => IsKeyword(index, "case");

    /// <summary>Whether it is <c>when</c> or <c>else</c> of the <c>case</c> that it is in.</summary>
    public bool IsBranch(int index) =>
        kinds[index] is GroupKind.Case && (tokens.IsWord(index, "when") || tokens.IsWord(index, "else"));

    /// <summary>Whether it is an <c>and</c> or <c>or</c> between conditions, and not of <c>between</c>.</summary>
    public bool IsConnective(int index) => connectives[index];

    /// <summary>Whether a clause begins at a token.</summary>
    public bool IsClause(int index) => kinds[index] switch
    {
        GroupKind.Query => IsClauseOfQuery(index),
        GroupKind.Other => IsWords(index, "partition", "by") || IsWords(index, "order", "by") || IsFrame(index),
        _ => false,
    };

    /// <summary>Whether a join begins at a token.</summary>
    public bool IsJoin(int index)
    {
        if (kinds[index] is not GroupKind.Query || !IsJoinWord(index) || (index > 0 && IsJoinWord(index - 1)))
            return false;
        while (!tokens.IsWord(index, "join") && IsJoinWord(index + 1)) index++;
        return IsKeyword(index, "join");
    }

    /// <summary>
    /// Returns where the items of a clause begin after its words, as <c>select distinct</c>; the token itself where no
    /// clause with items begins at it.
    /// </summary>
    public int EndOfHead(int index)
    {
        if (IsWords(index, "partition", "by") || IsWords(index, "order", "by") || IsWords(index, "group", "by"))
            return index + 2;
        if (kinds[index] is not GroupKind.Query) return index;
        if (IsKeyword(index, "with")) return index + (tokens.IsWord(index + 1, "recursive") ? 2 : 1);
        if (IsKeyword(index, "from") || IsKeyword(index, "window")
            || (tokens.IsWord(index, "values") && tokens.IsSymbol(index + 1, '(')))
            return index + 1;
        if (!IsKeyword(index, "select")) return index;
        if (!IsKeyword(index + 1, "distinct")) return index + 1;
        return IsKeyword(index + 2, "on") && ClosingAt(index + 3) is > 0 and var close ? close + 1 : index + 2;
    }

    int ClosingAt(int index) => index < tokens.Count ? closings[index] : 0;

    bool IsClauseOfQuery(int index)
    {
        if (!SqlFormat.IsKeyword(tokens, index)) return IsJoin(index);
        var (before, isClause) = (index - 1, false);
        isClause |= IsAny(index, "select", "where", "having", "qualify", "limit", "offset", "union", "intersect");
        isClause |= tokens.IsWord(index, "from") && !tokens.IsWord(before, "delete")
            && !(tokens.IsWord(before, "distinct")
                && (tokens.IsWord(before - 1, "is") || tokens.IsWord(before - 1, "not")));
        isClause |= tokens.IsWord(index, "except") && !tokens.IsSymbol(before, '*');
        isClause |= tokens.IsWord(index, "window") && tokens.IsWord(index + 2, "as");
        return isClause || IsWords(index, "group", "by") || IsWords(index, "order", "by") || IsJoin(index);
    }

    bool IsFrame(int index) => IsAny(index, "rows", "range", "groups")
        && (IsAny(index + 1, "between", "unbounded", "current")
            || (index + 1 < tokens.Count && tokens[index + 1].Kind is SqlTokenKind.Number));

    /// <summary>Whether it is a word of a join, and not the function <c>left</c> or a column.</summary>
    bool IsJoinWord(int index) =>
        IsAny(index, JoinWords) && !tokens.IsSymbol(index - 1, '.') && !tokens.IsSymbol(index + 1, '.')
            && !tokens.IsWord(index - 1, "as") && (tokens.IsWord(index, "join") || !tokens.IsSymbol(index + 1, '('));

    bool IsWords(int index, string first, string second) =>
        tokens.IsWord(index, first) && tokens.IsWord(index + 1, second);

    bool IsAny(int index, params ReadOnlySpan<string> words)
    {
        foreach (var word in words)
            if (tokens.IsWord(index, word)) return true;
        return false;
    }

    bool IsKeyword(int index, string word) => tokens.IsWord(index, word) && SqlFormat.IsKeyword(tokens, index);

    void Read()
    {
        var open = new Stack<(int Opening, int First, GroupKind Kind, bool IsBetween)>();
        var current = (Opening: -1, First: 0, Kind: GroupKind.Query, IsBetween: false);
        for (var i = 0; i < tokens.Count; i++)
        {
            var closes = current.Kind is GroupKind.Case ? IsKeyword(i, "end") : IsClosing(i) && current.Opening >= 0;
            // A case without end ends with the group that it is in.
            while (!closes && current.Kind is GroupKind.Case && IsClosing(i)) Leave(i - 1);
            if (closes || (IsClosing(i) && current.Opening >= 0))
            {
                closings[current.Opening] = i;
                Leave(i - 1);
            }
            (depths[i], firsts[i], kinds[i]) = (open.Count, current.First, current.Kind);
            if (tokens.IsWord(i, "between")) current.IsBetween = true;
            else if (IsKeyword(i, "and") || IsKeyword(i, "or"))
                (connectives[i], current.IsBetween) = (!current.IsBetween || tokens.IsWord(i, "or"), false);
            if (IsKeyword(i, "case") || IsOpening(i))
            {
                open.Push(current);
                current = (i, i + 1, KindOf(i), false);
            }
            else if (tokens.IsSymbol(i, ';') && open.Count == 0)
            {
                ranges.Add((current.First, i));
                current.First = i + 1;
            }
        }
        while (open.Count > 0) Leave(tokens.Count - 1);
        if (current.First < tokens.Count) ranges.Add((current.First, tokens.Count - 1));

        void Leave(int last)
        {
            if (current.Kind is GroupKind.Query && current.First <= last) ranges.Add((current.First, last));
            current = open.Pop();
        }
    }

    bool IsOpening(int index) =>
        tokens.IsSymbol(index, '(') || tokens.IsSymbol(index, '[') || tokens.IsSymbol(index, '{');

    bool IsClosing(int index) =>
        tokens.IsSymbol(index, ')') || tokens.IsSymbol(index, ']') || tokens.IsSymbol(index, '}');

    GroupKind KindOf(int opening)
    {
        if (tokens.IsWord(opening, "case")) return GroupKind.Case;
        var first = opening + 1;
        while (tokens.IsSymbol(first, '(')) first++;
        return IsKeyword(first, "select") || IsKeyword(first, "with") || IsKeyword(first, "from")
            || tokens.IsWord(first, "values")
            ? GroupKind.Query : GroupKind.Other;
    }
}
