using System.Text.RegularExpressions;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Data;
using Foz.Pipelines.Projects.Parsing;

namespace Foz.Pipelines.Projects.Reading;

/// <summary>
/// Reads models that are programs: what stands in Python files, and in YAML files with a <c>command</c>.
/// </summary>
/// <param name="file">The file, relative to the project.</param>
/// <param name="errors">Takes what is wrong.</param>
sealed partial class ProgramReader(string file, ErrorList errors)
{
    /// <summary>Whether it is one in Python.</summary>
    public bool IsPython => Path.GetExtension(file) == ".py";

    /// <summary>The keys of its front matter.</summary>
    public IReadOnlyList<SettingSpec> Keys => IsPython ? ModelKeys.PythonModel : ModelKeys.CommandModel;

    /// <summary>Whether a file of the models' folder may hold a program.</summary>
    public static bool IsProgram(string file) => Path.GetExtension(file) is ".py" or ".yml" or ".yaml";

    /// <summary>The file's front matter; null where it is no model.</summary>
    public FrontMatter? ReadFrontMatter(string text) =>
        IsPython ? ReadPython(text) : ReadYaml(text);

    /// <summary>The program.</summary>
    /// <param name="reader">Its front matter.</param>
    /// <param name="body">Its text.</param>
    /// <param name="depends">The tables that it states.</param>
    public ModelProgram Read(MappingReader reader, SqlBody body, IReadOnlyList<StatedName> depends)
    {
        ModelProgram program = IsPython
            ? new ModelProgram.Python(file)
            : new ModelProgram.Command(CommandOf(reader));
        return program with
        {
            Reads = [.. depends.Concat(TablesOf(body)).DistinctBy(read => read.Name)],
            Timeout = TimeoutOf(reader),
            Memory = reader.MemorySize("memory"),
        };
    }

    /// <summary>
    /// One without front matter is a model if it has what gives the rows of one; else other files import it.
    /// </summary>
    FrontMatter? ReadPython(string text) =>
        FrontMatter.ReadPython(text, file, errors)
        ?? (Entry.IsMatch(text) ? new(new([], new(file, 1, 1)), new(text, new(file, 1, 1))) : null);

    FrontMatter? ReadYaml(string text)
    {
        var problems = new ErrorList();
        if (YamlReader.Read(text, file, problems) is YamlNode.Mapping mapping && mapping["command"] is not null)
            return new(mapping, new(text, new(file, 1, 1)));
        errors.Add(
            new Place(file), "YAML beside models is read where it has a 'command'",
            "what is said of a model stands in its own file, between /* @foz and @foz */");
        return null;
    }

    IReadOnlyList<string> CommandOf(MappingReader reader)
    {
        if (reader.Node("command") is YamlNode.Sequence && reader.Texts("command") is { Count: > 0 } arguments)
            return arguments;
        errors.Add(
            reader.PlaceOf("command"), "'command' must be a list: the program and its arguments",
            "such as [Rscript, models/gold/forecast.r]");
        return [];
    }

    TimeSpan TimeoutOf(MappingReader reader)
    {
        if (reader.Text("timeout") is not { } text) return ModelProgram.TimeoutDefault;
        if ((Duration.TryParse(text, out var timeout) || Duration.TryParseWords(text, out timeout))
            && timeout > TimeSpan.Zero)
            return timeout;
        errors.Add(reader.PlaceOf("timeout"), $"'timeout' must be a length of time, not '{text}'", "write 30m or 2h");
        return ModelProgram.TimeoutDefault;
    }

    /// <summary>The tables that the text of a Python file asks for by their names.</summary>
    IEnumerable<StatedName> TablesOf(SqlBody body) => IsPython
        ? Table.Matches(body.Text).Select(match => new StatedName(
            new TableName(match.Groups["schema"].Value, match.Groups["name"].Value),
            body.PlaceOf(match.Groups["schema"].Index)))
        : [];

    [GeneratedRegex(
        """\bfoz\s*\.\s*(table|rows)\s*\(\s*["'](?<schema>\w+)\.(?<name>\w+)["']""", RegexOptions.ExplicitCapture)]
    private static partial Regex Table { get; }

    [GeneratedRegex(@"^def\s+(model|materialize)\s*\(", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Entry { get; }
}
