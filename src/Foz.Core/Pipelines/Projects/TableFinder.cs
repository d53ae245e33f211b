using Foz.Core.Engine;

namespace Foz.Core.Pipelines.Projects;

/// <summary>A table that a SELECT names.</summary>
/// <param name="Parts">The parts of its name, without quotes: one to three.</param>
/// <param name="Index">Where it stands in the text, as the index of a character.</param>
sealed record TableUse(IReadOnlyList<string> Parts, int Index)
{
    /// <summary>Whether it is written <c>STREAM(name)</c>.</summary>
    public bool IsStream { get; init; }

    /// <summary>Whether it is written as a text, which DuckDB takes for a file.</summary>
    public bool IsText { get; init; }
}

/// <summary>What a SELECT names, or why it cannot be read.</summary>
/// <param name="Uses">The tables, common table expressions left out, in the order of the text.</param>
/// <param name="Error">
/// Why it cannot be read; line and column of its place count from the first character of the text. Null if it can.
/// </param>
sealed record TableUses(IReadOnlyList<TableUse> Uses, FozException? Error);

/// <summary>Finds the tables that SELECTs name, by DuckDB's own parser.</summary>
/// <param name="engines">Gives the sessions to parse in.</param>
/// <param name="cancellationToken">Stops it.</param>
sealed class TableFinder(EnginePool engines, CancellationToken cancellationToken)
{
    /// <summary>The function that stands for what is new in a table since the last run.</summary>
    const string StreamFunction = "stream";

    /// <summary>What each of some SELECTs names, by its text.</summary>
    public IReadOnlyDictionary<string, TableUses> Find(IReadOnlyCollection<string> statements)
    {
        using var session = engines.Open(Workload.Query);
        return statements.Distinct(StringComparer.Ordinal)
            .ToDictionary(sql => sql, sql => Find(session, sql), StringComparer.Ordinal);
    }

    TableUses Find(EngineSession session, string sql)
    {
        try
        {
            var analysis = SqlAnalysis.Read(session, sql, cancellationToken);
            var tables = analysis.Tables.Select(table => new TableUse(
                [.. new[] { table.Catalog, table.Schema, table.Name }.OfType<string>()], table.Span.Start)
            {
                IsText = table.IsText,
            });
            var streams = analysis.TableFunctions.Where(f => f.Name == StreamFunction)
                .Select(f => new TableUse(f.Arguments is [var argument] ? argument.Parts : [], f.Span.Start) { IsStream = true });
            return new([.. tables.Concat(streams).OrderBy(use => use.Index)], Error: null);
        }
        catch (FozException e) when (e.Kind is ErrorKind.Sql)
        {
            return new([], e);
        }
    }
}
