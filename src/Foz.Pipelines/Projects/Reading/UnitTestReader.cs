using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Data;
using Foz.Pipelines.Intervals;

namespace Foz.Pipelines.Projects.Reading;

/// <summary>Reads unit tests from <c>tests/**/*.yml</c>, in dbt's shape.</summary>
/// <param name="folder">The project's folder.</param>
/// <param name="nodes">What the project makes, references resolved.</param>
/// <param name="errors">Takes what is wrong.</param>
sealed class UnitTestReader(string folder, IReadOnlyList<GraphNode> nodes, ErrorList errors)
{
    const string Key = "unit_tests";

    readonly Dictionary<string, Place> places = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Reads a file.</summary>
    public IEnumerable<UnitTest> Read(string file, string text)
    {
        var yaml = YamlReader.Read(text, file, errors);
        var reader = MappingReader.Of(yaml, new(file, 1, 1), "a file of unit tests", errors);
        var list = reader.Node(Key);
        reader.Finish();
        if (list is not null and not YamlNode.Sequence)
            errors.Add(list.Place, $"'{Key}' must be a list, not {list.Kind}", "each test is an item '- name: …'");
        return [.. ((list as YamlNode.Sequence)?.Items ?? []).Select(ReadTest).OfType<UnitTest>()];
    }

    /// <summary>Reads tests that stand among other things.</summary>
    public IEnumerable<UnitTest> Read(IEnumerable<UnitTestNode> tests) =>
        [
            .. tests.Select(test => ReadTest(test.Node) is { } read ? read with { Body = test.Body } : null)
                .OfType<UnitTest>(),
        ];

    UnitTest? ReadTest(YamlNode node)
    {
        var reader = MappingReader.Of(node, node.Place, "a unit test", errors, ModelKeys.UnitTest);
        var name = reader.RequiredText("name");
        var model = reader.RequiredText("model");
        var given = reader.Node("given");
        var expect = reader.Node("expect");
        var overrides = reader.Node("overrides");
        var (description, tags) = (reader.Text("description"), reader.Texts("tags"));
        var isEnabled = reader.Flag("enabled") ?? true;
        reader.Finish();
        if (name.Length > 0 && !places.TryAdd(name, reader.Place))
            errors.Add(reader.Place, $"the unit test '{name}' is there twice", $"first at {places[name]}");
        if (expect is null)
            errors.Add(
                reader.Place, "'expect' is missing", "state the rows that the model must make: expect: {rows: […]}");
        var expected = expect is null ? null : UnitRowsReader.Read(expect, folder, inputKey: null, errors);
        var found = FindModel(model, reader.PlaceOf("model"));
        var (now, batch) = ReadOverrides(overrides, found?.Model);
        if (found is null) return null;
        var inputs = ReadGiven(given, found.Model);
        if (!isEnabled || expected is null) return null;
        var test = new UnitTest
        {
            Name = name,
            Model = found.Name,
            Description = description,
            Tags = tags,
            Given = inputs,
            Expected = expected,
            Now = now,
            Place = reader.Place,
        };
        return batch is { } stated ? test with { Batch = stated } : test;
    }

    (DateTimeOffset? Now, Interval? Batch) ReadOverrides(YamlNode? node, Model? model)
    {
        if (node is null) return default;
        var reader = MappingReader.Of(node, node.Place, "'overrides'", errors);
        foreach (var key in new[] { "vars", "macros", "env_vars" })
        {
            if (reader.Node(key) is { } stated)
                errors.Add(
                    stated.Place, $"a project has no {key} that could be overridden",
                    "'now', 'batch_start' and 'batch_end' are what can be");
        }
        var (now, start, end) =
            (ReadInstant(reader, "now"), ReadInstant(reader, "batch_start"), ReadInstant(reader, "batch_end"));
        var place = reader.PlaceOf(start is null ? "batch_end" : "batch_start");
        reader.Finish();
        if (start is null && end is null) return (now, null);
        if (model is { Materialization.Strategy: not IncrementalStrategy.Microbatch })
            errors.Add(
                place, $"{model.Name} is not made in batches",
                "'batch_start' and 'batch_end' are of models with 'strategy: microbatch'");
        var batch = new Interval(start ?? DateTimeOffset.MinValue, end ?? DateTimeOffset.MaxValue);
        if (batch.IsEmpty) errors.Add(place, "'batch_end' must be after 'batch_start'");
        return (now, batch);
    }

