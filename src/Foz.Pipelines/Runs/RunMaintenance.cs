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
/// Looks after the tables that a run has written, as the project's policies want it. Nothing of it fails the run or
/// another writer: what does not succeed is noted, and tried again by a later run.
/// </summary>
/// <param name="lake">The lake.</param>
/// <param name="policies">What is done for which table.</param>
sealed class RunMaintenance(Lakehouse lake, MaintenancePolicies policies)
{
    // Deletion vectors cost scans little, and rewriting costs much.
    const double DeletedShareMax = 0.3;

    /// <summary>Looks after a table.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="name">Its name, as the project's SQL has it.</param>
    /// <param name="table">Its name in the lake.</param>
    /// <param name="columns">What the project says of its columns.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>What was done; null where nothing was to do.</returns>
    public async Task<StepRecord?> RunAsync(
        string runId, TableName name, TableName table, IReadOnlyList<ColumnDefinition> columns,
        CancellationToken cancellationToken)
    {
        var policy = policies.Of(name);
        var aging = columns.Where(column => column.Retention is not null).ToList();
        if (policy is { Optimizes: false, Vacuums: false } && aging.Count == 0) return null;
        var startedAt = lake.Clock.GetUtcNow();
        try
        {
            var opened = await lake.OpenTableAsync(table, cancellationToken);
            if (await opened.FindLatestAsync(cancellationToken) is null) return null;
            var notes = new List<string>();
            foreach (var column in aging) await RetainAsync(opened, column, notes, cancellationToken);
            var version = policy.Optimizes ? await OptimizeAsync(opened, policy, notes, cancellationToken) : null;
            if (policy.Vacuums) version = await VacuumAsync(opened, notes, cancellationToken) ?? version;
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

        StepRecord Record(Outcome outcome, long? version, List<string> notes, string? error) => new()
        {
            RunId = runId,
            Step = table.ToString(),
            Kind = "maintenance",
            Batch = null,
            Outcome = outcome,
            StartedAt = startedAt,
            FinishedAt = lake.Clock.GetUtcNow(),
            TableVersion = version,
            RowsWritten = 0,
            RowsRejected = 0,
            Warnings = [.. notes],
            Error = error,
        };
    }

    async Task RetainAsync(
        LakeTable table, ColumnDefinition column, List<string> notes, CancellationToken cancellationToken)
    {
        using var session = lake.Engines.Open(Workload.Models);
        var rows = await TableRetention.ApplyAsync(
            session, table, column.Name, column.Retention!.Value, cancellationToken);
        if (rows > 0) notes.Add($"the retention of {column.Name} was over for {rows} rows");
    }

    async Task<long?> OptimizeAsync(
        LakeTable table, MaintenancePolicy policy, List<string> notes, CancellationToken cancellationToken)
    {
        using var session = lake.Engines.Open(Workload.Models);
        var result = await new TableOptimizer(session).OptimizeAsync(
            table, new() { IsAuto = true, FilesMin = policy.SmallFiles, DeletedShareMax = DeletedShareMax }, null,
            cancellationToken);
        if (result.Commits > 0)
            notes.Add($"OPTIMIZE put {result.Removed.Files} files together to {result.Added.Files}");
        if (result.FilesGivenUp > 0)
            notes.Add($"OPTIMIZE left {result.FilesGivenUp} files that others changed at the same time");
        return result.Commits > 0 ? result.Version : null;
    }

    static async Task<long?> VacuumAsync(LakeTable table, List<string> notes, CancellationToken cancellationToken)
    {
        if (!await TableVacuum.IsDueAsync(table, cancellationToken)) return null;
        var result = await TableVacuum.RunAsync(table, new(), null, cancellationToken);
        if (result.Files.Count == 0) return null;
        notes.Add($"VACUUM deleted {result.Files.Count} files, {result.Bytes} bytes");
        return result.Version;
    }
}
