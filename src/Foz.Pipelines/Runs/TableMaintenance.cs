using Foz.Delta.Checkpoints;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Journal;
using Foz.Lake.Tables;
using Foz.Lake.Tables.Maintenance;
using Foz.Pipelines.Projects;

namespace Foz.Pipelines.Runs;

/// <summary>
/// Maintains tables as the project's policies say. Nothing of it fails another writer: what does not succeed is noted,
/// and tried again later. Safe for use by many threads.
/// </summary>
/// <param name="lake">The lake.</param>
/// <param name="policies">What is done for which table.</param>
/// <param name="open">Opens a session of the engine that reads and writes rows.</param>
public sealed class TableMaintenance(Lakehouse lake, MaintenancePolicies policies, Func<EngineSession> open)
{
    /// <summary>The kind of its rows in <c>foz.steps</c>.</summary>
    public const string Kind = "maintenance";

    // Deletion vectors cost scans little, and rewriting costs much.
    const double DeletedShareMax = 0.3;

    /// <summary>Maintains tables with the engine of models, after a run.</summary>
    internal static TableMaintenance OfRuns(Lakehouse lake, MaintenancePolicies policies) =>
        new(lake, policies, () => lake.Engines.Open(Workload.Models));

    /// <summary>
    /// Gets how many bytes one call moves at most; more are left to the next one. The default has no limit.
    /// </summary>
    public long? MovedBytesMax { get; init; }

    /// <summary>Maintains a table.</summary>
    /// <param name="runId">The run that does it.</param>
    /// <param name="name">Its name, as the project's SQL has it.</param>
    /// <param name="table">Its name in the lake.</param>
    /// <param name="columns">What the project says of its columns.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>What was done, or why it was not; null where nothing was to do.</returns>
    /// <exception cref="OperationCanceledException">It was stopped; what is committed stays.</exception>
    public async Task<StepRecord?> RunAsync(
        string runId, TableName name, TableName table, IReadOnlyList<ColumnDefinition> columns,
        CancellationToken cancellationToken)
    {
        var policy = policies.Of(name);
        var aging = Aging(policy, table, columns);
        var startedAt = lake.Clock.GetUtcNow();
        try
        {
            var opened = await lake.OpenTableAsync(table, cancellationToken);
            if (await opened.FindLatestAsync(cancellationToken) is not { } present) return null;
            var notes = new List<string>();
            foreach (var (column, age) in aging) await RetainAsync(opened, column, age, notes, cancellationToken);
            var version = policy.Optimizes ? await OptimizeAsync(opened, policy, notes, cancellationToken) : null;
            version = await AnalyzeAsync(opened, present, notes, cancellationToken) ?? version;
            if (policy.Vacuums) version = await VacuumAsync(opened, notes, cancellationToken) ?? version;
            // Commits of this program write the checkpoints that are due.
            if (version is null) await CheckpointAsync(opened, present, notes, cancellationToken);
            return notes.Count == 0 ? null : Record(Outcome.Succeeded, version, notes, error: null);
        }
        catch (Exception e) when (e is not OperationCanceledException && DeltaErrors.Find(e) is not null)
        {
            var error = DeltaErrors.Find(e)!;
            // What a table does not allow is no news at every run.
            return error.Kind is ErrorKind.Table && aging.Count == 0
                ? null
                : Record(Outcome.Warned, version: null, [], error.Describe());
        }

        StepRecord Record(Outcome outcome, long? version, List<string> notes, string? error) =>
            Of(runId, $"{table}", startedAt, lake.Clock.GetUtcNow()) with
            {
                Outcome = outcome,
                TableVersion = version,
                Warnings = [.. notes],
                Error = error,
            };
    }

    /// <summary>Returns the record of a table for which nothing was to do, after one that failed.</summary>
    /// <param name="runId">The run that looked at it.</param>
    /// <param name="table">Its name in the lake.</param>
    /// <param name="startedAt">When it began to look.</param>
    /// <param name="finishedAt">When it had looked.</param>
    public static StepRecord Holds(
        string runId, string table, DateTimeOffset startedAt, DateTimeOffset finishedAt) =>
        Of(runId, table, startedAt, finishedAt);