    DateTimeOffset? ReadInstant(MappingReader reader, string key)
    {
        if (reader.Text(key) is not { } text) return null;
        if (Instant.TryParse(text, out var instant)) return instant;
        errors.Add(reader.PlaceOf(key), $"'{key}' cannot be '{text}'", $"write {Instant.Examples}");
        return null;
    }

    GraphNode.OfModel? FindModel(string name, Place place)
    {
        if (name.Length == 0) return null;
        if (FindNode(nodes.OfType<GraphNode.OfModel>(), name) is GraphNode.OfModel model)
        {
            if (model.Model.Program is null) return model;
            errors.Add(
                place, $"{model.Name} is a program, and unit tests are of models in SQL",
                "test it in its own language");
            return null;
        }
        errors.Add(
            place, $"there is no model '{name}'", NearestName.Hint(name, NamesOf(nodes.OfType<GraphNode.OfModel>())));
        return null;
    }

    static GraphNode? FindNode(IEnumerable<GraphNode> among, string name)
    {
        var found = among.Where(node => node.Name.ToString().Equals(name, StringComparison.OrdinalIgnoreCase)
            || node.Name.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Take(2).ToList();
        return found.Count == 1
            ? found[0]
            : found.FirstOrDefault(node => node.Name.ToString().Equals(name, StringComparison.OrdinalIgnoreCase));
    }

    static IEnumerable<string> NamesOf(IEnumerable<GraphNode> among) => among.Select(node => node.Name.ToString());

    Dictionary<TableName, UnitRows> ReadGiven(YamlNode? node, Model model)
    {
        var given = new Dictionary<TableName, UnitRows>();
        if (node is not (null or YamlNode.Sequence))
            errors.Add(
                node.Place, $"'given' must be a list, not {node.Kind}",
                "each input is an item '- input: silver.orders'");
        foreach (var item in (node as YamlNode.Sequence)?.Items ?? [])
        {
            var mapping = item as YamlNode.Mapping;
            var rows = UnitRowsReader.Read(item, folder, "input", errors);
            var place = mapping?["input"]?.Place ?? item.Place;
            if ((mapping?["input"] as YamlNode.Scalar)?.Text is not { } text)
            {
                if (mapping is not null)
                    errors.Add(item.Place, "'input' is missing", "it names a table that the model reads");
                continue;
            }
            if (FindInput(text, model, place) is not { } name || rows is null) continue;
            if (!given.TryAdd(name, rows)) errors.Add(place, $"{name} is given twice");
        }
        return given;
    }

    /// <summary>
    /// A table that a model reads, by its name or as dbt writes it: <c>ref('orders')</c>, <c>source('shop',
    /// 'orders')</c>, <c>this</c>.
    /// </summary>
    TableName? FindInput(string text, Model model, Place place)
    {
        var read = model.References.Where(reference => !reference.IsOrderOnly || reference.Inlined is not null)
            .ToList();
        if (text == "this") return model.Name;
        var parts = text.Split('(', ')') is [var function, _, ""] && function.Trim() is "ref" or "source"
            ? [
                .. text[(text.IndexOf('(', StringComparison.Ordinal) + 1)..^1].Split(',')
                    .Select(part => part.Trim().Trim('\'', '"')),
            ]
            : new[] { text };
        var name = parts[^1];
        var found = read.Where(reference => reference.Name.ToString().Equals(name, StringComparison.OrdinalIgnoreCase)
            || reference.Name.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).ToList();
        if (found.Count == 1) return found[0].Name;
        errors.Add(
            place,
            found.Count > 1
                ? $"'{text}' can be {string.Join(" or ", found.Select(f => f.Name))}"
                : $"{model.Name} does not read '{text}'",
            found.Count > 1 ? null : NearestName.Hint(name, read.Select(reference => reference.Name.ToString())));
        return null;
    }
}
