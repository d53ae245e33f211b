using Foz.Lake.Sql;

namespace Foz.Serving.Sql;

/// <summary>
/// Turns the SQL of others into DuckDB's where they differ. It works on tokens: names and structure stay, so that each
/// place of what comes out is one of what came in. What is the same in both is not looked at.
/// </summary>
abstract class SqlTranslator
{
    private protected SqlTranslator(string sql)
    {
        Tokens = new(sql);
        Tokens.CheckPairs();
        IsDone = new bool[Tokens.Count];
        Structure = new(Tokens);
    }

    /// <summary>The statement.</summary>
    private protected PgTokens Tokens { get; }

    /// <summary>Where the lists of its SELECTs are.</summary>
    private protected SelectStructure Structure { get; }

    /// <summary>What changes of it.</summary>
    private protected EditList Edits { get; } = new();

    /// <summary>Which tokens have been replaced.</summary>
    private protected bool[] IsDone { get; }

    /// <summary>
    /// Whether a name is that of the function whose field may end the database: DuckDB takes it in any case, also
    /// between quotes.
    /// </summary>
    private protected static bool IsDatePart(string name) =>
        name.Equals("date_part", StringComparison.OrdinalIgnoreCase)
        || name.Equals("datepart", StringComparison.OrdinalIgnoreCase);

    /// <summary>Puts a text in the place of tokens.</summary>
    private protected void Replace(int from, int to, string text)
    {
        Edits.Replace(Tokens.StartOf(from), Tokens.EndOf(to - 1), text);
        for (var i = from; i < to; i++) IsDone[i] = true;
    }

    /// <summary>The arguments of a call whose name is at a token: the first token of each.</summary>
    private protected List<int> ArgumentsOf(int i)
    {
        var close = Tokens.PartnerOf(i + 1);
        List<int> starts = close > i + 2 ? [i + 2] : [];
        for (var at = i + 2; at < close; at++)
        {
            if (Tokens.IsOpening(at)) at = Tokens.PartnerOf(at);
            else if (Tokens.IsSymbol(at, ',')) starts.Add(at + 1);
        }
        return starts;
    }

    /// <summary>The AS of a CAST whose name is at a token; −1 where there is none.</summary>
    private protected int AsOf(int i, int close)
    {
        for (var at = i + 2; at < close; at++)
        {
            if (Tokens.IsOpening(at)) at = Tokens.PartnerOf(at);
            else if (Tokens.IsWord(at, "as")) return at;
        }
        return -1;
    }

    /// <summary><c>FOR VERSION AS OF 3</c> as DuckDB's <c>AT (VERSION => 3)</c>.</summary>
    private protected void VisitTimeTravel(int i)
    {
        var unit = Tokens.IsWord(i + 1, "version") || Tokens.IsWord(i + 1, "system_version") ? "VERSION" : "TIMESTAMP";
        var end = Tokens.OperandEnd(i + 4);
        Replace(i, i + 4, $"AT ({unit} =>");
        // The constant is all that DuckDB takes here.
        if (Tokens.IsWord(i + 4, "timestamp") && Tokens.KindOf(i + 5) == SqlTokenKind.Text) Replace(i + 4, i + 5, "");
        Edits.After(Tokens.EndOf(end - 1), ")");
    }

    /// <summary><c>U&amp;'\0041'</c> as the text that it is.</summary>
    private protected void VisitUnicode(int i)
    {
        if (Tokens.KindOf(i + 2) is not (SqlTokenKind.Text or SqlTokenKind.QuotedName)) return;
        var quote = Tokens.Sql[Tokens.StartOf(i + 2)];
        var text = PgUnicode.Decode(Tokens.Sql[(Tokens.StartOf(i + 2) + 1)..(Tokens.EndOf(i + 2) - 1)], quote);
        Replace(i, i + 3, $"{quote}{text}{quote}");
    }
}
