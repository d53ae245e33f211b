using Foz.Connectors;
using Foz.Connectors.Registry;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Tables;
using Foz.Lake.Sql;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Runs.Steps;
using Foz.Storage;

namespace Foz.Pipelines.Runs;

/// <summary>
/// Exports a model's table, once its checks passed and it is committed, to the targets that have not its version yet.
/// What was exported last is in <c>_foz/exports/</c>, written after the target has it. The epoch of the step's lease is
/// in it and in the target: a run that lost the step writes nothing older there.
/// </summary>
/// <param name="context">The run.</param>
/// <param name="node">The model.</param>
/// <param name="project">The project's connections.</param>
sealed class ExportStep(StepContext context, GraphNode.OfModel node, ProjectFile project)
{
    /// <summary>An environment that is not declared is for trying: it sends nothing to anyone.</summary>
    IEnumerable<ExportDefinition> Exports =>
        project.IsDeclared ? node.Model.Exports.Where(e => e.IsDoneIn(project.Environment)) : [];

    /// <summary>Runs the exports that are due.</summary>
    /// <returns>Whether any was.</returns>
    /// <exception cref="FozException">One failed; those before it are done.</exception>
    public async Task<bool> RunAsync(CancellationToken cancellationToken)
    {
        var isDone = false;
        foreach (var export in Exports)
            isDone |= await RunAsync(export, cancellationToken);
        return isDone;
    }

    /// <summary>Whether a target has not the table's version yet, as far as is noted here.</summary>
    public async Task<bool> IsDueAsync(CancellationToken cancellationToken)
    {
        if (await FindLatestAsync(cancellationToken) is not { } present) return false;
        foreach (var export in Exports)
        {
            var note = await FileOf(export).ReadAsync(cancellationToken);
            if (context.IsFullRefresh || IsOfOther(note, export, present)
                || !(note?.Version >= present.Version && note.Mode == export.Mode)) return true;
        }
        return false;
    }

    async Task<TableSnapshot?> FindLatestAsync(CancellationToken cancellationToken) =>
        await (await context.Lake.OpenTableAsync(node.Table, cancellationToken)).FindLatestAsync(cancellationToken);

    /// <summary>
    /// Whether another table took the name: what the target has is of the one before, whose versions say nothing of
    /// this one's.
    /// </summary>
    static bool IsOfOther(ExportNote? note, ExportDefinition export, TableSnapshot present) =>
        note is not null && (note.TableId is { } id ? id != present.Id : export.Mode is ExportMode.Replace);

    async Task<bool> RunAsync(ExportDefinition export, CancellationToken cancellationToken)
    {
        for (var race = 1; ; race++)
        {
            var outcome = await TryRunAsync(export, cancellationToken);
            switch (outcome)
            {
                case null: return false;
                case ExportOutcome.Written: return true;
                case ExportOutcome.Moved when race < StepContext.RacesMax: continue;
                // A lake that lost its leases, or a copy of it, begins with low epochs: the lease says whose it is.
                case ExportOutcome.Overtaken { Epoch: { } later }
                    when await context.Lease!.RaiseAsync(later + 1, cancellationToken):
                    continue;
                default: throw Overtaken(export);
            }
        }
    }

    /// <summary>Exports the newest version, if the target has not got it.</summary>
    /// <returns>How it ended; null where nothing was due.</returns>
    async Task<ExportOutcome?> TryRunAsync(ExportDefinition export, CancellationToken cancellationToken)
    {
        if (await FindLatestAsync(cancellationToken) is not { } present) return null;
        var file = FileOf(export);
        var note = await file.ReadAsync(cancellationToken);
        var isOther = IsOfOther(note, export, present);
        var name = isOther ? $"{NameOf(export)} {present.Id}" : note?.Name ?? NameOf(export);
        var last = isOther || context.IsFullRefresh ? null : note;
        if (last?.Version >= present.Version && last.Mode == export.Mode) return null;
        if (await TakeAsync(export, file, note, cancellationToken) is { } refused) return refused;
        using var session = context.Lake.Engines.Open(Workload.Models);
        // The target may have more than was noted here: a try that was cut off after its commit.
        var (target, open) = Open(export);
        var known = await target.FindVersionAsync(open, name, cancellationToken);
        if (known > present.Version)
        {
            // No version of this table is so high: another one was exported under the name.
            (last, name) = (null, $"{NameOf(export)} {present.Id}");
            known = await target.FindVersionAsync(open, name, cancellationToken);
        }
        var counted = context.IsFullRefresh ? null : known;
        if (counted >= present.Version && export.Mode is not ExportMode.Replace) return null;
        var from = export.Mode is ExportMode.Replace || (last is not null && last.Mode != export.Mode)
            ? null
            : Max(last?.Version, counted);
        var names = new LakeNameResolver(context.Lake, context.Lake.Tables, _ => null);
        var fields = present.Fields;
        var binder = new StatementBinder(session, names);
        using var rows = await binder.BindAsync(
            SqlOf(export, fields, from, present.Version, isDeleted: false), cancellationToken);
        using var deleted = export.Mode is ExportMode.Upsert && from is not null
            ? await binder.BindAsync(SqlOf(export, fields, from, present.Version, isDeleted: true), cancellationToken)
            : null;
        var epoch = context.Lease!.Epoch;
        var exported = new ExportRows(name, present.Version, session, rows.Sql, fields)
        {
            DeletedSql = deleted?.Sql,
            Fence = new(NameOf(export), epoch, known, stop => file.IsHeldAsync(epoch, stop)),
        };
        Failpoint.Hit("export.bound");
        var outcome = await WriteAsync(target, open, exported, cancellationToken);
        if (outcome is not ExportOutcome.Written written) return outcome;
        Failpoint.Hit("export.written");
        var done = new ExportNote(
            export.Target, present.Version, export.Mode, context.Lake.Clock.GetUtcNow(), written.Rows)
        {
            TableId = present.Id, Name = name, Epoch = epoch,
        };
        return await file.TryWriteAsync(done, cancellationToken) ? written : new ExportOutcome.Overtaken(Epoch: null);
    }

