using Foz.Lake;
using Foz.Lake.Sql;
using Foz.Serving.Sql;

namespace Foz.Serving.Trino.Translation;

/// <summary>What a translation needs of the session.</summary>
/// <param name="User">The statement's user; null for the user who reads an object that it makes.</param>
/// <param name="TimeZone">The session's time zone.</param>
/// <param name="Schema">The schema of names without one; null for none.</param>
sealed record TrinoContext(string? User, string TimeZone, string? Schema);

/// <summary>Turns Trino's SQL into DuckDB's where they differ.</summary>
sealed partial class TrinoTranslator : SqlTranslator
{
    readonly TrinoContext context;
    readonly TrinoColumns columns;
    readonly TrinoTypes seen;
    readonly HashSet<int> intervalChains = [];
    readonly Dictionary<int, Stack<(int Start, string Before)>> wraps = [];

    TrinoTranslator(string sql, TrinoContext context, TrinoColumns columns)
        : base(sql) => (this.context, this.columns, seen) = (context, columns, new(Tokens, Structure, columns));

    /// <summary>Turns one statement.</summary>
    /// <param name="sql">The statement.</param>
    /// <param name="context">What it asks of the session.</param>
    /// <param name="columns">The columns that it can name.</param>
    /// <exception cref="FozException">It has what DuckDB has no words for: <c>0A000</c>, with its place.</exception>
    public static RewrittenSql Translate(string sql, TrinoContext context, TrinoColumns columns)
    {
        var translator = new TrinoTranslator(sql, context, columns);
        for (var i = 0; i < translator.Tokens.Count; i++)
        {
            translator.Visit(i);
            translator.WrapBehind(i);
        }
        translator.CheckDepth();
        translator.NameColumns();
        return translator.Edits.Apply(sql);
    }

    void Visit(int i)
    {
        if (IsDone[i]) return;
        // Trino has no such function, and DuckDB's may end its database.
        if (Tokens.IsName(i) && Tokens.IsSymbol(i + 1, '(') && IsDatePart(Tokens.NameOf(i)))
            throw ServedFunctions.Missing(ServedFunctions.Call, Tokens.NameOf(i));
        switch (Tokens.KindOf(i))
        {
            case SqlTokenKind.Symbol:
                VisitSymbol(i);
                break;
            case SqlTokenKind.Word:
                if (!Tokens.IsSymbol(i - 1, '.')) VisitWord(i);
                break;
        }
    }

    void VisitSymbol(int i)
    {
        if (Tokens.IsSymbol(i, '-') && Tokens.IsSymbol(i + 1, '>') && Tokens.TouchesPrevious(i + 1)) VisitLambda(i);
        else if (Tokens.IsSymbol(i, '[')) VisitSubscript(i);
        else if (Tokens.IsSymbol(i, '-')) VisitMinus(i);
        else if (Tokens.IsSymbol(i, '+')) CheckPlus(i);
        else if (Tokens.IsSymbol(i, '/') || Tokens.IsSymbol(i, '%')) VisitQuotient(i);
        else if (Tokens.IsSymbol(i, '=') || Tokens.IsSymbol(i, '<') || Tokens.IsSymbol(i, '>')
            || Tokens.IsSymbol(i, '!'))
            VisitComparison(i);
    }

    /// <summary><c>(x, y) -> …</c>.</summary>
    void VisitLambda(int i)
    {
        if (Tokens.IsSymbol(i - 1, ')'))
        {
            var open = Tokens.PartnerOf(i - 1);
            Replace(open, open + 1, "lambda ");
            Replace(i - 1, i, "");
        }
        else
        {
            Edits.Before(Tokens.StartOf(i - 1), "lambda ");
        }
        Replace(i, i + 2, ":");
    }

