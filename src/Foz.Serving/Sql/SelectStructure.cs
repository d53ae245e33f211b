using Foz.Lake.Sql;

namespace Foz.Serving.Sql;

/// <summary>An item of a SELECT's list.</summary>
/// <param name="Start">Its first token.</param>
/// <param name="End">The token after its last.</param>
/// <param name="Query">The parenthesis that contains the SELECT; −1 for the outermost one.</param>
readonly record struct SelectItem(int Start, int End, int Query);

/// <summary>Where the lists of a statement's SELECTs are.</summary>
sealed class SelectStructure
{
    static readonly HashSet<string> clauses = new(StringComparer.OrdinalIgnoreCase)
    {
        "from", "where", "group", "having", "order", "limit", "offset", "fetch", "union", "intersect", "except",
        "window", "into",
        "qualify",
    };

    readonly PgTokens tokens;
    readonly List<SelectItem> items = [];
    readonly HashSet<int> compounds = [];
    readonly bool[] isInFrom;
    readonly Stack<Frame> outer = new();
    Frame frame = new(-1);

    public SelectStructure(PgTokens tokens)
    {
        this.tokens = tokens;
        isInFrom = new bool[tokens.Count];
        for (var i = 0; i < tokens.Count; i++)
        {
            isInFrom[i] = frame.Clause == "from";
            if (tokens.IsOpening(i))
            {
                outer.Push(frame);
                frame = new(i);
            }
            else if (tokens.IsClosing(i)) Close(i);
            else if (tokens.IsSymbol(i, ',')) Add(i, next: i + 1);
            else if (tokens.KindOf(i) == SqlTokenKind.Word && !tokens.IsSymbol(i - 1, '.')) VisitWord(i);
        }
        Add(tokens.IsSymbol(tokens.Count - 1, ';') ? tokens.Count - 1 : tokens.Count, next: -1);
    }

    /// <summary>Whether a word begins a clause after the list of a SELECT.</summary>
    public static bool IsClause(string word) => clauses.Contains(word);

    /// <summary>The items; those of inner queries come before those of outer ones.</summary>
    public IReadOnlyList<SelectItem> Items => items;

    /// <summary>Whether a query is several with UNION, INTERSECT or EXCEPT between.</summary>
    /// <param name="query">The parenthesis that it stands in; −1 for the outermost one.</param>
    public bool IsCompound(int query) => compounds.Contains(query);

    /// <summary>Whether a token stands in FROM, and not inside of parentheses there.</summary>
    public bool IsInFrom(int index) => index < isInFrom.Length && isInFrom[index];

    void VisitWord(int i)
    {
        var word = tokens.NameOf(i);
        if (word == "select")
        {
            frame.Clause = "select";
            frame.ItemStart = i + 1;
            if (tokens.IsWord(i + 1, "all")) frame.ItemStart++;
            else if (tokens.IsWord(i + 1, "distinct"))
                frame.ItemStart = tokens.IsWord(i + 2, "on") ? tokens.PartnerOf(i + 3) + 1 : i + 2;
        }
        else if (frame.Clause is not null && clauses.Contains(word)
            && !(word == "group" && tokens.IsWord(i - 1, "within"))
            && !(word == "from" && tokens.IsWord(i - 1, "distinct")
                && (tokens.IsWord(i - 2, "is") || tokens.IsWord(i - 2, "not"))))
        {
            Add(i, next: -1);
            frame.Clause = word;
            if (word is "union" or "intersect" or "except") compounds.Add(frame.Open);
        }
    }

    void Close(int i)
    {
        Add(i, next: -1);
        if (outer.TryPop(out var around)) frame = around;
    }

    void Add(int end, int next)
    {
        if (frame.Clause == "select" && frame.ItemStart >= 0 && end > frame.ItemStart)
            items.Add(new(frame.ItemStart, end, frame.Open));
        if (frame.Clause == "select") frame.ItemStart = next;
    }

    /// <summary>What is between parentheses, or the whole statement.</summary>
    sealed class Frame(int open)
    {
        public int Open => open;

        public string? Clause { get; set; }

        public int ItemStart { get; set; } = -1;
    }
}