    /// <summary>
    /// Notes the epoch of the step's lease, so that a run which held it before exports nothing more; no request where
    /// it is noted already.
    /// </summary>
    /// <returns>Why the run may not export; null where it may.</returns>
    async Task<ExportOutcome?> TakeAsync(
        ExportDefinition export, ExportNoteFile file, ExportNote? note, CancellationToken cancellationToken)
    {
        var (epoch, noted) = (context.Lease!.Epoch, note?.Epoch ?? 0);
        if (noted > epoch) return new ExportOutcome.Overtaken(noted);
        if (noted == epoch) return null;
        note ??= new(export.Target, Version: null, export.Mode, context.Lake.Clock.GetUtcNow(), Rows: 0);
        var isTaken = await file.TryWriteAsync(note with { Epoch = epoch }, cancellationToken);
        Failpoint.Hit("export.taken");
        return isTaken ? null : ExportOutcome.Moved.Value;
    }

    FozException Overtaken(ExportDefinition export) => new(
        ErrorKind.Conflict,
        $"export to {export.Target}: another run took over {node.Table} or exported it meanwhile, and this one may "
            + "not write after it")
    {
        Place = export.Place,
        Hint = "run again when the other run has ended",
        IsTransient = true,
    };

    ExportNoteFile FileOf(ExportDefinition export) => new(context.Lake.Store, node.Table, export.Target);

    /// <summary>The export with its connection, and its target.</summary>
    (IExportTarget Target, OpenExport Export) Open(ExportDefinition export)
    {
        var connection = export.Connection is { } name ? project.Connection(name) : null;
        var target = ExportRegistry.Find(export.Key, connection?.Type)!;
        return (target, new(export, connection, project.Folder, context.Lake.Clock, context.Warn));
    }

    static async Task<ExportOutcome> WriteAsync(
        IExportTarget target, OpenExport export, ExportRows rows, CancellationToken cancellationToken)
    {
        try
        {
            return await target.WriteAsync(export, rows, cancellationToken);
        }
        catch (FozException e) when (export.Definition.Mode is ExportMode.Upsert
            && DoubleKey(export.Definition, rows, cancellationToken) is { } key)
        {
            throw new FozException(
                ErrorKind.Data, $"export to {export.Definition.Target}: several rows have the keys {key}", e)
            {
                Place = export.Definition.Place,
                Hint = "take keys that are unique in the table: a check `unique` on them says so before anything is "
                    + "written",
            };
        }
    }

    /// <summary>A key that several rows have, as text; null where each has one of its own.</summary>
    static string? DoubleKey(ExportDefinition export, ExportRows rows, CancellationToken cancellationToken)
    {
        var keys = string.Join(", ", export.Keys.Select(SqlText.Identifier));
        using var found = rows.Session.Query(
            $"SELECT {keys} FROM ({rows.Sql}) GROUP BY {keys} HAVING count(*) > 1 ORDER BY {keys} LIMIT 1",
            cancellationToken);
        return found.Rows(cancellationToken)
            .Select(row => string.Join(", ", export.Keys.Zip(
                row, (key, value) => $"{key} = {(value is null ? "NULL" : ValueText.Of(value))}")))
            .FirstOrDefault();
    }

    string NameOf(ExportDefinition export) => $"{project.Name} {node.Table} {export.Target}";

    static long? Max(long? a, long? b) => a is null ? b : b is null ? a : Math.Max(a.Value, b.Value);

    /// <summary>All rows, or those that changed: of an upsert the last one of each key.</summary>
    string SqlOf(ExportDefinition export, IReadOnlyList<Field> fields, long? from, long to, bool isDeleted)
    {
        var columns = string.Join(", ", fields.Select(f => SqlText.Identifier(f.Name)));
        if (from is not { } version)
            return $"SELECT {columns} FROM "
                + $"{SqlText.Identifier(node.Table.Schema)}.{SqlText.Identifier(node.Table.Name)}";
        var changes =
            $"SELECT {columns} FROM table_changes({SqlText.Literal(node.Table.ToString())}, {version + 1}, {to})";
        if (export.Mode is not ExportMode.Upsert)
            return $"{changes} WHERE _change_type IN ('insert', 'update_postimage')";
        // A key whose last change is its deletion is gone; one that was deleted and came again is not.
        var partition = string.Join(", ", export.Keys.Select(SqlText.Identifier));
        return $"SELECT {columns} FROM (SELECT *, row_number() OVER (PARTITION BY {partition} ORDER BY _commit_version "
            + "DESC, _change_type = 'delete') AS foz_rank "
            + $"FROM table_changes({SqlText.Literal(node.Table.ToString())}, {version + 1}, {to}) WHERE "
            + "_change_type <> 'update_preimage') "
            + $"WHERE foz_rank = 1 AND _change_type {(isDeleted ? "=" : "<>")} 'delete'";
    }
}
