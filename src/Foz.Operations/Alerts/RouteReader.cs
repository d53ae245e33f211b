using Foz.Lake.Configuration;
using Foz.Operations.Incidents;
using Foz.Pipelines.Projects;

namespace Foz.Operations.Alerts;

/// <summary>Reads routes.</summary>
/// <param name="values">Reads their values.</param>
/// <param name="file">What <c>foz.yml</c> says.</param>
/// <param name="channels">The names of the channels.</param>
/// <param name="errors">Takes what is wrong.</param>
sealed class RouteReader(
    AlertValues values, ProjectFile file, IReadOnlySet<string> channels, ErrorList errors)
{
    static readonly Dictionary<string, IncidentKind> kinds = Enum.GetValues<IncidentKind>().ToDictionary(
        kind => kind.ToString().ToLowerInvariant(), StringComparer.Ordinal);

    /// <summary>Reads a route; null where it is wrong, or of other environments.</summary>
    public AlertRoute? Read(YamlNode node)
    {
        var before = errors.Count;
        var reader = MappingReader.Of(node, node.Place, "a route", errors, AlertKeys.Route);
        var environments = reader.Scalars("environment");
        foreach (var scalar in environments.Where(scalar => !file.HasEnvironment(scalar.Text)))
            errors.Add(
                scalar.Place, $"unknown environment '{scalar.Text}'",
                NearestName.Hint(scalar.Text, file.Environments));
        var route = new AlertRoute
        {
            To = Channels(reader),
            Owners = reader.Texts("owner"),
            Tags = reader.Texts("tag"),
            Schemas = reader.Texts("schema"),
            Subjects = reader.Texts("subject"),
            Kinds = [.. reader.Scalars("kind").Select(Kind).OfType<IncidentKind>()],
            Severity = AlertValues.Severity(reader) ?? Foz.Operations.Channels.AlertSeverity.Warning,
            Hours = values.Hours(reader),
            Repeat = values.Length(reader, "repeat", TimeSpan.FromMinutes(1)),
            Escalations = Escalations(reader),
            Continues = reader.Flag("continue") ?? false,
            SendsResolved = reader.Flag("resolved") ?? true,
        };
        reader.Finish();
        return errors.Count > before
            || (environments.Count > 0 && environments.All(scalar => scalar.Text != file.Environment))
            ? null
            : route;
    }

    IReadOnlyList<string> Channels(MappingReader reader)
    {
        var to = reader.Scalars("to");
        if (to.Count == 0 && reader.Node("to") is null) errors.Add(reader.Place, "'to' is missing");
        foreach (var scalar in to.Where(scalar => !channels.Contains(scalar.Text)))
            errors.Add(
                scalar.Place, $"unknown channel '{scalar.Text}'",
                NearestName.Hint(scalar.Text, channels) ?? "declare it under 'channels' of a file in alerts/");
        return [.. to.Select(scalar => scalar.Text).Distinct(StringComparer.Ordinal)];
    }

    IncidentKind? Kind(YamlNode.Scalar scalar)
    {
        if (kinds.TryGetValue(scalar.Text, out var kind)) return kind;
        errors.Add(scalar.Place, $"unknown kind '{scalar.Text}'", NearestName.Hint(scalar.Text, kinds.Keys));
        return null;
    }

    List<AlertEscalation> Escalations(MappingReader reader)
    {
        var found = new List<AlertEscalation>();
        var items = reader.Node("escalate") switch
        {
            null => [],
            YamlNode.Sequence list => list.Items,
            YamlNode.Mapping one => [one],
            var node => reader.Wrong<IReadOnlyList<YamlNode>>(node, "escalate", "a list") ?? [],
        };
        foreach (var item in items)
        {
            var part = MappingReader.Of(item, item.Place, "an escalation", errors, AlertKeys.Escalation);
            var to = Channels(part);
            if (values.Length(part, "after", TimeSpan.FromSeconds(1)) is { } after) found.Add(new(after, to));
            else if (!part.Has("after")) errors.Add(item.Place, "'after' is missing");
            part.Finish();
        }
        return [.. found.OrderBy(escalation => escalation.After)];
    }
}
