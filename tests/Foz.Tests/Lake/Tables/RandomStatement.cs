using Foz.Lake.Tables.Merging;

namespace Foz.Tests.Lake.Tables;

/// <summary>One random MERGE, UPDATE, DELETE or INSERT, on a table and on the native one beside it.</summary>
sealed class RandomStatement(Random random, ChangedTable table)
{
    static readonly string[] Conditions =
    [
        "target.v > 10", "target.p = 2", "target.k = 'k3'", "target.id % 7 = 1", "target.v IS NULL", "target.id < 150",
    ];

    static readonly string[] SourceConditions = ["source.v % 2 = 0", "source.id % 3 = 0", "source.k > 'k5'"];

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public Task<string> RunAsync() => random.Next(6) switch
    {
        0 => DeleteAsync(),
        1 => UpdateAsync(),
        2 => UpsertAsync(),
        _ => MergeAsync(),
    };

    async Task<string> DeleteAsync()
    {
        var condition = Pick(Conditions).Replace("target.", "", StringComparison.Ordinal)
            + $" AND id BETWEEN {random.Next(200)} AND {random.Next(100, 400)}";
        await table.CommitAsync(await table.Writer.DeleteAsync(table.Table, condition, new(), Cancel));
        return Model($"DELETE FROM model WHERE {condition}");
    }

    async Task<string> UpdateAsync()
    {
        var condition = Pick(Conditions).Replace("target.", "", StringComparison.Ordinal);
        var value = $"coalesce(v, 0) + {random.Next(5)}";
        await table.CommitAsync(await table.Writer.UpdateAsync(
            table.Table, new Dictionary<string, string> { ["v"] = value, ["k"] = "k || 'u'" }, condition, new(),
            Cancel));
        return Model($"UPDATE model SET v = {value}, k = k || 'u' WHERE {condition}");
    }

    async Task<string> UpsertAsync()
    {
        var source = Source();
        await table.CommitAsync(await table.Writer.MergeAsync(table.Table, source, new() { Keys = ["id"] }, Cancel));
        // All rows of a key give way to the new one.
        return Model($"DELETE FROM model WHERE id IN (SELECT id FROM ({source})); INSERT INTO model {source}");
    }

    async Task<string> MergeAsync()
    {
        var source = Source();
        var on = "target.id = source.id" + (random.Next(3) switch
        {
            0 => " AND target.p = source.p",
            1 => $" AND {Pick(Conditions)}",
            _ => "",
        });
        var clauses = new List<MergeClause>();
        var sql = new List<string>();
        if (random.Next(2) == 0) Add(MergeMatch.Matched, new MergeAction.Delete(), "DELETE", Pick(Conditions));
        if (random.Next(3) > 0)
            Add(MergeMatch.Matched, SetV("target.v + source.v"), "UPDATE SET v = target.v + source.v",
                Pick(SourceConditions));
        if (random.Next(2) == 0) Add(MergeMatch.Matched, new MergeAction.UpdateAll(), UpdateAll, null);
        if (random.Next(3) > 0)
            Add(MergeMatch.NotMatched, new MergeAction.InsertAll(), InsertAll, random.Next(2) == 0
                ? Pick(SourceConditions)
                : null);
        if (random.Next(4) == 0)
            Add(MergeMatch.NotMatchedBySource, SetV("target.v - 1"), "UPDATE SET v = target.v - 1", Pick(Conditions));
        if (random.Next(6) == 0) Add(MergeMatch.NotMatchedBySource, new MergeAction.Delete(), "DELETE", "id % 5 = 0");
        if (clauses.Count == 0) Add(MergeMatch.NotMatched, new MergeAction.InsertAll(), InsertAll, null);
        await table.CommitAsync(await table.Writer.MergeAsync(
            table.Table, new() { Source = source, On = on, Clauses = clauses }, Cancel));
        return Model($"MERGE INTO model AS target USING ({source}) AS source ON ({on}) {string.Join(' ', sql)}");

        void Add(MergeMatch match, MergeAction action, string text, string? condition)
        {
            clauses.Add(new(match, action, condition));
            var words = match switch
            {
                MergeMatch.Matched => "MATCHED",
                MergeMatch.NotMatched => "NOT MATCHED",
                _ => "NOT MATCHED BY SOURCE",
            };
            sql.Add($"WHEN {words}{(condition is null ? "" : $" AND {condition}")} THEN {text}");
        }
    }

    const string UpdateAll = "UPDATE SET id = source.id, k = source.k, v = source.v, p = source.p";
    const string InsertAll = "INSERT (id, k, v, p) VALUES (source.id, source.k, source.v, source.p)";

    static MergeAction.Update SetV(string value) => new(new Dictionary<string, string> { ["v"] = value });

    /// <summary>Rows of ids in a run, each once; NULL now and then.</summary>
    string Source()
    {
        var (first, count, step) = (random.Next(350), random.Next(1, 80), random.Next(1, 4));
        return $"SELECT (CASE WHEN i = 77 THEN NULL ELSE {first} + i * {step} END)::BIGINT "
            + "AS id, 'k' || (i % 13) AS k, "
            + $"(CASE WHEN i % 9 = 4 THEN NULL ELSE i + {random.Next(20)} END)::INTEGER AS v, (i % 4)::INTEGER AS p "
            + $"FROM range({count}) r(i)";
    }

    string Model(string sql)
    {
        table.Session.Execute(sql, Cancel);
        return sql;
    }

    string Pick(string[] choices) => choices[random.Next(choices.Length)];
}
