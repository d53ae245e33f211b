using Foz.Lake.Engine;

namespace Foz.Serving.PostgreSql;

/// <content>Columns of joins.</content>
sealed partial class PgTranslator
{
    /// <summary><c>SELECT *</c> of joins with USING: the columns of USING come first, those of the last join in front.</summary>
    void OrderJoinedColumns()
    {
        foreach (var item in Structure.Items)
        {
            if (item.End != item.Start + 1 || !Tokens.IsSymbol(item.Start, '*') || !Tokens.IsWord(item.Start - 1, "select")
                || !Tokens.IsWord(item.End, "from") || UsingColumns(item.End + 1) is not { Count: > 0 } columns) continue;
            var list = string.Join(", ", columns);
            Edits.Replace(Tokens.StartOf(item.Start), Tokens.EndOf(item.Start), $"{list}, * EXCLUDE ({list})");
        }
    }

    /// <summary>The columns of USING of a FROM that joins with nothing else; null of any other.</summary>
    List<string>? UsingColumns(int from)
    {
        List<string> columns = [];
        var (joins, usings) = (0, 0);
        for (var at = from; at < Tokens.Count && Structure.IsInFrom(at) && !Tokens.IsClosing(at); at++)
        {
            if (Tokens.IsSymbol(at, ',') || Tokens.IsWord(at, "on") || Tokens.IsWord(at, "natural") || Tokens.IsWord(at, "cross")) return null;
            if (Tokens.IsWord(at, "join")) joins++;
            if (Tokens.IsWord(at, "using") && Tokens.IsSymbol(at + 1, '('))
            {
                usings++;
                columns.InsertRange(0, ArgumentsOf(at).Where(Tokens.IsName).Select(i => SqlText.Identifier(Tokens.NameOf(i))).Where(name => !columns.Contains(name)));
            }
            if (Tokens.IsOpening(at)) at = Tokens.PartnerOf(at);
        }
        return joins == usings ? columns : null;
    }
}
