using Foz.Lake.Sql;

namespace Foz.Serving.Sql;

/// <summary>One statement of a text of several.</summary>
/// <param name="Text">The statement, without the semicolon.</param>
/// <param name="Start">The character of the whole text that it begins at.</param>
public readonly record struct ScriptStatement(string Text, int Start);

/// <summary>Texts of several statements.</summary>
public static class SqlScript
{
    /// <summary>
    /// The statements of a text, in order: semicolons in quotes, comments and parentheses divide nothing. Empty ones
    /// are left out, so that a text of nothing gives none.
    /// </summary>
    public static IReadOnlyList<ScriptStatement> Split(string sql)
    {
        var tokens = SqlTokens.Read(sql);
        var statements = new List<ScriptStatement>();
        var (first, depth) = (0, 0);
        for (var i = 0; i < tokens.Count; i++)
        {
            if (tokens.IsSymbol(i, '(')) depth++;
            else if (tokens.IsSymbol(i, ')')) depth--;
            else if (depth <= 0 && tokens.IsSymbol(i, ';'))
            {
                Add(first, i);
                first = i + 1;
            }
        }
        Add(first, tokens.Count);
        return statements;

        void Add(int from, int to)
        {
            if (from < to) statements.Add(new(sql[tokens[from].Start..tokens[to - 1].End], tokens[from].Start));
        }
    }
}
