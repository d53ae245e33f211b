using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Operations.Schedules;
using Foz.Pipelines.Projects;

namespace Foz.Cli.Commands.Operating;

/// <summary>The schedules of a project, those at its models too, for one command.</summary>
static class KnownSchedules
{
    /// <summary>Reads them; a project with errors has those of its <c>foz.yml</c>.</summary>
    public static async Task<ProjectSchedules> ReadAsync(
        CommandContext context, Workspace workspace, ErrorList errors, CancellationToken cancellationToken) =>
        LiveSchedules.Read(
            context, workspace.File, errors,
            (await workspace.TryLoadProjectAsync(context, cancellationToken) as ProjectResult.Loaded)?.Project);

    /// <summary>Finds the schedules of some names, or all; what is wrong with others does not matter to them.</summary>
    /// <exception cref="FozException">Thrown when there is no such schedule, or it has an error.</exception>
    public static async Task<IReadOnlyList<ScheduleDefinition>> FindAsync(
        CommandContext context, Workspace workspace, IReadOnlyList<string>? names, CancellationToken cancellationToken)
    {
        var errors = new ErrorList();
        var schedules = await ReadAsync(context, workspace, errors, cancellationToken);
        var written = (workspace.File.Schedules as YamlNode.Mapping)?.Entries.Select(entry => entry.Key).ToHashSet();
        if (names is null or [] || names.Any(
            name => written?.Contains(name) is true && schedules.All.All(schedule => schedule.Name != name)))
            errors.ThrowIfAny();
        if (names is null or []) return schedules.All;
        return
        [
            .. names.Distinct(StringComparer.Ordinal).Select(name =>
                schedules.All.FirstOrDefault(schedule => schedule.Name == name)
                ?? throw new FozException(ErrorKind.Usage, $"there is no schedule '{name}'")
                {
                    Hint = NearestName.Hint(name, schedules.All.Select(schedule => schedule.Name))
                        ?? "schedules are declared under 'schedules' of foz.yml",
                }),
        ];
    }
}
