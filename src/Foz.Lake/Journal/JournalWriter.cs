using System.Globalization;
using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Engine.Functions;
using Foz.Lake.Sql;
using Foz.Lake.Tables;
using Foz.Lake.Tables.Alterations;
using Foz.Lake.Tables.Writing;

namespace Foz.Lake.Journal;

/// <summary>
/// Brings the journal's records into the tables of the schema <c>foz</c>, and reads those still on their way.
/// </summary>
/// <param name="lake">The lake.</param>
public sealed class JournalWriter(Lakehouse lake)
{
    /// <summary>
    /// How long a table remembers which segments of a writer it has. A segment is deleted right after its commits, and
    /// where that failed, by the next run.
    /// </summary>
    static KeyValuePair<string, string> Retention { get; } = new(
        "delta.setTransactionRetentionDuration", "interval 7 days");

    /// <summary>Returns an identifier for a run that starts now; those of later runs sort after it.</summary>
    public static string NewRunId(TimeProvider clock) => string.Create(
        CultureInfo.InvariantCulture, $"{clock.GetUtcNow():yyyyMMddHHmmssfff}-{Guid.NewGuid().ToString("N")[..4]}");

    /// <summary>
    /// Commits the records of a run, and of those that are gone. Each table carries the number of a run's last segment
    /// in a <c>txn</c> of that run, so that a crash between two tables, or between a commit and the deletion of the
    /// segment, loses and doubles nothing, whatever clocks said. Where it fails, with an error that
    /// <see cref="DeltaErrors.Find"/> knows, what is not committed stays in the journal.
    /// </summary>
    /// <param name="session">Writes the tables.</param>
    /// <param name="journal">The run's journal.</param>
    /// <param name="mayMove">Whether the records of another run may be moved: it works no more.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>What did not go well although the records are committed.</returns>
    public async Task<IReadOnlyList<Warning>> FlushAsync(
        EngineSession session, RunJournal journal, Func<string, ValueTask<bool>> mayMove,
        CancellationToken cancellationToken)
    {
        var warnings = new List<Warning>();
        var work = lake.Engines.CreateTempFolder();
        try
        {
            foreach (var ofRun in (await journal.CloseAsync(mayMove, cancellationToken))
                .GroupBy(segment => segment.RunId))
            {
                var segments = ofRun.OrderBy(segment => segment.Number).ToList();
                var records = new List<(long Number, List<ReadOnlyMemory<byte>> Records)>();
                foreach (var segment in segments)
                    records.Add((segment.Number, [.. await segment.ReadAsync(cancellationToken)]));
                var batch = new StepBatch($"foz.journal.{ofRun.Key}", segments[^1].Number);
                var tables = records.SelectMany(segment => segment.Records).Select(JournalSegment.TableOf)
                    .ToHashSet(StringComparer.Ordinal);
                foreach (var name in JournalTables.Names.Where(name => tables.Contains(name.Name)))
                {
                    var file = Path.Combine(work.FullName, $"{ofRun.Key}-{name.Name}.jsonl");
                    var export = (long done) => records.Where(segment => segment.Number > done)
                        .Sum(segment => JournalSegment.Export(segment.Records, name.Name, file));
                    if (await AppendAsync(lake, session, name, batch, export, file, cancellationToken) is { } warning)
                        warnings.Add(warning);
                }
                Foz.Storage.Failpoint.Hit("journal.committed");
                foreach (var segment in segments) await segment.DeleteAsync(cancellationToken);
            }
        }
        finally
        {
            work.Delete(recursive: true);
        }
        return warnings;
    }

    /// <summary>
    /// The records of a table that have not reached it, in a file of their own; null where there are none. Meant to be
    /// read beside the table.
    /// </summary>
    /// <param name="table">The table's name inside the schema <c>foz</c>.</param>
    public async Task<PendingRows?> SelectPendingAsync(string table)
    {
        var own = table is AuditRecord.Table or QueryRecord.Table or HostRecord.Table or StreamRecord.Table
            ? RecordSegments.In(lake.JournalFolder, table) : [];
        var segments = await RecordsOfRunsAsync();
        if (own.Count == 0 && segments.Count == 0) return null;
        var folder = lake.Engines.CreateTempFolder();
        var file = Path.Combine(folder.FullName, $"{table}.jsonl");
        var pending = new PendingRows(Select(table, file), folder);
        var count = 0;
        try
        {
            count = segments.Sum(records => JournalSegment.Export(records, table, file))
                + own.Sum(segment => RecordSegments.Export(segment, file));
        }
        finally
        {
            if (count == 0) pending.Dispose();
        }
        return count > 0 ? pending : null;
    }

    async Task<List<IEnumerable<ReadOnlyMemory<byte>>>> RecordsOfRunsAsync()
    {
        var records = new List<IEnumerable<ReadOnlyMemory<byte>>>();
        foreach (var segment in await RunJournal.ListAsync(lake, CancellationToken.None))
            records.Add(await segment.ReadAsync(CancellationToken.None));
        return records;
    }

    /// <summary>Adds records to a table, unless it has those of their segment.</summary>
    /// <param name="lake">The lake.</param>
    /// <param name="session">Writes the table.</param>
    /// <param name="name">The table.</param>
    /// <param name="batch">Their writer, and the number of its segment.</param>
    /// <param name="export">
    /// Writes the records of the writer's segments after a number to a file as lines of JSON, and returns how many
    /// there are.
    /// </param>
    /// <param name="file">The file.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>What did not go well although the records are committed; null for nothing.</returns>
    internal static async Task<Warning?> AppendAsync(
        Lakehouse lake, EngineSession session, TableName name, StepBatch batch, Func<long, int> export, string file,
        CancellationToken cancellationToken)
    {
        var present = await (await lake.OpenTableAsync(name, cancellationToken)).FindLatestAsync(cancellationToken);
        if (export(present?.BatchOf(batch.Step) ?? 0) == 0) return null;
        var table = await lake.DefineTableAsync(name, description: null, owner: null, cancellationToken);
        if (present is not null && !present.Properties.ContainsKey(Retention.Key))
            await new TableAlterer(session).AlterAsync(
                table, new TableAlteration.SetProperties(new Dictionary<string, string>([Retention])),
                cancellationToken);
        try
        {
            await using var change = await new TableWriter(session).AppendAsync(
                table, Select(name.Name, file),
                new() { Batch = batch, Properties = [new(Retention.Key, Retention.Value)] }, cancellationToken);
            return (await change.CommitAsync(cancellationToken)).Warning;
        }
        catch (Exception e) when (present is null && DeltaErrors.Find(e) is { Kind: ErrorKind.Conflict })
        {
            // Another run made the table first: the records are added to it. Exports add to the file.
            File.Delete(file);
            return await AppendAsync(lake, session, name, batch, export, file, cancellationToken);
        }
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
