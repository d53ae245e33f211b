using System.Security.Cryptography;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Data;
using Foz.Lake.Sql;
using Foz.Pipelines.Projects.Parsing;
using Foz.Pipelines.Quality;

namespace Foz.Pipelines.Projects.Reading;

/// <summary>
/// Reads the CSV files below <c>seeds/</c>, and what a YAML file of the same name beside one says of it.
/// </summary>
/// <param name="schemaPrefix">What the names of schemas get in the lake; may be empty.</param>
/// <param name="errors">Takes what is wrong.</param>
public sealed class SeedReader(string schemaPrefix, ErrorList errors)
{
    /// <summary>The folder, which is also the schema of a file in none of its folders.</summary>
    public const string Folder = "seeds";

    /// <summary>Reads a seed.</summary>
    /// <param name="file">The CSV file, relative to the project, with <c>/</c>.</param>
    /// <param name="path">The CSV file, as a full path.</param>
    /// <param name="properties">
    /// The file of what is said of it, relative to the project, with its text; null where there is none.
    /// </param>
    /// <param name="isEnabled">Whether it takes part.</param>
    /// <returns>The seed as a model; null where it cannot be read, or has no name.</returns>
    public Model? Read(string file, string path, (string File, string Text)? properties, out bool isEnabled)
    {
        var yaml = properties is { } said ? YamlReader.Read(said.Text, said.File, errors) : null;
        return Read(file, path, yaml ?? new YamlNode.Mapping([], new(properties?.File ?? file, 1, 1)), out isEnabled);
    }

    /// <summary>Reads a seed of which is said elsewhere what there is to say.</summary>
    /// <param name="file">The CSV file, relative to the project, with <c>/</c>.</param>
    /// <param name="path">The CSV file, as a full path.</param>
    /// <param name="yaml">What is said of it.</param>
    /// <param name="isEnabled">Whether it takes part.</param>
    /// <returns>The seed as a model; null where it cannot be read, or has no name.</returns>
    public Model? Read(string file, string path, YamlNode yaml, out bool isEnabled)
    {
        var place = yaml.Place;
        var reader = MappingReader.Of(yaml, place, "what is said of a seed", errors, ModelKeys.Seed);
        isEnabled = reader.Flag("enabled") ?? true;
        var name = NameOf(file, reader.Text("name"), reader.PlaceOf("name"));
        var checks = new CheckReader(
            reader.Word("on_violation", CheckReader.OnViolationWords) ?? OnViolation.Fail, errors);
        var columns = new ColumnReader(checks, errors).Read(reader.Node("columns"));
        var delimiter = ReadDelimiter(reader);
        var model = new Model
        {
            Name = name ?? TableName.None,
            Table = name is { } known ? new(schemaPrefix + known.Schema, known.Name) : TableName.None,
            Materialization = new Materialization.Seed(path, delimiter),
            Body = new(
                $"SELECT * FROM read_csv({SqlText.Literal(file)}, all_varchar = true) -- {Hash(path, file)}",
                new(file, 1, 1)),
            Description = reader.Text("description"),
            Owner = reader.Text("owner"),
            Tags = reader.Texts("tags"),
            Group = reader.Text("group"),
            Readers = ReaderList.Read(reader, ReaderList.Key, errors),
            Settings = yaml is YamlNode.Mapping mapping ? ModelSetting.Of(mapping) : [],
            Columns = columns,
            Checks = [.. columns.SelectMany(c => c.Checks), .. checks.Read(reader.Node("checks"), column: null)],
            File = file,
        };
        reader.Finish();
        return name is null ? null : model;
    }

    char ReadDelimiter(MappingReader reader)
    {
        switch (reader.Text("delimiter"))
        {
            case null:
                return ',';
            case [var character] when char.IsAscii(character) && character is not ('"' or '\r' or '\n'):
                return character;
            case var text:
                errors.Add(
                    reader.PlaceOf("delimiter"),
                    $"'delimiter' must be one ASCII character other than a quote, not '{text}'");
                return ',';
        }
    }

    TableName? NameOf(string file, string? stated, Place place)
    {
        string[] folders = file.Split('/')[1..^1];
        var schema = folders is [var first, ..] ? first : Folder;
        var text = stated is null ? $"{schema}.{Path.GetFileNameWithoutExtension(file)}"
            : stated.Contains('.', StringComparison.Ordinal) ? stated
            : $"{schema}.{stated}";
        if (TableName.TryParse(text, out var name))
            return Identifier.Check(name, stated is null ? new Place(file) : place, errors) ? name : null;
        errors.Add(
            stated is null ? new Place(file) : place, $"'{text}' is not the name of a table",
            "name the file as the table, such as seeds/regions.csv, or state 'name: "
                + "schema.table' in the YAML file beside it");
        return null;
    }

    /// <summary>What tells whether the file changed.</summary>
    string Hash(string path, string file)
    {
        try
        {
            using var stream = System.IO.File.OpenRead(path);
            return Convert.ToHexStringLower(SHA256.HashData(stream).AsSpan(0, 16));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            errors.Add(
                new FozException(ErrorKind.Storage, $"the file cannot be read: {e.Message}", e) { Place = new(file) });
            return "";
        }
    }
}