    void VisitWord(int i)
    {
        var name = Tokens.NameOf(i);
        if (Tokens.KindOf(i + 1) == SqlTokenKind.Text && VisitLiteral(i, name)) return;
        switch (name)
        {
            case "cast" or "try_cast" when Tokens.IsSymbol(i + 1, '('):
                VisitCast(i);
                break;
            case "extract" when Tokens.IsSymbol(i + 1, '('):
                VisitExtract(i);
                break;
            case "at" when Tokens.IsWord(i + 1, "time") && Tokens.IsWord(i + 2, "zone") && Tokens.EndsOperand(i - 1):
                VisitAtTimeZone(i);
                break;
            case "for" when Tokens.IsWord(i + 2, "as") && Tokens.IsWord(i + 3, "of"):
                VisitTimeTravel(i);
                break;
            case "limit" when Tokens.IsWord(i + 1, "all"):
                Replace(i, i + 2, "");
                break;
            case "u" when Tokens.IsSymbol(i + 1, '&') && Tokens.TouchesPrevious(i + 1) && Tokens.TouchesPrevious(i + 2):
                VisitUnicode(i);
                break;
            case "values" when !Tokens.EndsOperand(i - 1) || Tokens.IsSymbol(i - 1, ')'):
                VisitValues(i);
                break;
            case "tablesample" when Tokens.IsSymbol(i + 2, '('):
                Edits.Before(Tokens.StartOf(Tokens.PartnerOf(i + 2)), "%");
                break;
            case "ignore" or "respect" when Tokens.IsWord(i + 1, "nulls") && Tokens.IsSymbol(i - 1, ')'):
                if (name == "ignore") Edits.Before(Tokens.StartOf(i - 1), " IGNORE NULLS");
                Replace(i, i + 2, "");
                break;
            case "between" when Tokens.EndsOperand(i - 1) || Tokens.IsWord(i - 1, "not"):
                VisitBetween(i);
                break;
            case "in" when Tokens.IsSymbol(i + 1, '(') && (Tokens.EndsOperand(i - 1) || Tokens.IsWord(i - 1, "not")):
                VisitIn(i);
                break;
            case "case":
                CheckCase(i);
                break;
            case "using" when Tokens.IsSymbol(i + 1, '('):
            case "natural":
                CheckJoin(i);
                break;
            case "match_recognize" or "json_table" when Tokens.IsSymbol(i + 1, '('):
                throw Refused(i, name.ToUpperInvariant());
            case "unnest" when Tokens.IsSymbol(i + 1, '(') && Structure.IsInFrom(i):
                VisitUnnest(i);
                break;
            default:
                if (!VisitSessionWord(i, name) && Tokens.IsSymbol(i + 1, '(') && !Tokens.IsOperatorWord(i))
                    VisitCall(i, name);
                break;
        }
    }

    /// <summary>Words that are values of the session, or of the moment.</summary>
    bool VisitSessionWord(int i, string name)
    {
        if (Tokens.IsSymbol(i + 1, '.') || Tokens.IsWord(i - 1, "as")) return false;
        var value = name switch
        {
            "current_user" => context.User is null ? name : SqlText.Literal(context.User),
            "current_catalog" => "'lake'",
            "current_schema" when context.User is null => throw Refused(i, "current_schema in a view"),
            "current_schema" =>
                context.Schema is null ? "CAST(NULL AS VARCHAR)" : SqlText.Literal(context.Schema.ToLowerInvariant()),
            _ => null,
        };
        if (value is not null)
        {
            Replace(i, i + 1, value);
            return true;
        }
        if (name == "current_timestamp" || (name == "now" && Tokens.IsSymbol(i + 1, '(')))
        {
            VisitNow(i);
            return true;
        }
        // Digits of the second say nothing to DuckDB.
        if (name is not ("localtimestamp" or "current_time" or "localtime") || !Tokens.IsSymbol(i + 1, '('))
            return false;
        Replace(i + 1, Tokens.PartnerOf(i + 1) + 1, "");
        return true;
    }

    /// <summary>In Trino a value alone is a row of one.</summary>
    void VisitValues(int i)
    {
        var start = i + 1;
        for (var at = start; at <= Tokens.Count; at++)
        {
            if (at < Tokens.Count && (Tokens.IsSymbol(at, '(') || Tokens.IsSymbol(at, '[')))
            {
                at = Tokens.PartnerOf(at);
                continue;
            }
            var isEnd = at == Tokens.Count || Tokens.IsSymbol(at, ')') || Tokens.IsSymbol(at, ';') || EndsValues(at);
            if (!isEnd && !Tokens.IsSymbol(at, ',')) continue;
            if (at > start) VisitRow(start, at);
            if (isEnd) return;
            start = at + 1;
        }
    }

    bool EndsValues(int i) => Tokens.KindOf(i) == SqlTokenKind.Word
        && Tokens.NameOf(i) is "order" or "limit" or "offset" or "fetch" or "union" or "intersect" or "except";

    void VisitRow(int start, int end)
    {
        if (Tokens.IsSymbol(start, '(') && Tokens.PartnerOf(start) == end - 1) return;
        if (Tokens.IsWord(start, "row") && Tokens.IsSymbol(start + 1, '(') && Tokens.PartnerOf(start + 1) == end - 1)
        {
            Replace(start, start + 1, "");
            return;
        }
        Wrap(start, end, "(");
    }

