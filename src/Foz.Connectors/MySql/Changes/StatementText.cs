using System.Collections.Immutable;

namespace Foz.Connectors.MySql.Changes;

/// <summary>What a statement in the log means for changes of rows.</summary>
abstract record StatementText
{
    // A SELECT is logged for the changes of a function that it calls.
    static readonly string[] RowWords =
        ["INSERT", "UPDATE", "DELETE", "REPLACE", "LOAD", "MERGE", "WITH", "CALL", "SELECT"];

    StatementText()
    {
    }

    /// <summary>Reads a statement, as far as it can change which rows tables have.</summary>
    /// <param name="database">The database that names without one are of.</param>
    /// <param name="text">The statement.</param>
    public static StatementText Read(string database, string text)
    {
        var words = new StatementWords(text);
        var first = words.Next();
        var word = first.IsQuoted ? "" : first.Text.ToUpperInvariant();
        switch (word)
        {
            case "BEGIN":
                return new Begin();
            case "START" when words.TrySkip("TRANSACTION"):
                return new Begin();
            case "COMMIT":
                return new Commit();
            case "ROLLBACK":
                return new Rollback();
            case "SAVEPOINT" or "RELEASE":
                return new Definition(EndsTransaction: false);
            case "XA":
                return new Xa(words.Next().Text.ToUpperInvariant());
        }

        if (RowWords.Contains(word)) return new Rows(word);
        var definition = new Definition(
            !text.TrimEnd().EndsWith("START TRANSACTION", StringComparison.OrdinalIgnoreCase));
        return word switch
        {
            "TRUNCATE" => definition with { Emptied = ReadTruncate(database, words) },
            "DROP" => ReadDrop(definition, database, words),
            "CREATE" => ReadCreate(definition, database, words, ForeignKeyRule(text) is not null),
            "RENAME" when words.TrySkip("TABLE", "TABLES") =>
                definition with { Replaced = ReadNames(database, words, "TO") },
            "ALTER" => ReadAlter(definition, database, words, ForeignKeyRule(text) is not null),
            _ => definition,
        };
    }

    /// <summary>Returns the first rule of a foreign key that changes rows; null where there is none.</summary>
    /// <param name="text">The statement that makes or alters the table.</param>
    public static string? ForeignKeyRule(string text)
    {
        var words = new StatementWords(text);
        while (!words.Peek.IsEnd)
        {
            if (!words.Next().Is("ON") || !words.Peek.Is("DELETE", "UPDATE")) continue;
            var change = words.Next().Text.ToUpperInvariant();
            if (words.Peek.Is("CASCADE")) return $"ON {change} CASCADE";
            if (words.TrySkip("SET")) return $"ON {change} SET {words.Next().Text.ToUpperInvariant()}";
        }

        return null;
    }

    static ImmutableArray<(string, string)> ReadTruncate(string database, StatementWords words)
    {
        words.TrySkip("TABLE");
        return [NextTable(database, words)];
    }

    static Definition ReadCreate(Definition definition, string database, StatementWords words, bool hasRule)
    {
        var replaces = words.TrySkip("OR") && words.TrySkip("REPLACE");
        if (!words.TrySkip("TABLE")) return definition;
        var table = NextTable(database, words);
        return definition with { Emptied = replaces ? [table] : [], Replaced = hasRule ? [table] : [] };
    }

    static Definition ReadDrop(Definition definition, string database, StatementWords words)
    {
        if (words.TrySkip("TABLE", "TABLES"))
            return definition with { Emptied = ReadNames(database, words, "RESTRICT", "CASCADE") };
        if (!words.TrySkip("DATABASE", "SCHEMA")) return definition;
        SkipCondition(words);
        return definition with { DroppedDatabase = words.Next().Text };
    }

