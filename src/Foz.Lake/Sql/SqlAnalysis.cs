using System.Text;
using System.Text.Json;

namespace Foz.Lake.Sql;

/// <summary>
/// What one SELECT names, read from DuckDB's own parse tree: nothing is bound, so the names need not exist. DESCRIBE,
/// SUMMARIZE, SHOW, VALUES and FROM count as SELECT.
/// </summary>
public sealed class SqlAnalysis
{
    internal SqlAnalysis(
        string sql, SqlTokens tokens, SqlTreeReader tree, SqlComparisons comparisons, SqlNumbers numbers)
    {
        (Sql, Tokens, Comparisons, Numbers) = (sql, tokens, comparisons, numbers);
        Tables = tree.Tables;
        TableFunctions = tree.TableFunctions;
        Columns = tree.Columns;
        (Functions, Names) = (tree.Functions.Keys.ToHashSet(StringComparer.Ordinal), NameCounts.Of(tree));
        LocalNames = tree.LocalNames;
        WithNames = tree.WithNames;
        ParentScopes = tree.ParentScopes;
        (TakesAllColumns, IsExpression) = (tree.TakesAllColumns, tree.IsExpression);
        (Relations, Multiplies, Folded) = (tree.Relations, tree.Multiplies, tree.Folded);
    }

    /// <summary>The statement; all positions are in this text.</summary>
    public string Sql { get; }

    /// <summary>The tables and views, in the order of the text. A table named twice is there twice.</summary>
    public IReadOnlyList<TableReference> Tables { get; }

    /// <summary>The table functions, in the order of the text.</summary>
    public IReadOnlyList<TableFunctionCall> TableFunctions { get; }

    /// <summary>The columns, in the order of the text; parameters of lambdas among them.</summary>
    public IReadOnlyList<ColumnReference> Columns { get; }

    /// <summary>The scalar, aggregate and window functions, in small letters, each once.</summary>
    public IReadOnlySet<string> Functions { get; }

    /// <summary>
    /// Whether it takes columns that it does not name: by a star, by place, by joins of columns of one name.
    /// </summary>
    public bool TakesAllColumns { get; }

    /// <summary>
    /// Whether it is <c>SELECT</c> and one expression, and nothing else: an expression that is in parentheses there is
    /// complete elsewhere too.
    /// </summary>
    public bool IsExpression { get; }

    /// <summary>The names that WITH gives to queries.</summary>
    public IReadOnlySet<string> WithNames { get; }

    /// <summary>
    /// How many relations it reads, those of a query of WITH that is put in wherever it is named counted there too.
    /// </summary>
    public long Relations { get; }

    /// <summary>Whether it has joins or recursion, so that it can make many rows of few.</summary>
    public bool Multiplies { get; }

    /// <summary>
    /// The functions, in small letters, that the engine may compute while it binds the statement, as often as they are
    /// called.
    /// </summary>
    public IReadOnlyList<string> Folded { get; }

    /// <summary>
    /// How many more expressions it has when it is bound than are written in it; 0 where no functions for clients are
    /// defined.
    /// </summary>
    internal double Growth { get; private init; }

    /// <summary>The tokens of the text.</summary>
    public SqlTokens Tokens { get; }

    /// <summary>What it compares.</summary>
    internal SqlComparisons Comparisons { get; }

    /// <summary>What it does with numbers that PostgreSQL does otherwise.</summary>
    internal SqlNumbers Numbers { get; }

    /// <summary>How often it names each table, table function and function.</summary>
    internal NameCounts Names { get; }

    /// <summary>
    /// Aliases and common table expressions, in any case: what a first part of a column's name may mean.
    /// </summary>
    internal IReadOnlySet<string> LocalNames { get; }

    /// <summary>For each SELECT the one around it, −1 for none.</summary>
    internal IReadOnlyList<int> ParentScopes { get; }

    /// <summary>
    /// Returns how often its tree has the table or call at a place; once where none is there.
    /// </summary>
    internal int TimesOf(SqlSpan place) =>
        Tables.FirstOrDefault(table => table.Span == place)?.Times
            ?? TableFunctions.FirstOrDefault(call => call.Span == place)?.Times ?? 1;

    /// <summary>
    /// The statement as the engine reads it: each character of it at its place but what was only blank, and its tokens.
    /// </summary>
    internal static (string Sql, SqlTokens Tokens) Tokenize(string sql)
    {
        var tokens = SqlTokens.Read(sql);
        sql = tokens.Blanked;
        EngineScanner.Check(sql, tokens);
        return Normalize(sql, tokens) is { } normalized ? (normalized, SqlTokens.Read(normalized)) : (sql, tokens);
    }