    /// <summary>Puts something around tokens once all that stands around parts of them is written.</summary>
    void Wrap(int start, int end, string before)
    {
        if (!wraps.TryGetValue(end, out var ending)) wraps[end] = ending = new();
        ending.Push((start, before));
    }

    /// <summary>
    /// Writes what stands around tokens that end with one, now that all that stands around parts of them is written.
    /// </summary>
    void WrapBehind(int i)
    {
        if (!wraps.TryGetValue(i + 1, out var ending)) return;
        foreach (var (start, before) in ending)
        {
            Edits.Before(Tokens.StartOf(start), before);
            Edits.After(Tokens.EndOf(i), ")");
        }
    }

    /// <summary>
    /// Translates UNNEST of several lists, which end at the longest, and of a map, which is recognized by its two
    /// column names.
    /// </summary>
    void VisitUnnest(int i)
    {
        var (arguments, close) = (ArgumentsOf(i), Tokens.PartnerOf(i + 1));
        var hasNumbers = Tokens.IsWord(close + 1, "with") && Tokens.IsWord(close + 2, "ordinality");
        var end = hasNumbers ? close + 3 : close + 1;
        var named = ColumnsOfAlias(end) - (hasNumbers ? 1 : 0);
        var isMap = arguments.Count == 1 && named == 2;
        if (arguments.Count < 2 && !isMap) return;
        var numbers = hasNumbers ? ", row_number() OVER ()" : "";
        Replace(
            i, i + 2,
            isMap ? $"(SELECT *{numbers} FROM (SELECT unnest(map_entries(" : $"(SELECT *{numbers} FROM (SELECT "
                + "unnest(");
        if (isMap)
        {
            Replace(close, end, "), max_depth := 2)))");
            return;
        }
        foreach (var argument in arguments.Skip(1)) Replace(argument - 1, argument, "), unnest(");
        Replace(close, end, ")))");
    }

    /// <summary>How many columns an alias names; 0 for one that names none.</summary>
    int ColumnsOfAlias(int i)
    {
        if (Tokens.IsWord(i, "as")) i++;
        return Tokens.IsName(i) && Tokens.IsSymbol(i + 1, '(') ? ArgumentsOf(i).Count : 0;
    }

    /// <summary>The error of what DuckDB has no words for.</summary>
    FozException Refused(int i, string what, string? hint = null) => new(ErrorKind.Sql, $"{what} is not supported")
    {
        Place = SqlPlaces.At(Tokens.Sql, Tokens.StartOf(i)), SqlState = "0A000", Hint = hint,
    };

    /// <summary>Columns without a name have the number of their place, as Trino counts them.</summary>
    void NameColumns()
    {
        var (query, number, last) = (-2, 0, -1);
        foreach (var item in Structure.Items.OrderBy(item => item.Query).ThenBy(item => item.Start))
        {
            // A SELECT of its own, as after UNION, begins to count again.
            if (item.Query != query || !Tokens.IsSymbol(item.Start - 1, ',') || item.Start - 1 != last) number = 0;
            (query, last) = (item.Query, item.End);
            if (!HasName(item.Start, item.End))
                Edits.After(Tokens.EndOf(item.End - 1), FormattableString.Invariant($" AS \"_col{number}\""));
            number++;
        }
    }

    bool HasName(int start, int end)
    {
        if (Tokens.IsSymbol(end - 1, '*')) return true;
        var isColumn = true;
        for (var i = start; i < end; i++)
            isColumn &= (i - start) % 2 == 0 ? Tokens.IsName(i) && !IsDone[i] : Tokens.IsSymbol(i, '.');
        if (isColumn && (end - start) % 2 == 1 && !IsConstant(start)) return true;
        if (end - start < 2 || !Tokens.IsName(end - 1)) return false;
        if (Tokens.IsWord(end - 2, "as")) return true;
        if (Tokens.KindOf(end - 1) == SqlTokenKind.Word
            && (tails.Contains(Tokens.NameOf(end - 1)) || Tokens.IsOperatorWord(end - 1)))
            return false;
        return Tokens.EndsOperand(end - 2) && !IsInterval(end - 1);
    }

    bool IsConstant(int i) => Tokens.KindOf(i) == SqlTokenKind.Word
        && Tokens.NameOf(i) is "null" or "true" or "false" or "current_date" or "current_timestamp" or "localtimestamp"
            or "current_time" or "localtime";

    bool IsInterval(int unit) => units.Contains(Tokens.NameOf(unit)) && Tokens.KindOf(unit - 1) == SqlTokenKind.Text;
}
