using Foz.Cli.Commands.Operating;
using Foz.Cli.Telemetry;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Configuration;
using Foz.Lake.Data;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Runs.Screening;
using Foz.Serving.Governance;

namespace Foz.Cli.Commands.Projects;

/// <summary>Finds all that is wrong with a project; warnings are shown.</summary>
/// <param name="context">The command's context.</param>
/// <param name="workspace">The project.</param>
sealed class ProjectValidation(CommandContext context, Workspace workspace)
{
    /// <summary>Finds it, without a connection to any source.</summary>
    public async Task<(ProjectResult Result, IReadOnlyList<FozException> Errors)> FindAsync(
        CancellationToken cancellationToken)
    {
        var unread = new ErrorList();
        var schemas = SchemaLock.Read(workspace.File.Folder, unread);
        var result = await workspace.TryLoadLockedProjectAsync(context, schemas, cancellationToken);
        var errors = (result as ProjectResult.Refused)?.Errors ?? [];
        if (result is ProjectResult.Loaded { Project: var loaded })
        {
            var validation = new CheckValidation(loaded, workspace.Lake, schemas);
            var faults = await validation.FindAsync(cancellationToken);
            errors = [.. faults.Where(fault => fault.IsCertain).Select(fault => fault.Error)];
            foreach (var (error, _) in faults.Where(fault => !fault.IsCertain))
                context.Warn(
                    new(error.Describe(),
                        "this goes by the columns that the table has now; foz source discover "
                            + "--lock writes those of the source"));
            foreach (var (source, streams) in await validation.FindUnknownAsync(cancellationToken))
                context.Warn(Unchecked(source, streams));
        }
        return (result,
        [
            .. unread.Items, .. errors, .. LiveSchedules.Check(
                context, workspace.File, (result as ProjectResult.Loaded)?.Project),
            .. HostObserver.Check(workspace.File),
            .. await SchedulesAsync((result as ProjectResult.Loaded)?.Project, cancellationToken),
            .. LiveAlerts.Check(context, workspace.File, (result as ProjectResult.Loaded)?.Project),
            .. await PoliciesAsync((result as ProjectResult.Loaded)?.Project, cancellationToken),
        ]);
    }

    /// <summary>Returns what is wrong with what schedules select, and with the tables that they wait for.</summary>
    async Task<IReadOnlyList<FozException>> SchedulesAsync(Project? project, CancellationToken cancellationToken)
    {
        if (project is null) return [];
        var check = new ScheduleCheck(project, async name =>
            await workspace.Lake.Catalog.FindAsync(
                name with { Schema = workspace.File.SchemaPrefix + name.Schema }, cancellationToken)
                is { Kind: DefinitionKind.Table });
        return await check.FindAsync(LiveSchedules.Read(context, workspace.File, new ErrorList()));
    }

    /// <summary>Warns that SQL could not be compared with the columns of a source.</summary>
    static Warning Unchecked(string source, IReadOnlyList<TableName> streams) => new(
        streams.Count == 0
            ? $"the streams and columns of the source '{source}' are not in {SchemaLock.FileName}: "
                + "what reads them was not checked"
            : $"the columns of {string.Join(", ", streams)} are not in {SchemaLock.FileName}: "
                + "what reads them was not checked",
        $"foz source discover {source} --lock writes them; keep the file in version control");

    /// <summary>Returns the errors in the files of policies, which <c>foz serve</c> reads.</summary>
    async Task<IReadOnlyList<FozException>> PoliciesAsync(Project? project, CancellationToken cancellationToken)
    {
        var columns = new Dictionary<TableName, IReadOnlyList<string>?>();
        foreach (var node in project?.Graph.Nodes ?? []) columns[node.Name] = null;
        var prefix = workspace.File.SchemaPrefix;
        await foreach (var definition in workspace.Lake.Catalog.ListAsync(cancellationToken))
        {
            // Grants are to names as people write them, without the environment's prefix.
            var name = definition.TableName is var stored
                && stored.Schema.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)
                ? stored with { Schema = stored.Schema[prefix.Length..] }
                : stored;
            columns[name] = definition.Kind is DefinitionKind.Table
                ? (await workspace.Lake.Tables.Open(definition.Location!, definition.TableName)
                    .FindLatestAsync(cancellationToken))?.Fields
                    .Select(field => field.Name).ToList()
                : null;
        }
        var policies = new PolicyValidation(workspace.File.Folder);
        policies.Check(columns.Keys, columns.GetValueOrDefault);
        // Without the project its tables are not known.
        if (project is not null)
            foreach (var warning in policies.Warnings) context.Warn(new(warning.Describe()));
        return policies.Errors;
    }
}
