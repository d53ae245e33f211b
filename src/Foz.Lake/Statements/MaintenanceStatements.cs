using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Tables.Maintenance;

namespace Foz.Lake.Statements;

/// <summary>Carries out statements that look after tables.</summary>
sealed class MaintenanceStatements(StatementContext context)
{
    readonly EngineSession session = context.Session;

    public async Task<StatementResult> OptimizeAsync(Statement.Optimize optimize, CancellationToken cancellationToken)
    {
        var table = await context.OpenOwnAsync(optimize.Table, cancellationToken);
        var result = await new TableOptimizer(session).OptimizeAsync(
            table, optimize.Options, onProgress: null, cancellationToken);
        return StatementResult.Of(
            ("num_files_removed", result.Removed.Files), ("num_files_added", result.Added.Files),
            ("bytes_removed", result.Removed.Bytes), ("bytes_added", result.Added.Bytes),
            ("num_deletion_vectors_removed", result.VectorsRemoved), ("version", result.Version)) with
        {
            Warning = result.Warnings is [var first, ..] ? first : null,
        };
    }

    public async Task<StatementResult> VacuumAsync(Statement.Vacuum vacuum, CancellationToken cancellationToken)
    {
        var table = await context.OpenOwnAsync(vacuum.Table, cancellationToken);
        var result = await TableVacuum.RunAsync(table, vacuum.Options, onProgress: null, cancellationToken);
        return vacuum.Options.IsDryRun
            ? new([new("path", DataType.String)], [.. result.Files.Select(object?[] (file) => [file])])
            : StatementResult.Of(
                ("num_files_deleted", result.Files.Count), ("bytes_deleted", result.Bytes),
                ("version", result.Version));
    }

    public async Task<StatementResult> RepairAsync(Statement.Repair repair, CancellationToken cancellationToken)
    {
        var table = await context.OpenOwnAsync(repair.Table, cancellationToken);
        var found = await TableFsck.CheckAsync(table, cancellationToken);
        if (!repair.IsDryRun && found.Findings.Count > 0) await TableFsck.RepairAsync(table, found, cancellationToken);
        return new(
            [
                new("path", DataType.String), new("problem", DataType.String), new("is_loss", DataType.Boolean),
                new("num_rows", DataType.Long),
            ],
            [.. found.Findings.Select(object?[] (f) => [f.Path, f.Problem, f.IsLoss, f.RowCount])]);
    }

    public async Task<StatementResult> GenerateAsync(
        Statement.GenerateManifests generate, CancellationToken cancellationToken)
    {
        var table = await context.OpenOwnAsync(generate.Table, cancellationToken);
        var (version, count) = await table.WriteManifestsAsync(cancellationToken);
        return StatementResult.Of(("num_manifests", count), ("version", version));
    }

    public async Task<StatementResult> AnalyzeAsync(Statement.Analyze analyze, CancellationToken cancellationToken)
    {
        var table = await context.OpenOwnAsync(analyze.Table, cancellationToken);
        var result = await new TableAnalyzer(session).AnalyzeAsync(table, cancellationToken);
        return StatementResult.Of(("num_files", result.Files), ("version", result.Version));
    }

    public async Task<StatementResult> CloneAsync(Statement.CloneTable clone, CancellationToken cancellationToken)
    {
        var source = await context.OpenAsync(clone.Source, cancellationToken);
        var version = (clone.Version, clone.Instant) switch
        {
            ({ } number, _) => await source.VersionAsync(number, cancellationToken),
            (_, { } instant) => await source.VersionAtAsync(instant, cancellationToken),
            _ => await source.LatestAsync(cancellationToken),
        };
        var target = await context.OpenNewAsync(clone.Table, cancellationToken);
        if (clone.IfNotExists && await target.FindLatestAsync(cancellationToken) is { } present)
            return StatementResult.Of(("version", present.Version));
        var result = await new TableClone(source, version).MakeAsync(
            target, clone.IsShallow, onProgress: null, cancellationToken);
        await context.DefineAsync(clone.Table, description: null, cancellationToken);
        return StatementResult.Of(
            ("num_files", result.Files.Files), ("num_copied_files", result.Copied.Files),
            ("copied_bytes", result.Copied.Bytes), ("source_version", version.Version),
            ("version", result.Snapshot.Version));
    }

    public async Task<StatementResult> ConvertAsync(
        Statement.ConvertToDelta convert, CancellationToken cancellationToken)
    {
        var result = await new ParquetConversion(session).ConvertAsync(
            context.Tables.OpenFolder(convert.Folder), convert.PartitionedBy, cancellationToken);
        return StatementResult.Of(
            ("num_files", result.Files.Files), ("bytes", result.Files.Bytes), ("version", result.Snapshot.Version));
    }
}
