using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Data;
using Foz.Pipelines.Projects;

namespace Foz.Cli.Commands.Runs;

/// <summary>Finds the models that have intervals.</summary>
static class IntervalModels
{
    /// <summary>Returns the models of some names; without names, all that have intervals.</summary>
    /// <exception cref="FozException">Thrown when there is no such model, or it has no intervals.</exception>
    public static IReadOnlyList<Model> Find(Project project, IReadOnlyCollection<string> names)
    {
        var known = project.Models.Where(HasIntervals).ToList();
        return names.Count == 0 ? known : [.. names.Select(name => Find(project, known, name))];
    }

    static Model Find(Project project, List<Model> known, string name)
    {
        if (known.Find(model => IsCalled(model, name)) is { } found) return found;
        if (project.Models.FirstOrDefault(model => IsCalled(model, name)) is { } other)
            throw new FozException(
                ErrorKind.Usage, $"{other.Name} has no intervals: it is {Describe(other.Materialization)}")
            {
                Place = other.Place,
                Hint = "'strategy: microbatch' with event_time, begin and batch_size gives a model intervals",
            };
        throw new FozException(ErrorKind.NotFound, $"the project has no model '{name}'")
        {
            Hint = NearestName.Hint(name, known.Select(model => $"{model.Name}")) ?? "no model of it has intervals",
        };
    }

    static bool HasIntervals(Model model) => model.Materialization.Strategy is IncrementalStrategy.Microbatch;

    static bool IsCalled(Model model, string name) => TableName.TryParse(name, out var full)
        ? model.Name == full || model.Table == full
        : string.Equals(model.Name.Name, name, StringComparison.OrdinalIgnoreCase);

    static string Describe(Materialization materialization) => materialization.Strategy is { } strategy
        ? $"'{materialization.Name}' with 'strategy: {strategy.Name}'"
        : $"'{materialization.Name}'";
}
