namespace Foz.Connectors.MySql.Changes;

/// <summary>What a statement in the log means for changes of rows.</summary>
abstract record StatementText
{
    static readonly string[] RowWords = ["INSERT", "UPDATE", "DELETE", "REPLACE", "LOAD", "MERGE", "WITH", "CALL"];

    StatementText()
    {
    }

    /// <summary>Reads the beginning of a statement.</summary>
    /// <param name="database">The database that names without one are of.</param>
    /// <param name="text">The statement.</param>
    public static StatementText Read(string database, string text)
    {
        var words = new Words(text);
        var first = words.Next().ToUpperInvariant();
        switch (first)
        {
            case "BEGIN":
                return new Begin();
            case "START" when words.Next().Equals("TRANSACTION", StringComparison.OrdinalIgnoreCase):
                return new Begin();
            case "COMMIT":
                return new Commit();
            case "ROLLBACK":
                return new Rollback();
            case "SAVEPOINT" or "RELEASE":
                return new Other(EndsTransaction: false);
            case "XA":
                return new Xa(words.Next().ToUpperInvariant());
            case "TRUNCATE":
                return ReadTruncate(database, words);
        }

        return RowWords.Contains(first)
            ? new Rows(first)
            : new Other(!text.TrimEnd().EndsWith("START TRANSACTION", StringComparison.OrdinalIgnoreCase));
    }

    static Truncate ReadTruncate(string database, Words words)
    {
        var name = words.Next();
        if (name.Equals("TABLE", StringComparison.OrdinalIgnoreCase)) name = words.Next();
        if (!words.TrySkip('.')) return new Truncate(database, name);
        return new Truncate(name, words.Next());
    }

    /// <summary>A transaction begins.</summary>
    public sealed record Begin : StatementText;

    /// <summary>It is committed.</summary>
    public sealed record Commit : StatementText;

    /// <summary>It, or a part of it, is rolled back.</summary>
    public sealed record Rollback : StatementText;

    /// <summary>A table is emptied.</summary>
    public sealed record Truncate(string Database, string Table) : StatementText;

    /// <summary>A step of a distributed transaction.</summary>
    public sealed record Xa(string Step) : StatementText;

    /// <summary>Rows are changed, and the log does not say which.</summary>
    public sealed record Rows(string Word) : StatementText;

    /// <summary>Anything else, such as a change of columns.</summary>
    public sealed record Other(bool EndsTransaction) : StatementText;

    /// <summary>Reads words and names, over comments.</summary>
    sealed class Words(string text)
    {
        int at;

        public string Next()
        {
            SkipSpace();
            if (at == text.Length) return "";
            var quote = text[at];
            if (quote is not ('`' or '"'))
            {
                var start = at;
                while (at < text.Length && (char.IsLetterOrDigit(text[at]) || text[at] is '_' or '$')) at++;
                return text[start..at];
            }

            var name = new System.Text.StringBuilder();
            for (at++; at < text.Length; at++)
            {
                if (text[at] == quote && (at + 1 == text.Length || text[at + 1] != quote)) break;
                if (text[at] == quote) at++;
                name.Append(text[at]);
            }

            at = Math.Min(at + 1, text.Length);
            return name.ToString();
        }

        public bool TrySkip(char character)
        {
            SkipSpace();
            if (at == text.Length || text[at] != character) return false;
            at++;
            return true;
        }

        void SkipSpace()
        {
            while (at < text.Length)
            {
                var rest = text.AsSpan(at);
                if (char.IsWhiteSpace(rest[0])) at++;
                else if (rest.StartsWith("/*!") || rest.StartsWith("/*M!")) SkipVersion();
                else if (rest.StartsWith("*/")) at += 2;
                else if (rest.StartsWith("/*")) at += Length(rest, "*/");
                else if (rest.StartsWith("--") || rest[0] == '#') at += Length(rest, "\n");
                else return;
            }
        }

        /// <summary>Skips the head of a comment that the server runs.</summary>
        void SkipVersion()
        {
            at = text.IndexOf('!', at) + 1;
            while (at < text.Length && char.IsAsciiDigit(text[at])) at++;
        }

        static int Length(ReadOnlySpan<char> rest, string end) =>
            rest.IndexOf(end, StringComparison.Ordinal) is >= 0 and var found ? found + end.Length : rest.Length;
    }
}