    /// <summary>Reads names between commas and other words; how long a statement waits is no name.</summary>
    static ImmutableArray<(string, string)> ReadNames(
        string database, StatementWords words, params ReadOnlySpan<string> others)
    {
        var names = ImmutableArray.CreateBuilder<(string, string)>();
        while (!words.Peek.IsEnd)
        {
            if (words.TrySkip(",", ";", "NOWAIT") || words.TrySkip(others)) continue;
            if (words.TrySkip("WAIT")) words.Next();
            else names.Add(NextTable(database, words));
        }

        return names.ToImmutable();
    }

    /// <summary>
    /// Reads which tables have other rows after an ALTER TABLE: those that it renames, those of which it moves or drops
    /// a part, and those whose rows a foreign key changes from now on.
    /// </summary>
    static Definition ReadAlter(Definition definition, string database, StatementWords words, bool hasRule)
    {
        while (words.TrySkip("ONLINE", "IGNORE")) { }
        if (!words.TrySkip("TABLE")) return definition;
        var table = NextTable(database, words);
        var names = ImmutableArray.CreateBuilder<(string, string)>();
        var dropsConstraint = false;
        if (hasRule) names.Add(table);
        var depth = 0;
        while (!words.Peek.IsEnd)
        {
            var word = words.Next();
            if (word.Is("(")) depth++;
            if (word.Is(")")) depth--;
            if (depth > 0) continue;
            if (word.Is("DROP") && words.Peek.Is("FOREIGN", "CONSTRAINT")) dropsConstraint = true;
            var renames = word.Is("RENAME") && !words.Peek.Is("COLUMN", "INDEX", "KEY");
            if (renames)
                while (words.TrySkip("TO", "AS", "=")) { }
            // A table that a partition becomes, or that becomes one.
            var isOther = word.Is("WITH", "TO", "CONVERT") && words.TrySkip("TABLE");
            if (renames || isOther) names.Add(words.NextTable(database));
            if (renames || isOther || word.Is("DROP", "TRUNCATE", "EXCHANGE", "CONVERT") && words.Peek.Is("PARTITION")
                || word.Is("IMPORT", "DISCARD") && words.Peek.Is("TABLESPACE", "PARTITION"))
                names.Add(table);
        }

        return definition with { Replaced = [.. names.Distinct()], Released = dropsConstraint ? [table] : [] };
    }

    static (string, string) NextTable(string database, StatementWords words)
    {
        SkipCondition(words);
        return words.NextTable(database);
    }

    static void SkipCondition(StatementWords words)
    {
        if (!words.TrySkip("IF")) return;
        words.TrySkip("NOT");
        words.TrySkip("EXISTS");
    }

    /// <summary>A transaction begins.</summary>
    public sealed record Begin : StatementText;

    /// <summary>It is committed.</summary>
    public sealed record Commit : StatementText;

    /// <summary>It, or a part of it, is rolled back.</summary>
    public sealed record Rollback : StatementText;

    /// <summary>A step of a distributed transaction.</summary>
    public sealed record Xa(string Step) : StatementText;

    /// <summary>Rows are changed, and the log does not say which.</summary>
    public sealed record Rows(string Word) : StatementText;

    /// <summary>Anything else, such as a change of columns.</summary>
    /// <param name="EndsTransaction">Whether it is a transaction of its own.</param>
    public sealed record Definition(bool EndsTransaction) : StatementText
    {
        /// <summary>The tables that have no rows after it.</summary>
        public ImmutableArray<(string Database, string Name)> Emptied { get; init; } = [];

        /// <summary>The tables that have other rows after it, of which the log has no changes.</summary>
        public ImmutableArray<(string Database, string Name)> Replaced { get; init; } = [];

        /// <summary>The tables that have a constraint less after it, such as a foreign key.</summary>
        public ImmutableArray<(string Database, string Name)> Released { get; init; } = [];

        /// <summary>The database that is gone after it; null for none.</summary>
        public string? DroppedDatabase { get; init; }
    }
}
