using System.Collections.Concurrent;
using Foz.Lake;
using Foz.Lake.Engine;
using Foz.Lake.Sql;

namespace Foz.Pipelines.Projects.Parsing;

/// <summary>Finds the tables that SELECTs name, by DuckDB's own parser where a plain reading is not certain.</summary>
/// <param name="engines">Gives the sessions to parse in.</param>
/// <param name="cancellationToken">Stops it.</param>
sealed class TableFinder(EnginePool engines, CancellationToken cancellationToken)
{
    /// <summary>The function that returns the new rows of a table since the last run.</summary>
    const string StreamFunction = "stream";

    // Asking the engine costs more than parsing a model; much more text at once gains nothing.
    const int StatementsAtOnce = 200;

    /// <summary>Stops it.</summary>
    public CancellationToken CancellationToken => cancellationToken;

    /// <summary>What each of some SELECTs names, by its text.</summary>
    /// <param name="statements">The SELECTs.</param>
    /// <param name="cache">What was found in texts before.</param>
    public IReadOnlyDictionary<string, TableUses> Find(IReadOnlyCollection<string> statements, ParseCache cache)
    {
        var found = new ConcurrentDictionary<string, TableUses>(StringComparer.Ordinal);
        var open = new ConcurrentBag<string>();
        var all = statements.Distinct(StringComparer.Ordinal).ToArray();
        Parallel.For(0, all.Length, i =>
        {
            var sql = all[i];
            try
            {
                if (cache.FindUses(sql) is { } known) found[sql] = known;
                else if (FindPlain(sql) is { } plain) cache.Add(sql, found[sql] = plain);
                else open.Add(sql);
            }
            // A text that is nested too deep, or too long, is that of one file: the others are read.
            catch (FozException e)
            {
                found[sql] = new([], e);
            }
        });
        // The engine takes longer to open than all that is plain takes to be read.
        if (open.IsEmpty) return found;
        Parallel.ForEach(
            open.Chunk(StatementsAtOnce),
            new ParallelOptions { MaxDegreeOfParallelism = engines.Threads, CancellationToken = cancellationToken },
            () => engines.Open(Workload.Query),
            (chunk, _, session) =>
            {
                foreach (var (sql, analysis) in chunk.Zip(session.AnalyzeMany(chunk, cancellationToken)))
                {
                    found[sql] = UsesOf(analysis.Analysis, analysis.Error);
                    if (analysis.Error is null) cache.Add(sql, found[sql]);
                }
                return session;
            },
            session => session.Dispose());
        return found;
    }

    /// <summary>What a SELECT names that is plain enough to be read without the engine; null where it is not.</summary>
    internal static TableUses? FindPlain(string sql) => FastSelectParser.Find(sql) is not { } tables
        ? null
        : new(
            [
                .. tables.Where(table => table.Function is null or StreamFunction).OrderBy(table => table.Start)
                    .Select(table => new TableUse(table.Parts, table.Start) { IsStream = table.Function is not null }),
            ],
            Error: null);

    internal static TableUses UsesOf(SqlAnalysis? analysis, FozException? error)
    {
        if (analysis is null) return new([], error);
        var tables = analysis.Tables.Select(table => new TableUse(
            [.. new[] { table.Catalog, table.Schema, table.Name }.OfType<string>()], table.Span.Start)
        {
            IsText = table.IsText,
        });
        var streams = analysis.TableFunctions.Where(f => f.Name == StreamFunction)
            .Select(f =>
                new TableUse(f.Arguments is [var argument] ? argument.Parts : [], f.Span.Start) { IsStream = true });
        return new([.. tables.Concat(streams).OrderBy(use => use.Index)], Error: null);
    }
}
