using System.CommandLine;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Data;
using Foz.Operations.Schedules;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Selection;
using Foz.Pipelines.Selectors;

namespace Foz.Cli.Commands.Operating;

/// <summary>Checks schedules against the project: what they select, and the tables that they wait for.</summary>
/// <param name="project">The project.</param>
/// <param name="isTable">Returns whether the lake has a table of a name, by any writer.</param>
sealed class ScheduleCheck(Project project, Func<TableName, ValueTask<bool>> isTable)
{
    static readonly SelectorMethod[] asking =
        [SelectorMethod.State, SelectorMethod.Result, SelectorMethod.SourceStatus];

    /// <summary>Finds what is wrong with them.</summary>
    public async Task<IReadOnlyList<FozException>> FindAsync(ProjectSchedules schedules)
    {
        var errors = new List<FozException>();
        var made = new Dictionary<string, HashSet<TableName>>(StringComparer.Ordinal);
        foreach (var schedule in schedules.All) made[schedule.Name] = Select(schedule, errors);
        foreach (var schedule in schedules.All)
            if (schedule.Trigger is ScheduleTrigger.NewVersions { Tables: var tables })
                foreach (var table in tables.Select(TableName.Parse))
                {
                    if (await RefuseAsync(schedule, table) is { } refused) errors.Add(refused);
                    else if (made[schedule.Name].Contains(table))
                        errors.Add(
                            Wrong(schedule, $"makes {table}, whose new versions start it",
                                $"leave {table} out: exclude: {table}"));
                }
        return errors;
    }

    /// <summary>The tables that a schedule makes; an error where it selects nothing.</summary>
    HashSet<TableName> Select(ScheduleDefinition schedule, List<FozException> errors)
    {
        try
        {
            if (schedule.Command.Count == 0 || RequestOf(schedule.Command) is not { } request) return [];
            // What these find is known when they run.
            if (request.Read(project).Methods.Intersect(asking).Any()) return [];
            // A name can be that of a stream which only its source knows.
            if (project.Sources.Any(source => source.IsUndiscovered)) return [];
            var selected = request.Find(project, SelectionFacts.None);
            if (selected.Items.Count == 0) errors.Add(Wrong(schedule, "selects nothing of the project", hint: null));
            return schedule.Command[0] == "test" ? [] : [.. selected.Tables];
        }
        catch (FozException e) when (e.Kind is ErrorKind.Usage or ErrorKind.Configuration)
        {
            errors.Add(Wrong(schedule, $"cannot run: {e.Message}", e.Hint));
            return [];
        }
    }

    /// <summary>What a command line selects; null where only the command itself can read it.</summary>
    static SelectionRequest? RequestOf(IReadOnlyList<string> command)
    {
        var (options, own) = (new SelectionOptions(), new Command(command[0]) { TreatUnmatchedTokensAsErrors = false });
        options.AddTo(own);
        var words = command.Skip(1).ToList();
        var others = words.Where(word => word.StartsWith('-') && own.Options.All(option =>
            option.Name != word && !option.Aliases.Contains(word))).ToList();
        // The value of another option would be taken for a name.
        return others.Count > 0 || command[0] == "retry" ? null : options.ReadSelectors(own.Parse(words));
    }

    async ValueTask<FozException?> RefuseAsync(ScheduleDefinition schedule, TableName table)
    {
        var node = project.Graph.Find(table);
        if (node is GraphNode.OfModel { Model.Materialization: Materialization.View or Materialization.Ephemeral })
            return Wrong(
                schedule, $"waits for {table}, which is a view: it has no versions", "name tables that it reads");
        return node is not null || project.Sources.Any(source => source.IsUndiscovered) || await isTable(table)
            ? null
            : Wrong(
                schedule, $"waits for {table}, which neither the project nor the lake has",
                NearestName.Hint($"{table}", project.Graph.Nodes.Select(other => $"{other.Name}")));
    }

    static FozException Wrong(ScheduleDefinition schedule, string what, string? hint) =>
        new(ErrorKind.Configuration, $"schedule '{schedule.Name}' {what}") { Place = schedule.Place, Hint = hint };
}
