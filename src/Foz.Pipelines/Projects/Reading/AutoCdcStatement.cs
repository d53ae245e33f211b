using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Data;
using Foz.Lake.Sql;

namespace Foz.Pipelines.Projects.Reading;

/// <summary>
/// Reads Spark's <c>CREATE FLOW … AS AUTO CDC INTO …</c>: what it says becomes the words of the strategy <c>cdc</c>,
/// and a SELECT of its source.
/// </summary>
sealed class AutoCdcStatement
{
    const string Form =
        "write CREATE FLOW name AS AUTO CDC INTO table FROM STREAM(source) KEYS (id) SEQUENCE BY column …";

    static readonly string[] clauses = ["KEYS", "IGNORE", "APPLY", "SEQUENCE", "COLUMNS", "STORED", "TRACK"];

    readonly SqlBody body;
    readonly SqlTokens tokens;
    readonly ErrorList errors;
    readonly List<YamlEntry> words;
    int at;

    AutoCdcStatement(SqlBody body, SqlTokens tokens, ErrorList errors)
    {
        (this.body, this.tokens, this.errors) = (body, tokens, errors);
        words =
        [
            new("type", body.Start, new YamlNode.Scalar("incremental", isQuoted: false, body.Start)),
            new("strategy", body.Start, new YamlNode.Scalar("cdc", isQuoted: false, body.Start)),
        ];
    }

    /// <summary>Reads a model's text, if it is such a statement.</summary>
    /// <param name="body">The text.</param>
    /// <param name="model">The name of the model.</param>
    /// <param name="errors">Takes what is wrong.</param>
    /// <returns>What it says, and its SELECT; null where it is another statement.</returns>
    public static (YamlNode.Mapping Words, SqlBody Body)? Read(SqlBody body, TableName? model, ErrorList errors)
    {
        if (!body.Text.StartsWith("CREATE", StringComparison.OrdinalIgnoreCase)) return null;
        var statement = new AutoCdcStatement(body, SqlTokens.Read(body.Text), errors);
        return statement.Take("CREATE", "FLOW") ? statement.Read(model) : null;
    }

    (YamlNode.Mapping Words, SqlBody Body) Read(TableName? model)
    {
        var select = new SqlBody("SELECT 1", body.Start);
        _ = ReadName();
        if (!Take("AS", "AUTO", "CDC", "INTO")) return Ended(select, "'AS AUTO CDC INTO'");
        CheckTarget(ReadName(), model);
        if (!Take("FROM")) return Ended(select, "'FROM'");
        var from = at;
        SkipToClause();
        select = SelectOf(from);
        while (at < tokens.Count)
            if (!ReadClause()) return Ended(select, string.Join(", ", clauses));
        return (new YamlNode.Mapping(words, body.Start), select);
    }

    /// <summary>Notes what was expected where the statement has something else.</summary>
    (YamlNode.Mapping Words, SqlBody Body) Ended(SqlBody select, string expected)
    {
        var found = at < tokens.Count ? $"'{tokens.TextOf(at)}'" : "the end";
        errors.Add(Place(at), $"AUTO CDC: expected {expected}, got {found}", Form);
        // Words that were not read are not missing ones.
        var table = new YamlNode.Scalar("table", isQuoted: false, body.Start);
        return (new YamlNode.Mapping([new("type", body.Start, table)], body.Start), select with { Text = "SELECT 1" });
    }

    void CheckTarget(string target, TableName? model)
    {
        if (model is null || target.Equals($"{model}", StringComparison.OrdinalIgnoreCase)
            || target.Equals(model.Name, StringComparison.OrdinalIgnoreCase))
            return;
        errors.Add(
            Place(at - 1), $"AUTO CDC writes INTO {target}, and the model of the file is {model}",
            $"write INTO {model}, or move the statement to the file of {target}");
    }

    /// <summary>The SELECT of a source: a name, or <c>STREAM</c> of one.</summary>
    SqlBody SelectOf(int from)
    {
        var place = Place(from);
        var text = TextFrom(from, at);
        // STREAM without parentheses is Spark's too.
        if (tokens.IsWord(from, "STREAM") && !tokens.IsSymbol(from + 1, '('))
            text = $"STREAM({TextFrom(from + 1, at)})";
        return new($"SELECT * FROM {text}", body.Start) { Map = _ => place };
    }

    bool ReadClause()
    {
        var place = Place(at);
        if (Take("KEYS")) return AddList("keys", place);
        if (Take("IGNORE", "NULL", "UPDATES")) return !IsWord("ON") && Add("ignore_null_updates", "true", place);
        if (Take("APPLY", "AS", "DELETE", "WHEN")) return AddText("apply_as_delete_when", place);
        if (Take("APPLY", "AS", "TRUNCATE", "WHEN")) return AddText("apply_as_truncate_when", place);
        if (Take("SEQUENCE", "BY")) return AddText("sequence_by", place);
        if (Take("STORED", "AS", "SCD", "TYPE")) return AddText("stored_as_scd_type", place);
        if (Take("TRACK", "HISTORY", "ON"))
            return AddList(TakesAllBut() ? "track_history_except_columns" : "track_history_columns", place);
        return Take("COLUMNS") && AddList(TakesAllBut() ? "except_columns" : "columns", place);
    }

    bool TakesAllBut()
    {
        if (!tokens.IsSymbol(at, '*') || !tokens.IsWord(at + 1, "EXCEPT")) return false;
        at += 2;
        return true;
    }

    /// <summary>Adds a list of names, in parentheses or without.</summary>
    bool AddList(string key, Place place)
    {
        var (from, to) = (at, at);
        SkipToClause();
        to = at;
        if (tokens.IsSymbol(from, '(')) (from, to) = (from + 1, tokens.Closing(from));
        var names = new List<YamlNode>();
        for (var index = from; index < to; index++)
            if (tokens.IsName(index))
                names.Add(new YamlNode.Scalar(tokens.NameOf(index), isQuoted: true, Place(index)));
        words.Add(new(key, place, new YamlNode.Sequence(names, place)));
        return names.Count > 0;
    }

    /// <summary>Adds the text up to the next clause.</summary>
    bool AddText(string key, Place place)
    {
        var from = at;
        SkipToClause();
        return at > from && Add(key, TextFrom(from, at), place);
    }

    bool Add(string key, string text, Place place)
    {
        words.Add(new(key, place, new YamlNode.Scalar(text, isQuoted: false, place)));
        return true;
    }

    void SkipToClause()
    {
        for (var depth = 0; at < tokens.Count; at++)
        {
            if (depth == 0 && clauses.Any(IsWord)) return;
            if (tokens.IsSymbol(at, '(')) depth++;
            if (tokens.IsSymbol(at, ')')) depth--;
        }
    }

    /// <summary>A name of parts with dots between them.</summary>
    string ReadName()
    {
        var parts = new List<string>();
        while (tokens.IsName(at))
        {
            parts.Add(tokens.NameOf(at++));
            if (!tokens.IsSymbol(at, '.')) break;
            at++;
        }
        return string.Join('.', parts);
    }

    bool IsWord(string word) => tokens.IsWord(at, word);

    bool Take(params ReadOnlySpan<string> expected)
    {
        for (var i = 0; i < expected.Length; i++)
            if (!tokens.IsWord(at + i, expected[i])) return false;
        at += expected.Length;
        return true;
    }

    string TextFrom(int from, int to) => to > from ? body.Text[tokens[from].Start..tokens[to - 1].End] : "";

    Place Place(int token) =>
        body.PlaceOf(token < tokens.Count ? tokens[token].Start : body.Text.Length);
}
