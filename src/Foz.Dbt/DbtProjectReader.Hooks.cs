using Foz.Dbt.Jinja;
using Foz.Dbt.Templates;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Pipelines.Projects;

namespace Foz.Dbt;

/// <content>What is run before and after models, and a run.</content>
sealed partial class DbtProjectReader
{
    /// <summary>Returns the SQL that is run before or after a model.</summary>
    List<ModelTemplate> Hooks(DbtResource resource, string key) => [.. DbtValues.Texts(resource.Config[key])
        .Select(text =>
            HookOf(text, resource.Place,
                (isIncremental, lake, token) => Session(resource, executes: true, isIncremental, lake, token)))];

    /// <summary>
    /// Reads what is run before and after a whole run; the hooks after it get the results of the steps.
    /// </summary>
    RunHooks ReadRunHooks()
    {
        IReadOnlyList<EndedStep> ended = [];
        var after = Hooks(settings.Project.RunHooks.End, () => new(ended.Select(ResultOf)));
        return new(Hooks(settings.Project.RunHooks.Start, static () => []), steps =>
        {
            ended = steps;
            return after;
        });
    }

    List<ModelTemplate> Hooks(YamlNode? node, Func<JinjaList> results)
    {
        IReadOnlyList<YamlNode> all = node is YamlNode.Sequence list ? list.Items : node is null ? [] : [node];
        return
        [
            .. all.OfType<YamlNode.Scalar>().Select(hook => HookOf(hook.Text, hook.Place, (_, lake, token) => new(
                context,
                new()
                {
                    Package = settings.Project.Name, Name = "hook", File = hook.Place.File, Kind = "operation",
                    Executes = true, Lake = lake,
                    Values = new Dictionary<string, object?>(StringComparer.Ordinal)
                    {
                        ["results"] = results(),
                        ["schemas"] = new JinjaList(resources.Select(resource => resource.Table.Schema).Distinct()),
                        ["database_schemas"] = new JinjaList(),
                    },
                },
                token))),
        ];
    }

    /// <summary>Returns the result of a step, as dbt passes it to hooks.</summary>
    JinjaDict ResultOf(EndedStep step)
    {
        var resource = resources.FirstOrDefault(resource => resource.IsEnabled && resource.Table == step.Table);
        return JinjaDict.Of(
            ("node", resource is null ? new JinjaDict() : DbtGraph.NodeOf(resource)), ("status", step.Status),
            ("message", step.Message),
            ("execution_time", step.Seconds), ("failures", null), ("thread_id", "Thread-1"),
            ("timing", new JinjaList()),
            ("unique_id", resource?.UniqueId),
            ("adapter_response", JinjaDict.Of(("_message", "OK"), ("rows_affected", step.Rows))));
    }

    ModelTemplate HookOf(string text, Place place, Func<bool, IProjectLake?, CancellationToken, DbtSession> open)
    {
        JinjaTemplate? template = null;
        try
        {
            template = new(new JinjaParser(text, place).Read());
        }
        catch (FozException e)
        {
            errors.Add(e);
        }
        return new((isIncremental, lake, token) =>
            template is null
                ? new("", place)
                : open(isIncremental, lake, token).Render(template) with { Start = place });
    }
}
