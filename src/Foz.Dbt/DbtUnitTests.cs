using Foz.Dbt.Jinja;
using Foz.Dbt.Templates;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Pipelines.Projects;

namespace Foz.Dbt;

/// <summary>
/// Translates dbt's unit tests to those of a project of Foz: one for each version of the tested model, with names of
/// tables in place of <c>ref()</c> and <c>source()</c>, and with the model's SELECT, rendered with the overrides of the
/// test.
/// </summary>
/// <param name="context">The context in which templates are rendered, with all names known.</param>
/// <param name="resources">All models.</param>
/// <param name="lake">The lake that templates query; null without a lake.</param>
/// <param name="errors">Collects errors.</param>
/// <param name="cancellationToken">Stops it.</param>
sealed class DbtUnitTests(
    DbtContext context, IReadOnlyList<DbtResource> resources, IProjectLake? lake, ErrorList errors,
    CancellationToken cancellationToken)
{
    const string IsIncremental = "is_incremental";

    static readonly string[] OfConfig = ["tags", "enabled"];
    static readonly string[] OfDbt = ["name", "model", "config", "versions", "given", "overrides"];

    /// <summary>What of a run a test may override though it is no macro.</summary>
    static readonly string[] Values = ["execute", "invocation_id", "run_started_at"];

    /// <summary>Returns the tests that a unit test of a package results in.</summary>
    public IEnumerable<UnitTestNode> Read(DbtPackage package, YamlNode.Mapping test)
    {
        var model = (test["model"] as YamlNode.Scalar)?.Text;
        var tested = resources.Where(resource =>
            resource is { Kind: "model", IsEnabled: true } && resource.Package == package && resource.Name == model)
            .Where(resource => resource.Version is null || IsMeant(test["versions"], resource.Version.Number)).ToList();
        // A missing model is reported where tests are read.
        if (tested.Count == 0) return [new(test, Body: null)];
        return tested.Select(resource =>
            new UnitTestNode(
                Rewritten(package, test, resource, tested.Count > 1), BodyOf(resource, test["overrides"])));
    }

    static bool IsMeant(YamlNode? versions, string number)
    {
        var (taken, left) = (TextsOf("include"), TextsOf("exclude"));
        return (taken.Count == 0 || taken.Contains(number)) && !left.Contains(number);

        IReadOnlyList<string> TextsOf(string key) =>
            DbtValues.Texts(DbtValues.Of((versions as YamlNode.Mapping)?[key]));
    }

    YamlNode.Mapping Rewritten(DbtPackage package, YamlNode.Mapping test, DbtResource model, bool isOneOfSome)
    {
        var place = test.Place;
        var entries = test.Entries.Where(entry => !OfDbt.Contains(entry.Key)).ToList();
        foreach (var entry in (test["config"] as YamlNode.Mapping)?.Entries ?? [])
            if (OfConfig.Contains(entry.Key)) entries.Add(entry);
        if (test["name"] is YamlNode.Scalar name)
            entries.Add(
                new("name", name.Place, isOneOfSome
                    ? Text($"{name.Text}_v{model.Version!.Number}", name.Place)
                    : name));
        entries.Add(new("model", place, Text(model.Table.ToString(), test["model"]!.Place)));
        if (test["given"] is { } given)
            entries.Add(
                new("given", given.Place, given is YamlNode.Sequence list
                    ? new YamlNode.Sequence([.. list.Items.Select(Input)], given.Place)
                    : given));
        if ((test["overrides"] as YamlNode.Mapping)?["now"] is { } now)
            entries.Add(new("overrides", now.Place, new YamlNode.Mapping([new("now", now.Place, now)], now.Place)));
        return new(entries, place);

        YamlNode Input(YamlNode item) =>
            item is YamlNode.Mapping mapping && mapping["input"] is YamlNode.Scalar input
                && TableOf(package, input) is { } table
                ? new YamlNode.Mapping(
                    [
                        .. mapping.Entries.Select(entry =>
                            entry.Key == "input" ? entry with { Value = Text(table, input.Place) } : entry),
                    ], item.Place)
                : item;
    }

    static YamlNode.Scalar Text(string text, Place place) => new(text, isQuoted: true, place);

    /// <summary>The table that an input names by <c>ref()</c> or <c>source()</c>; null where it does not.</summary>
    string? TableOf(DbtPackage package, YamlNode.Scalar input)
    {
        if (!DbtTestReader.IsExpression(input.Text)) return null;
        var session = new DbtSession(
            context,
            new() { Package = package.Name, Name = "unit test", File = input.Place.File, Kind = "unit_test" },
            cancellationToken);
        try
        {
            session.Render(new(new JinjaParser($"{{{{{input.Text}}}}}", input.Place).Read()));
        }
        catch (FozException e)
        {
            errors.Add(e);
            return null;
        }
        return session.References is [var reference]
            ? context.Find(reference, package.Name)?.Table.ToString()
            : null;
    }

    /// <summary>
    /// The model's SELECT as the test has it; null where it is the same in all runs, and nothing is overridden.
    /// </summary>
    SqlBody? BodyOf(DbtResource model, YamlNode? overrides)
    {
        if (model.Template is null || (!model.IsVolatile && overrides is null)) return null;
        var (said, isIncremental) = (overrides as YamlNode.Mapping, false);
        var values = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (var entry in (said?["macros"] as YamlNode.Mapping)?.Entries ?? [])
        {
            var value = DbtValues.Of(entry.Value);
            if (entry.Key == IsIncremental) isIncremental = value is true;
            else values[entry.Key] = Values.Contains(entry.Key) ? value : new JinjaCallable(entry.Key, _ => value);
        }
        var own = context with
        {
            Vars = Over(context.Vars, said?["vars"]),
            Variables = Over(context.Variables, said?["env_vars"]),
        };
        try
        {
            return new DbtSession(
                own,
                DbtRequest.Of(model) with
                {
                    Executes = true,
                    IsIncremental = isIncremental,
                    Lake = lake,
                    Values = values,
                }, cancellationToken)
                .Render(model.Template);
        }
        catch (FozException e)
        {
            errors.Add(e);
            return null;
        }
    }

    static JinjaDict Over(JinjaDict vars, YamlNode? said)
    {
        var all = JinjaDict.Of(vars.Entries.Select(entry => (JinjaValue.ToText(entry.Key), entry.Value)));
        foreach (var entry in (said as YamlNode.Mapping)?.Entries ?? []) all[entry.Key] = DbtValues.Of(entry.Value);
        return all;
    }

    static Variables Over(Variables variables, YamlNode? said) =>
        said is not YamlNode.Mapping mapping ? variables : new(
            mapping.Entries.ToDictionary(
                entry => entry.Key, entry => (entry.Value as YamlNode.Scalar)?.Text ?? "", StringComparer.Ordinal),
            variables.Names.Distinct().ToDictionary(name => name, name => variables[name]!, StringComparer.Ordinal));
}
