using System.Text.RegularExpressions;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Data;
using static Foz.Dbt.Imports.ImportedModel;

namespace Foz.Dbt.Imports;

/// <summary>Writes assets of Bruin as models, seeds and streams.</summary>
/// <param name="project">Takes them.</param>
/// <param name="names">The tables of the pipeline.</param>
/// <param name="startDate">When its intervals begin; null where it does not say.</param>
sealed partial class BruinAssetWriter(ImportedProject project, HashSet<TableName> names, string? startDate)
{
    const string Intervals = "time_interval";

    static readonly string[] Dialects = ["duckdb", "motherduck"];
    static readonly string[] ColumnKeys = ["name", "type", "description", "tags", "checks", "nullable"];
    static readonly string[] Silent = ["primary_key", "update_on_merge"];
    static readonly string[] Known =
        [
            "name", "type", "description", "owner", "tags", "meta", "depends", "materialization", "columns",
            "custom_checks", "connection", "parameters", "image",
        ];

    readonly Dictionary<(string Connection, string Schema), List<(string Name, YamlNode.Mapping Stream)>> streams = [];

    /// <summary>The connections that streams need.</summary>
    public IReadOnlyCollection<string> Sources => [.. streams.Keys.Select(key => key.Connection).Distinct()];

    public void Write(BruinAsset asset)
    {
        var place = new Place(asset.File, 1);
        if (asset.Name is not { } name)
        {
            project.Note(place, "the asset's name has no schema", "name it schema.table");
            return;
        }
        foreach (var entry in asset.Yaml.Entries.Where(entry => !Known.Contains(entry.Key)))
            project.Note(entry.KeyPlace, $"'{entry.Key}' has no equivalent");
        var kind = asset.Type.Split('.')[^1];
        if (kind == "ingestr") AddStream(asset, name);
        else if (kind == "seed") WriteSeed(asset, name);
        else if (Path.GetExtension(asset.File) is ".sql" or ".py") WriteModel(asset, name);
        else project.Note(place, $"an asset of type '{asset.Type}' has no equivalent", HintFor(kind));
    }

    static Place TypePlaceOf(BruinAsset asset) => asset.Yaml["type"]?.Place ?? new(asset.File, 1);

    static string? HintFor(string kind) => kind switch
    {
        "sensor" => "a run of Foz reads what is there: a check with 'freshness' fails it where that is too old",
        "source" => "what others fill is read by its name, with nothing said of it",
        _ => null,
    };

