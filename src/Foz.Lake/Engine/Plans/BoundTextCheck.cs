using Foz.Lake.Sql;

namespace Foz.Lake.Engine.Plans;

/// <summary>
/// The last look at what the engine is to run for others: it is read once more, and all that it names is counted.
/// Whatever went wrong when the statement was checked and rewritten, no name comes through that was not checked or put
/// there.
/// </summary>
static class BoundTextCheck
{
    // The engine takes about two seconds for so many.
    const int GrowthMax = 60_000;

    /// <summary>
    /// Makes sure that a text names what a checked statement names, and what was put into it; nothing else, and nothing
    /// more often.
    /// </summary>
    /// <param name="pool">The engines that read it.</param>
    /// <param name="statement">The statement that was checked.</param>
    /// <param name="put">The replacements of its tables and calls, by where these are.</param>
    /// <param name="text">The text.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">It does not; it is not to be run.</exception>
    public static void Check(
        EnginePool pool, SqlAnalysis statement, IReadOnlyDictionary<SqlSpan, string> put, string text,
        CancellationToken cancellationToken)
    {
        if (ReferenceEquals(text, statement.Sql) || text.Equals(statement.Sql, StringComparison.Ordinal))
        {
            CheckGrowth(statement);
            return;
        }
        // No text of a statement has this character.
        var key = $"{statement.Sql}\0{text}";
        if (pool.FinalTexts.Find(key) is not null) return;
        var expected = NameCounts.Without(statement, put.ContainsKey);
        foreach (var (span, relation) in put)
            expected.Add(Read(pool, $"FROM {relation}", cancellationToken).Names, statement.TimesOf(span));
        var final = Read(pool, text, cancellationToken);
        CheckGrowth(final);
        if (expected.FindDifference(final.Names) is { } name)
            throw new FozException(
                ErrorKind.Sql, $"the statement cannot be read: it is not certain what {OwnNames.Hide(name)} is in it")
            {
                SqlState = "0A000", Hint = "write it as plain SQL, without what only some databases read",
            };
        pool.FinalTexts.Add(key, key);
    }

    static void CheckGrowth(SqlAnalysis statement)
    {
        if (statement.Growth <= GrowthMax) return;
        throw new FozException(
            ErrorKind.Sql,
            "function calls or column aliases are nested too deep: each level makes the statement several times larger")
        {
            SqlState = "54001", Hint = "compute the inner expressions in WITH … AS MATERIALIZED (…)",
        };
    }

    static SqlAnalysis Read(EnginePool pool, string text, CancellationToken cancellationToken)
    {
        using var planner = pool.BorrowPlanner(Workload.Serving);
        return planner.Session.Analyze(text, cancellationToken);
    }
}