    static StepRecord Of(string runId, string table, DateTimeOffset startedAt, DateTimeOffset finishedAt) => new()
    {
        RunId = runId, Step = table, Kind = Kind, Outcome = Outcome.Succeeded,
        StartedAt = startedAt, FinishedAt = finishedAt,
    };

    /// <summary>The columns by whose age rows go.</summary>
    static List<(string Column, TimeSpan Age)> Aging(
        MaintenancePolicy policy, TableName table, IReadOnlyList<ColumnDefinition> columns) =>
        policy.Keep is { } keep && JournalTables.Contains(table)
            ? [(JournalTables.TimeColumnOf(table), keep)]
            : [
                .. columns.Where(column => column.Retention is not null)
                    .Select(column => (column.Name, column.Retention!.Value)),
            ];

    async Task RetainAsync(
        LakeTable table, string column, TimeSpan age, List<string> notes, CancellationToken cancellationToken)
    {
        using var session = open();
        var rows = await TableRetention.ApplyAsync(session, table, column, age, cancellationToken);
        if (rows > 0) notes.Add($"the retention of {column} was over for {rows} rows");
    }

    async Task<long?> OptimizeAsync(
        LakeTable table, MaintenancePolicy policy, List<string> notes, CancellationToken cancellationToken)
    {
        using var session = open();
        var options = new OptimizeOptions
        {
            IsAuto = true, FilesMin = policy.SmallFiles, DeletedShareMax = DeletedShareMax,
        };
        if (MovedBytesMax is { } most) options = options with { CommitBytesMax = most, CommitsMax = 1 };
        var result = await new TableOptimizer(session).OptimizeAsync(table, options, null, cancellationToken);
        if (result.Commits > 0)
            notes.Add($"OPTIMIZE put {result.Removed.Files} files together to {result.Added.Files}");
        if (result.FilesGivenUp > 0)
            notes.Add($"OPTIMIZE left {result.FilesGivenUp} files that others changed at the same time");
        return result.Commits > 0 ? result.Version : null;
    }

    /// <summary>Reads the statistics of files whose writer gave none.</summary>
    async Task<long?> AnalyzeAsync(
        LakeTable table, TableSnapshot present, List<string> notes, CancellationToken cancellationToken)
    {
        if (present.State.Files.All(file => !file.Stats.IsNone)) return null;
        using var session = open();
        var result = await new TableAnalyzer(session).AnalyzeMissingAsync(table, cancellationToken);
        notes.Add($"ANALYZE read the statistics of {result.Files} files, which had none");
        return result.Version;
    }

    static async Task<long?> VacuumAsync(LakeTable table, List<string> notes, CancellationToken cancellationToken)
    {
        if (!await TableVacuum.IsDueAsync(table, cancellationToken)) return null;
        var result = await TableVacuum.RunAsync(table, new(), null, cancellationToken);
        if (result.Files.Count == 0) return null;
        notes.Add($"VACUUM deleted {result.Files.Count} files, {result.Bytes} bytes");
        return result.Version;
    }

    /// <summary>Writes a checkpoint where the writers of a table write none.</summary>
    static async Task CheckpointAsync(
        LakeTable table, TableSnapshot present, List<string> notes, CancellationToken cancellationToken)
    {
        var commits = present.State.Tail.CommitCount;
        switch (await table.Delta.WriteCheckpointIfDueAsync(present.State, cancellationToken))
        {
            case CheckpointResult.Written:
                notes.Add($"a checkpoint after {commits} commits");
                break;
            case CheckpointResult.Failed failed:
                throw new FozException(
                    ErrorKind.Storage, $"a checkpoint cannot be written: {failed.Error.Message}", failed.Error);
        }
    }
}
