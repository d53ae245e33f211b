using Foz.Connectors.Exports;
using Foz.Lake;
using Foz.Lake.Configuration;

namespace Foz.Pipelines.Projects;

/// <summary>Reads <c>export</c> of a model: one mapping, or a list of them.</summary>
/// <param name="errors">Takes what is wrong.</param>
sealed class ExportReader(ErrorList errors)
{
    static readonly Dictionary<string, ExportMode> Modes = new(StringComparer.Ordinal)
    {
        ["replace"] = ExportMode.Replace, ["upsert"] = ExportMode.Upsert, ["append"] = ExportMode.Append,
    };

    static readonly Dictionary<string, ExportFormat> Formats = new(StringComparer.Ordinal)
    {
        ["csv"] = ExportFormat.Csv, ["jsonl"] = ExportFormat.JsonLines, ["parquet"] = ExportFormat.Parquet,
    };

    /// <summary>Reads them.</summary>
    public IReadOnlyList<ExportDefinition> Read(YamlNode? node) => node switch
    {
        null => [],
        YamlNode.Sequence list => [.. list.Items.Select(ReadOne).OfType<ExportDefinition>()],
        _ => ReadOne(node) is { } one ? [one] : [],
    };

    /// <summary>The files that were seen so far, by their full paths, with who writes them where.</summary>
    readonly Dictionary<string, List<(Model Model, ExportDefinition.ToFile Export)>> files = new(StringComparer.Ordinal);

    /// <summary>
    /// Makes sure that each goes to a connection that there is, of a type that takes rows, or to a file of the project that
    /// nobody else writes.
    /// </summary>
    public void Check(Model model, ProjectFile file)
    {
        foreach (var export in model.Exports)
        {
            if (export is ExportDefinition.ToFile target) CheckFile(model, target, file.Folder);
            var (name, types) = export switch
            {
                ExportDefinition.ToTable table => (table.Connection, new[] { "postgresql", "database" }),
                ExportDefinition.ToHttp http => (http.Connection, ["http"]),
                _ => (null, []),
            };
            if (name is not null && file.FindConnection(name, export.Place, errors) is { } found && !types.Contains(found.Type))
                errors.Add(export.Place, $"the connection '{name}' is of type {found.Type}", $"a {(types.Length > 1 ? "table" : "path")} takes one of type {string.Join(" or ", types)}");
            foreach (var environment in export.Environments.Where(e => !file.Environments.Contains(e)))
                errors.Add(export.Place, $"unknown environment '{environment}'", NearestName.Hint(environment, file.Environments));
            if (model.Materialization is Materialization.View)
                errors.Add(export.Place, "a view cannot be exported", "make it a table");
            if (export.Mode is ExportMode.Append && model.Materialization is Materialization.Table)
                errors.Add(
                    export.Place, "a table that each run makes anew cannot be exported with 'mode: append'",
                    "all rows would come again: make it incremental, or take another mode");
        }
    }

    void CheckFile(Model model, ExportDefinition.ToFile export, string folder)
    {
        var path = Path.GetFullPath(export.Path, folder);
        if (!Path.IsPathRooted(export.Path) && !path.StartsWith($"{Path.GetFullPath(folder).TrimEnd(Path.DirectorySeparatorChar)}{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            errors.Add(export.Place, $"the file '{export.Path}' is outside of the project", "write a path below it, or all of the path from the root on");
        if (!files.TryGetValue(path, out var others)) files[path] = others = [];
        if (others.FirstOrDefault(other => Meet(other.Export.Environments, export.Environments)) is { Model: { } first } && first.Name != model.Name)
            errors.Add(export.Place, $"the file '{export.Path}' is that of {first.Name} too", "each would replace the rows of the other: name another file");
        others.Add((model, export));
    }

    /// <summary>Whether two exports are done in one environment.</summary>
    static bool Meet(IReadOnlyList<string> some, IReadOnlyList<string> others) => some.Count == 0 || others.Count == 0 || some.Intersect(others).Any();

    ExportDefinition? ReadOne(YamlNode node)
    {
        var reader = MappingReader.Of(node, node.Place, "an export", errors, ModelKeys.Export);
        if (node is not YamlNode.Mapping) return null;
        var (file, connection, table, path) = (reader.Text("file"), reader.Text("connection"), reader.Text("table"), reader.Text("path"));
        var (keys, mode, format) = (reader.Texts("keys"), reader.Word("mode", Modes), reader.Word("format", Formats));
        var environments = reader.Texts("environments");
        var mayRepeat = reader.Flag("may_repeat");
        var (rowsMax, records) = (reader.Integer("batch_size", 1, 100_000), reader.Text("records"));
        reader.Finish();
        if ((file is null ? 0 : 1) + (table is null ? 0 : 1) + (path is null ? 0 : 1) != 1)
        {
            errors.Add(node.Place, "an export needs one of 'file', 'table' and 'path'", "a table and a path need a 'connection' besides");
            return null;
        }
        if (file is null == connection is null)
        {
            errors.Add(node.Place, file is null ? "'connection' is missing in an export" : "'connection' does not go with 'file'");
            return null;
        }
        if (mode is ExportMode.Upsert != keys.Count > 0)
            errors.Add(reader.PlaceOf(keys.Count > 0 ? "keys" : "mode"), keys.Count > 0 ? "'keys' are for 'mode: upsert'" : "'mode: upsert' needs 'keys'");
        if (mode is ExportMode.Append or ExportMode.Upsert && file is not null || mode is ExportMode.Upsert && path is not null)
            errors.Add(reader.PlaceOf("mode"), $"{(file is null ? "an endpoint" : "a file")} takes no 'mode: {reader.Text("mode")}'", file is null ? "known: replace, append" : "it is replaced");
        if (mayRepeat is not null && (table is null || mode is not ExportMode.Append))
            errors.Add(reader.PlaceOf("may_repeat"), "'may_repeat' is for a table with 'mode: append'");
        if (file is not null)
            return FormatOf(file, format) is { } known
                ? new ExportDefinition.ToFile(file, known) { Environments = environments, Place = node.Place }
                : Unclear(reader.PlaceOf("file"));
        return table is not null
            ? new ExportDefinition.ToTable(connection!, table, keys)
            {
                Mode = mode ?? ExportMode.Replace, MayRepeat = mayRepeat ?? false, Environments = environments, Place = node.Place,
            }
            : new ExportDefinition.ToHttp(connection!, path!)
            {
                Mode = mode ?? ExportMode.Replace, BatchRowsMax = (int)(rowsMax ?? 500), RecordsField = records, Environments = environments, Place = node.Place,
            };
    }

    ExportDefinition? Unclear(Place place)
    {
        errors.Add(place, "the format of the file cannot be told by its name", "set format to csv, jsonl or parquet");
        return null;
    }

    static ExportFormat? FormatOf(string file, ExportFormat? stated) => stated ?? Path.GetExtension(file).ToLowerInvariant() switch
    {
        ".csv" => ExportFormat.Csv,
        ".jsonl" or ".ndjson" => ExportFormat.JsonLines,
        ".parquet" => ExportFormat.Parquet,
        _ => null,
    };
}
