using System.Text;

namespace Foz.Operations.Tasks;

/// <summary>Divides a command line into words, with quotes as POSIX shells have them.</summary>
static class CommandWords
{
    /// <summary>Returns the words; null where a quote is not closed.</summary>
    public static IReadOnlyList<string>? Of(string line)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        var (isWord, quote) = (false, '\0');
        for (var i = 0; i < line.Length; i++)
        {
            var c = line[i];
            if (quote == '\0' && char.IsWhiteSpace(c))
            {
                if (isWord) words.Add(word.ToString());
                word.Clear();
                isWord = false;
                continue;
            }
            isWord = true;
            if (c == quote) quote = '\0';
            else if (quote == '\0' && c is '\'' or '"') quote = c;
            else if (quote != '\'' && c == '\\' && i + 1 < line.Length) word.Append(line[++i]);
            else word.Append(c);
        }
        if (quote != '\0') return null;
        if (isWord) words.Add(word.ToString());
        return words;
    }
}