    void WriteModel(BruinAsset asset, TableName name)
    {
        var isPython = Path.GetExtension(asset.File) == ".py";
        var model = Described(asset);
        SetMaterialization(model, asset, isPython);
        if (isPython)
        {
            if (asset.Yaml["depends"] is YamlNode.Sequence)
                model.Set("depends", List(Depends(asset).Select(table => $"{table}")));
            var matter = model.IsEmpty
                ? ""
                : $"\"\"\"@foz\n{YamlText.Of(model.Yaml).Replace("\"\"\"", "'''", StringComparison.Ordinal)}"
                    + "@foz\"\"\"\n";
            project.Add($"models/{name.Schema}/{name.Name}.py", matter + asset.Body.Text, new(asset.File));
            return;
        }
        var kind = asset.Type.Split('.')[0];
        if (kind.Length > 0 && !Dialects.Contains(kind))
            project.Note(TypePlaceOf(asset), $"its type is {asset.Type}: the SQL stays unchanged", "Foz runs DuckDB's");
        if (BruinImport.Scalar((asset.Yaml["materialization"] as YamlNode.Mapping)?["strategy"]) != Intervals
            && Bounds.Match(asset.Body.Text) is { Success: true } bound)
            project.Note(
                asset.Body.PlaceOf(bound.Index),
                $"'{bound.Value.Trim('\'', '"')}' stands in an asset without intervals: batch_start() and batch_end() "
                    + "are both the time of the run here",
                $"take the strategy {Intervals} in Bruin or microbatch here, or write another condition");
        var sql = Bounds.Replace(
            asset.Body.Text, match => match.Groups["bound"].Value == "start" ? "batch_start()" : "batch_end()");
        foreach (var left in Template.EnumerateMatches(sql))
        {
            project.Note(
                asset.Body.PlaceOf(Math.Min(left.Index, asset.Body.Text.Length)),
                "templates are not read: the SQL stays unchanged", "write it as SQL");
            break;
        }
        // Tables that its SQL names are known without a list.
        var depends = Depends(asset).Where(table => !sql.Contains($"{table}", StringComparison.OrdinalIgnoreCase))
            .ToList();
        if (depends.Count > 0) model.Set("depends", List(depends.Select(table => $"{table}")));
        project.Add($"models/{name.Schema}/{name.Name}.sql", model.File(sql), new(asset.File));
    }

    ImportedModel Described(BruinAsset asset)
    {
        var model = new ImportedModel();
        foreach (var key in (string[])["description", "owner", "tags"]) model.Set(key, asset.Yaml[key]);
        model.Set("meta", asset.Yaml["meta"]);
        model.Set("columns", Columns(asset));
        model.Set("checks", CustomChecks(asset));
        return model;
    }

    IEnumerable<TableName> Depends(BruinAsset asset)
    {
        foreach (var item in (asset.Yaml["depends"] as YamlNode.Sequence)?.Items ?? [])
        {
            var text = BruinImport.Scalar(item is YamlNode.Mapping mapping ? mapping["asset"] ?? mapping["uri"] : item)
                ?? "";
            if (TableName.TryParse(text, out var table) && names.Contains(table)) yield return table;
            else project.Note(
                item.Place, $"'{text}' is no asset of this pipeline, and is left out of what it depends on");
        }
    }

    void SetMaterialization(ImportedModel model, BruinAsset asset, bool isPython)
    {
        if (asset.Yaml["materialization"] is not YamlNode.Mapping said)
        {
            if (!isPython)
                project.Note(
                    new(asset.File, 1),
                    "it has no materialization: Bruin only runs it, and here it is a table of its rows");
            return;
        }
        var (type, strategy) = (BruinImport.Scalar(said["type"]) ?? "table", BruinImport.Scalar(said["strategy"]));
        if (type == "view")
        {
            model.Set("materialization", "view");
            return;
        }
        if (strategy == Intervals && said["time_granularity"] is YamlNode.Scalar { Text: "timestamp" } granularity)
            project.Note(
                granularity.Place, "'time_granularity: timestamp': intervals are days here",
                "write 'batch_size: hour' where each run is to fill hours");
        if (strategy == "ddl")
            project.Note(said["strategy"]!.Place, "'ddl' makes an empty table: here it is one of its rows");
        var keys = KeysOf(asset, "primary_key");
        var isHistory = strategy is "scd2_by_time" or "scd2_by_column";
        var key = said["incremental_key"];
        YamlNode.Mapping materialization = strategy switch
        {
            null or "create+replace" or "ddl" => Map(("type", Text("table"))),
            Intervals => Map(
                ("type", Text("incremental")), ("strategy", Text("microbatch")), ("event_time", key),
                ("begin", Begin(said)), ("batch_size", Text("day"))),
            "delete+insert" => Map(("type", Text("incremental")), ("strategy", Text(strategy)), ("unique_key", key)),
            _ => Map(
                ("type", Text(isHistory ? "snapshot" : "incremental")), ("strategy", Text(strategy)),
                ("unique_key", keys.Count > 0 ? List(keys) : null),
                ("merge_update_columns",
                    strategy == "merge" && KeysOf(asset, "update_on_merge") is { Count: > 0 } columns
                        ? List(columns)
                        : null),
                ("updated_at", strategy == "scd2_by_time" ? key : null),
                ("valid_from", isHistory ? Text("_valid_from") : null),
                ("valid_to", isHistory ? Text("_valid_until") : null),
                ("is_current", isHistory ? Text("_is_current") : null)),
        };
        materialization = new(
            [.. materialization.Entries, .. said.Entries.Where(entry => entry.Key is "partition_by" or "cluster_by")],
            default);
        if (materialization.Entries is [{ Value: YamlNode.Scalar { Text: "table" } }])
            model.Set("materialization", "table");
        else model.Set("materialization", materialization);
    }

    YamlNode.Scalar Begin(YamlNode.Mapping said)
    {
        if (startDate is not null) return new YamlNode.Scalar(startDate, isQuoted: true, default);
        project.Note(
            said.Place, "the pipeline has no start_date: its intervals begin on 2020-01-01 here",
            "write another 'begin'");
        return new YamlNode.Scalar("2020-01-01", isQuoted: true, default);
    }

    static List<string> KeysOf(BruinAsset asset, string flag) =>
    [
        .. ColumnsOf(asset).Where(column => BruinImport.Scalar(column[flag]) == "true")
            .Select(column => BruinImport.Scalar(column["name"])).OfType<string>(),
    ];

    static IEnumerable<YamlNode.Mapping> ColumnsOf(BruinAsset asset) =>
        (asset.Yaml["columns"] as YamlNode.Sequence)?.Items.OfType<YamlNode.Mapping>() ?? [];

    YamlNode.Sequence Columns(BruinAsset asset)
    {
        var columns = new List<YamlNode>();
        foreach (var column in ColumnsOf(asset))
        {
            foreach (var entry in column.Entries.Where(entry =>
                !ColumnKeys.Contains(entry.Key) && !Silent.Contains(entry.Key)))
                project.Note(entry.KeyPlace, $"'{entry.Key}' of a column has no equivalent");
            columns.Add(
                new YamlNode.Mapping([.. column.Entries.Where(entry => ColumnKeys.Contains(entry.Key))], column.Place));
        }
        return new(columns, default);
    }

    static YamlNode.Sequence CustomChecks(BruinAsset asset)
    {
        var checks = new List<YamlNode>();
        foreach (var check in (asset.Yaml["custom_checks"] as YamlNode.Sequence)?.Items.OfType<YamlNode.Mapping>()
            ?? [])
        {
            var query = (BruinImport.Scalar(check["query"]) ?? "").TrimEnd().TrimEnd(';');
            if (check["count"] is not null) query = $"select count(*) from (\n{query}\n)";
            checks.Add(Map(
                ("name", check["name"]), ("description", check["description"]), ("query", Text(query)),
                ("value", check["count"] ?? check["value"] ?? Number(0)), ("blocking", check["blocking"])));
        }
        return new(checks, default);
    }

    void WriteSeed(BruinAsset asset, TableName name)
    {
        var stated = BruinImport.Scalar((asset.Yaml["parameters"] as YamlNode.Mapping)?["path"]) ?? "";
        var path = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(asset.FullPath)!, stated));
        if (!File.Exists(path) || Path.GetExtension(path) != ".csv")
        {
            project.Note(new(asset.File, 1), $"the seed's file '{stated}' is no CSV file of this machine");
            return;
        }
        project.Copies[$"seeds/{name.Schema}/{name.Name}.csv"] = path;
        var said = Described(asset);
        if (!said.IsEmpty) project.Add($"seeds/{name.Schema}/{name.Name}.yml", YamlText.Of(said.Yaml), new(asset.File));
    }

    void AddStream(BruinAsset asset, TableName name)
    {
        var parameters = asset.Yaml["parameters"] as YamlNode.Mapping ?? new([], default);
        var connection = ImportedProject.NameOf(BruinImport.Scalar(parameters["source_connection"]) ?? "source");
        var cursor = parameters["incremental_key"];
        var stream = new ImportedModel();
        stream.Set("table", parameters["source_table"]);
        stream.Set("mode", cursor is null ? null : "incremental");
        stream.Set("cursor", cursor);
        if (KeysOf(asset, "primary_key") is { Count: > 0 } keys) stream.Set("keys", List(keys));
        else stream.Set("keys", parameters["primary_key"]);
        stream.Set("description", asset.Yaml["description"]);
        stream.Set("columns", new YamlNode.Sequence(
            [.. Columns(asset).Items.OfType<YamlNode.Mapping>()
                .Where(column => column["checks"] is not null || column["description"] is not null)
                .Select(column =>
                    new YamlNode.Mapping([.. column.Entries.Where(entry => entry.Key != "type")], default))], default));
        stream.Set("checks", CustomChecks(asset));
        var key = (connection, name.Schema);
        if (!streams.TryGetValue(key, out var list)) streams[key] = list = [];
        list.Add((name.Name, stream.Yaml));
    }

    /// <summary>Writes a file for each connection and schema that streams are of.</summary>
    public void WriteSources()
    {
        foreach (var ((connection, schema), list) in streams)
        {
            var source = Map(
                ("connection", Text(connection)), ("schema", Text(schema)),
                ("streams",
                    new YamlNode.Mapping(
                        [.. list.Select(stream => new YamlEntry(stream.Name, default, stream.Stream))], default)));
            project.Files[$"sources/{connection}_{schema}.yml"] = YamlText.Of(source);
        }
    }

    /// <summary>Bruin's names of an interval's ends, with the quotes around them.</summary>
    [GeneratedRegex(
        """['"]?\{\{\s*(?<bound>start|end)_(date|datetime|timestamp)(_nodash)?\s*(\|[^}]*)?\}\}['"]?""",
        RegexOptions.ExplicitCapture)]
    private static partial Regex Bounds { get; }

    [GeneratedRegex(@"\{\{|\{%")]
    private static partial Regex Template { get; }
}
