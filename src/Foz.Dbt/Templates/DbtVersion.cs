using System.Globalization;
using Foz.Lake.Configuration;

namespace Foz.Dbt.Templates;

/// <summary>A version of a model, which <c>versions</c> of a YAML file states.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="Number">The name of the version: <c>2</c>, or a word.</param>
/// <param name="File">The name of its file, without the extension.</param>
/// <param name="IsLatest">Whether <c>ref()</c> without a version means it.</param>
/// <param name="Said">Its properties: those of the model, overridden by those of the version.</param>
sealed record DbtVersion(string Model, string Number, string File, bool IsLatest, YamlNode.Mapping Said)
{
    static readonly string[] OfVersions = ["versions", "latest_version", "columns", "config"];
    static readonly string[] OfVersion = ["v", "defined_in", "columns", "config"];
    static readonly string[] Tests = ["data_tests", "tests"];

    /// <summary>What it is called among models: <c>orders.v2</c>.</summary>
    public string Key => KeyOf(Model, Number);

    /// <summary>What a version of a model is called among models.</summary>
    public static string KeyOf(string model, string number) => $"{model}.v{number}";

    /// <summary>Reads the versions of a model.</summary>
    /// <param name="model">The properties of the model.</param>
    /// <param name="errors">Collects errors.</param>
    public static IReadOnlyList<DbtVersion> ReadAll(YamlNode.Mapping model, ErrorList errors)
    {
        var name = ((YamlNode.Scalar)model["name"]!).Text;
        var items = new List<(string Number, YamlNode.Mapping Said)>();
        foreach (var item in (model["versions"] as YamlNode.Sequence)?.Items ?? [])
        {
            if (item is YamlNode.Mapping said && said["v"] is YamlNode.Scalar number) items.Add((number.Text, said));
            else errors.Add(item.Place, $"a version of '{name}' needs its number", "write '- v: 1'");
        }
        if (items.Count == 0)
        {
            errors.Add(
                model["versions"]!.Place, $"'versions' of '{name}' must be a list of versions",
                "write '- v: 1' below it");
            return [];
        }
        var latest = (model["latest_version"] as YamlNode.Scalar)?.Text
            ?? items.MaxBy(item => OrderOf(item.Number)).Number;
        if (items.All(item => item.Number != latest))
            errors.Add(
                model["latest_version"]!.Place, $"'{name}' has no version {latest}",
                $"it has {string.Join(", ", items.Select(item => item.Number))}");
        return
        [
            .. items.Select(item => new DbtVersion(
                name, item.Number, (item.Said["defined_in"] as YamlNode.Scalar)?.Text ?? $"{name}_v{item.Number}",
                item.Number == latest,
                Merge(model, item.Said))),
        ];
    }

    /// <summary>Returns a sort key: numbers in numeric order, then words in alphabetical order.</summary>
    static (double, string) OrderOf(string number) =>
        double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
            ? (value, "")
            : (double.MaxValue, number);

    static YamlNode.Mapping Merge(YamlNode.Mapping model, YamlNode.Mapping version)
    {
        var replaced = version.Entries.Select(entry => entry.Key).ToHashSet(StringComparer.Ordinal);
        if (Tests.Any(replaced.Contains)) replaced.UnionWith(Tests);
        List<YamlEntry> entries =
        [
            .. model.Entries.Where(entry =>
                !OfVersions.Contains(entry.Key) && (entry.Key == "name" || !replaced.Contains(entry.Key))),
            .. version.Entries.Where(entry => entry.Key != "name" && !OfVersion.Contains(entry.Key)),
        ];
        Add("config", Configs());
        Add("columns",
            new YamlNode.Sequence(
                [.. Columns(model["columns"] as YamlNode.Sequence, version["columns"] as YamlNode.Sequence)],
                version.Place));
        return new(entries, model.Place);

        void Add(string key, YamlNode? value)
        {
            if (value is not null) entries.Add(new(key, version.Place, value));
        }

        YamlNode.Mapping? Configs()
        {
            var (outer, inner) = (model["config"] as YamlNode.Mapping, version["config"] as YamlNode.Mapping);
            return outer is null || inner is null ? inner ?? outer
                : new([.. outer.Entries.Where(entry => inner[entry.Key] is null), .. inner.Entries], inner.Place);
        }
    }

    /// <summary>The columns of the model that a version takes over, all where it does not say, and its own.</summary>
    static IEnumerable<YamlNode> Columns(YamlNode.Sequence? ofModel, YamlNode.Sequence? ofVersion)
    {
        var stated = ofVersion?.Items.OfType<YamlNode.Mapping>().ToList() ?? [];
        var rule = stated.FirstOrDefault(item => item["include"] is not null || item["exclude"] is not null);
        var own = stated.Where(item => item != rule).ToList();
        var (taken, left) = (NamesOf(rule?["include"]), NamesOf(rule?["exclude"]));
        return (ofModel?.Items ?? []).OfType<YamlNode.Mapping>()
            .Where(column =>
                (taken.Count == 0 || taken.Contains(NameOf(column))) && !left.Contains(NameOf(column))
                    && own.All(other => NameOf(other) != NameOf(column)))
            .Concat(own);

        static string? NameOf(YamlNode.Mapping column) => (column["name"] as YamlNode.Scalar)?.Text;

        static List<string?> NamesOf(YamlNode? node) => node switch
        {
            YamlNode.Sequence list => [.. list.Items.OfType<YamlNode.Scalar>().Select(item => item.Text)],
            _ => [],
        };
    }
}