    /// <summary>Reads a statement whose tree is known.</summary>
    internal static SqlAnalysis Read(string sql, SqlTokens tokens, ReadOnlyMemory<byte> json, MacroSizes? macros = null)
    {
        if (tokens.Count == 0) throw Refused(sql, 0, "the statement is empty");
        using var document = ParseTree(json);
        var root = document.RootElement;
        if (root.GetProperty("error").GetBoolean()) throw Failure(sql, tokens, root);
        var statements = root.GetProperty("statements");
        if (statements.GetArrayLength() != 1)
            throw Refused(sql, StartOfSecond(tokens), "only one statement can stand here");
        var node = statements[0].GetProperty("node");
        var tree = new SqlTreeReader(sql, tokens);
        tree.ReadStatement(node);
        return new(sql, tokens, tree, SqlComparisons.Read(node), SqlNumbers.Read(node))
        {
            Growth = macros is null ? 0 : SqlGrowth.Measure(node, macros),
        };
    }

    static JsonDocument ParseTree(ReadOnlyMemory<byte> json)
    {
        try
        {
            return JsonDocument.Parse(json, new() { MaxDepth = SqlTreeReader.DepthMax });
        }
        catch (JsonException e) when (json.Span.IndexOf("Infinity"u8) >= 0)
        {
            // DuckDB writes a number like 1e999 as infinite, which JSON has no word for.
            throw new FozException(ErrorKind.Sql, "a number of the statement is out of range", e)
            {
                SqlState = "22003", Hint = "write it as a text with its type, such as 'Infinity'::double precision",
            };
        }
    }

    /// <summary>Replaces tables and table functions with other text.</summary>
    /// <param name="table">
    /// The relation for a table, such as <c>(SELECT …)</c> or a name; null leaves the table unchanged. Where the
    /// reference has no alias, the relation gets the table's name for one, and columns written with schema or catalog
    /// are shortened to it. An <c>AT</c> clause is taken out.
    /// </param>
    /// <param name="function">
    /// The same for calls of table functions; null leaves them all. A call without an alias gets the table's name in
    /// its first argument for one, if that is a name: <c>STREAM(bronze.orders)</c> is called <c>orders</c>.
    /// </param>
    public RewrittenSql Rewrite(
        Func<TableReference, string?> table, Func<TableFunctionCall, string?>? function = null) =>
        new SqlRewriter(this).Rewrite(table, function);

    /// <summary>
    /// The statement with names of arguments that are also keywords in quotes: DuckDB does not parse
    /// <c>timestamp := …</c>. Null if there are none.
    /// </summary>
    static string? Normalize(string sql, SqlTokens tokens)
    {
        StringBuilder? normalized = null;
        for (var i = tokens.Count - 3; i >= 0; i--)
        {
            if (!tokens.IsWord(i, "timestamp") || !tokens.IsSymbol(i + 1, ':') || !tokens.IsSymbol(i + 2, '='))
                continue;
            normalized ??= new(sql);
            normalized.Insert(tokens[i].End, '"').Insert(tokens[i].Start, '"');
        }
        return normalized?.ToString();
    }

    static FozException Failure(string sql, SqlTokens tokens, JsonElement error)
    {
        var message = OwnNames.Hide(error.GetProperty("error_message").GetString()!);
        if (!error.GetProperty("error_type").ValueEquals("parser"))
        {
            var hint = tokens.IsWord(0, "PIVOT") ? "write SELECT * FROM (PIVOT … ON … IN (…) …)" : null;
            var statement = tokens.TextOf(0).ToString().ToUpperInvariant();
            if (statement is "SELECT" or "WITH" or "FROM" or "VALUES")
                return Refused(
                    sql, tokens[0].Start, "only one statement can stand here", "remove what follows the first ;");
            return Refused(sql, tokens[0].Start, $"only a SELECT can stand here, not {statement}", hint);
        }
        return error.TryGetProperty("position", out var text)
            && int.TryParse(text.GetString(), System.Globalization.CultureInfo.InvariantCulture, out var position)
            ? new(ErrorKind.Sql, message) { Place = SqlPlaces.OfCodePoint(sql, position) }
            : new(ErrorKind.Sql, message);
    }

    static FozException Refused(string sql, int position, string message, string? hint = null) =>
        new(ErrorKind.Sql, message) { Place = SqlPlaces.At(sql, position), Hint = hint };

    static int StartOfSecond(SqlTokens tokens)
    {
        var index = 0;
        while (index < tokens.Count - 1 && !tokens.IsSymbol(index, ';')) index++;
        return tokens[Math.Min(index + 1, tokens.Count - 1)].Start;
    }
}
