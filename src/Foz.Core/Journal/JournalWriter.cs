using System.Globalization;
using Foz.Core.Catalog;
using Foz.Core.Data;
using Foz.Core.Engine;
using Foz.Core.Tables;

namespace Foz.Core.Journal;

/// <summary>Brings the journal's records into the tables of the schema <c>foz</c>, and reads those still on their way.</summary>
/// <param name="lake">The lake.</param>
public sealed class JournalWriter(Lake lake)
{
    const string Step = "foz.journal";

    readonly RunJournal journal = new(lake.JournalFolder);

    /// <summary>An identifier for a run that starts now; those of later runs sort behind it.</summary>
    public static string NewRunId(TimeProvider clock) => string.Create(
        CultureInfo.InvariantCulture, $"{clock.GetUtcNow():yyyyMMddHHmmssfff}-{Guid.NewGuid().ToString("N")[..4]}");

    /// <summary>Adds records of a run; they are durable when it returns.</summary>
    public void Append(string runId, params IReadOnlyCollection<JournalRecord> records) =>
        journal.Append(runId, records);

    /// <summary>
    /// Commits the records of all runs that have ended: each table carries the run's number in its <c>txn</c>, so that a
    /// crash between two tables loses and doubles nothing. Called by who holds the lake. Where it fails, with an error that
    /// <see cref="DeltaErrors.Find"/> knows, what is not committed stays in the journal.
    /// </summary>
    /// <returns>What did not go well although the records are committed.</returns>
    public async Task<IReadOnlyList<Warning>> FlushAsync(EngineSession session, CancellationToken cancellationToken)
    {
        var warnings = new List<Warning>();
        var work = lake.Engines.CreateTempFolder();
        try
        {
            foreach (var runId in journal.Segments())
            {
                foreach (var name in JournalTables.Names)
                {
                    var file = Path.Combine(work.FullName, $"{runId}-{name.Name}.jsonl");
                    if (await FlushAsync(session, runId, name, file, cancellationToken) is { } warning)
                        warnings.Add(warning);
                }
                journal.Delete(runId);
            }
        }
        finally
        {
            work.Delete(recursive: true);
        }
        return warnings;
    }

    /// <summary>
    /// The records of a table that have not reached it, in a file of their own; null where there are none. Meant to be read
    /// beside the table.
    /// </summary>
    /// <param name="table">The table's name inside the schema <c>foz</c>.</param>
    public PendingRows? SelectPending(string table)
    {
        var own = table is AuditRecord.Table or QueryRecord.Table ? RecordSegments.In(lake.JournalFolder, table) : [];
        if (journal.Segments() is not { Count: > 0 } segments)
        {
            if (own.Count == 0) return null;
            segments = [];
        }
        var folder = lake.Engines.CreateTempFolder();
        var file = Path.Combine(folder.FullName, $"{table}.jsonl");
        var pending = new PendingRows(Select(table, file), folder);
        var count = 0;
        try
        {
            count = segments.Sum(runId => journal.Export(runId, table, file)) + own.Sum(segment => RecordSegments.Export(segment, file));
        }
        finally
        {
            if (count == 0) pending.Dispose();
        }
        return count > 0 ? pending : null;
    }

    async Task<Warning?> FlushAsync(
        EngineSession session, string runId, TableName name, string file, CancellationToken cancellationToken)
    {
        var batch = new StepBatch(Step, long.Parse(runId.AsSpan(0, runId.IndexOf('-')), CultureInfo.InvariantCulture));
        if (journal.Export(runId, name.Name, file) == 0) return null;
        var table = await lake.DefineTableAsync(name, description: null, owner: null, cancellationToken);
        var present = await table.FindLatestAsync(cancellationToken);
        if (present?.BatchOf(Step) >= batch.Number) return null;
        await using var change = await new TableWriter(session).AppendAsync(
            table, Select(name.Name, file), new() { Batch = batch }, cancellationToken);
        return (await change.CommitAsync(cancellationToken)).Warning;
    }

    /// <summary>A SELECT of the records of a table that a file has as lines of JSON.</summary>
    internal static string Select(string table, string file)
    {
        var columns = JournalTables.Fields[table].Select(
            field => $"{SqlText.Literal(field.Name)}: {SqlText.Literal(ColumnTypes.NameOf(field.Type))}");
        return $"SELECT * FROM read_json({SqlText.Literal(file)}, format = 'newline_delimited', "
            + $"columns = {{{string.Join(", ", columns)}}})";
    }
}
