using System.Text;
using Foz.Lake.Data;

namespace Foz.Cli.Commands.Starting;

/// <summary>The files of a source that was asked what it has.</summary>
/// <param name="draft">The source.</param>
/// <param name="schema">The schema of its tables.</param>
/// <param name="hasSilver">Whether its current rows are tables of silver.</param>
sealed class SourceText(SourceDraft draft, string schema, bool hasSilver)
{
    /// <summary>Gets the name of the source's file.</summary>
    public string FileName => $"sources/{draft.Connection.Name}.yml";

    /// <summary>Gets the lines of the connection, below <c>connections:</c>.</summary>
    public IEnumerable<string> ConnectionLines =>
        draft.Connection.Lines.Select(line => $"    {line}").Prepend($"  {draft.Connection.Name}:");

    /// <summary>Returns the files: what they are called, and what is in them.</summary>
    public Dictionary<string, string> Files()
    {
        var files = new Dictionary<string, string>(StringComparer.Ordinal) { [FileName] = Source() };
        if (hasSilver)
            foreach (var stream in WithoutKeys)
                files[$"models/silver/{stream.Name}.sql"] = Silver(stream);
        return files;
    }

    /// <summary>The streams whose current rows cannot be found: files and answers add rows, and have no key.</summary>
    IEnumerable<StreamDraft> WithoutKeys =>
        draft.Streams.Where(stream => !draft.Connection.Kind.IsDatabase && stream.Keys.Count == 0);

    string Source()
    {
        var text = new StringBuilder();
        text.Append(hasSilver
            ? $"# Each stream is a table of {schema}, and its current rows are a table of silver.\n"
            : $"# Each stream is a table of {schema}.\n");
        text.Append($"connection: {draft.Connection.Name}\n");
        if (schema != "bronze") text.Append($"schema: {schema}\n");
        if (hasSilver) text.Append("silver: current\n");
        text.Append("streams:\n");
        foreach (var stream in draft.Streams) Add(text, stream);
        if (draft.TakesAll) text.Append("  '*':    # all others, also those to come\n");
        return text.ToString();
    }

    static void Add(StringBuilder text, StreamDraft stream)
    {
        text.Append($"  {StartText.Yaml(stream.Name)}:\n");
        foreach (var (name, yaml) in stream.Settings.Where(setting => setting.Name != "columns"))
            text.Append($"    {name}: {yaml}\n");
        var keys = $"[{string.Join(", ", stream.Keys.Select(StartText.Yaml))}]";
        text.Append(stream.Keys.Count > 0
            ? $"    keys: {keys}\n"
            : "    # keys: [id]         # the columns that identify a row\n");
        if (stream.Cursor is { } cursor)
        {
            var mark = stream.ReadsByCursor ? "" : "# ";
            if (!stream.ReadsByCursor) text.Append(
                "    # Read only changed rows; deleted ones are then not noticed:\n");
            text.Append($"    {mark}mode: incremental\n    {mark}cursor: {StartText.Yaml(cursor)}\n");
        }
        foreach (var (name, yaml) in stream.Settings.Where(setting => setting.Name == "columns"))
            text.Append($"    {name}: {yaml}\n");
    }

    /// <summary>Whether a stream is a file without rows: its table is made with the first of them.</summary>
    bool IsEmpty(StreamDraft stream) => draft.Connection.Kind == SourceKind.Files && stream.Fields.Count == 0;

    string Silver(StreamDraft stream) =>
        $"""
        /* @foz
        description: {stream.Name}, all rows; name its keys in {FileName} and delete this file for the current ones
        materialization: view
        {(IsEmpty(stream) ? "# The file is empty. Take this line out once it has rows:\nenabled: false\n" : "")}@foz */
        select {string.Join(", ", stream.Fields.Select(field => StartText.Sql(field.Name)).DefaultIfEmpty("*"))}
        from {StartText.Sql(schema)}.{StartText.Sql(stream.Name)}

        """;
}

/// <summary>A first table of gold, proposed by what the streams look like.</summary>
static class GoldProposal
{
    static readonly string[] AmountWords =
        ["total", "amount", "revenue", "value", "price", "valor", "preco", "receita", "sum", "cost", "fare"];

    static readonly string[] DateWords =
        ["order", "invoice", "sale", "sold", "paid", "payment", "purchase", "created", "date", "data", "pedido",
            "venda"];

    static readonly string[] OtherDates = ["birth", "hire", "update", "modif", "delet", "expir", "nasc", "alter"];

    /// <summary>A number, and the time that it is counted by.</summary>
    sealed record Fact(StreamDraft Stream, Field Date, Field Amount, int Score);

    /// <summary>
    /// Returns a model of sums by month, of the stream that has the likeliest amount and date; null where none has
    /// both.
    /// </summary>
    /// <param name="streams">The streams.</param>
    /// <param name="schema">The schema of their tables.</param>
    public static (string Name, string Sql)? Of(IReadOnlyList<StreamDraft> streams, string schema)
    {
        var best = streams.SelectMany(Facts).OrderByDescending(fact => fact.Score)
            .ThenByDescending(fact => fact.Stream.Rows ?? 0).FirstOrDefault();
        if (best is null) return null;
        var (date, amount) = (StartText.Sql(best.Date.Name), StartText.Sql(best.Amount.Name));
        var stream = best.Stream.Name;
        var name = StartText.NameOf(stream) + "_by_month";
        return (name, $"""
            /* @foz
            description: Monthly sums of {stream}; a first table to change
            columns:
              - {"{"}name: month, checks: [not_null, unique]{"}"}
            @foz */
            select date_trunc('month', {date})::date as month, count(*) as row_count, sum({amount}) as {amount}
            from {StartText.Sql(schema)}.{StartText.Sql(stream)}
            where {date} is not null
            group by 1

            """);
    }

    static IEnumerable<Fact> Facts(StreamDraft stream) =>
        from date in stream.Fields
        where date.Type == DataType.Date || date.Type == DataType.Timestamp || date.Type == DataType.TimestampNtz
        from amount in stream.Fields
        where amount.Type is DataType.Decimal || amount.Type == DataType.Double || amount.Type == DataType.Float
        where !amount.Name.EndsWith("id", StringComparison.OrdinalIgnoreCase)
        select new Fact(stream, date, amount, Score(AmountWords, amount) + Score(DateWords, date)
            - (Array.Exists(OtherDates, word => Has(date, word)) ? AmountWords.Length + DateWords.Length : 0));

    /// <summary>The first words of a list count most.</summary>
    static int Score(string[] words, Field field)
    {
        var at = Array.FindIndex(words, word => Has(field, word));
        return at < 0 ? 0 : words.Length - at;
    }

    static bool Has(Field field, string word) => field.Name.Contains(word, StringComparison.OrdinalIgnoreCase);
}
