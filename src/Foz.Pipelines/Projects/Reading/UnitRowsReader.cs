using System.Text;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Pipelines.Projects.Parsing;

namespace Foz.Pipelines.Projects.Reading;

/// <summary>
/// Reads rows of unit tests: as mappings, as CSV, or as a SELECT; in place or from a file of <c>tests/fixtures/</c>.
/// </summary>
static class UnitRowsReader
{
    const string FixtureFolder = "tests/fixtures";

    /// <summary>Reads rows; null where they cannot be read, and errors were added.</summary>
    /// <param name="node">A mapping with <c>rows</c>, <c>format</c>, <c>fixture</c>.</param>
    /// <param name="folder">The project's folder.</param>
    /// <param name="inputKey">A key that the mapping has besides; null for none.</param>
    /// <param name="errors">Takes what is wrong.</param>
    public static UnitRows? Read(YamlNode node, string folder, string? inputKey, ErrorList errors)
    {
        var reader = MappingReader.Of(node, node.Place, "rows", errors);
        if (inputKey is not null) reader.Text(inputKey);
        var format = reader.Word<FormatWord>("format", Words) ?? FormatWord.Dict;
        var rows = reader.Node("rows");
        var fixture = reader.Text("fixture");
        var fixturePlace = reader.PlaceOf("fixture");
        reader.Finish();
        if (fixture is not null && rows is not null)
        {
            errors.Add(fixturePlace, "rows stand here and in a file", "leave 'rows' or 'fixture' out");
            return null;
        }
        if (fixture is not null) return ReadFixture(fixture, fixturePlace, format, folder, errors);
        return format switch
        {
            FormatWord.Dict => ReadMappings(rows, node.Place, errors),
            _ when rows is YamlNode.Scalar text => OfText(
                format, text.Text, text.Place,
                text.IsLiteralBlock ? new(text.Place.File, text.Place.Line + 1) : text.Place, errors),
            _ => Missing(
                errors, rows?.Place ?? node.Place,
                $"'rows' of format {format.ToString().ToLowerInvariant()} must be a text"),
        };
    }

    enum FormatWord
    {
        Dict,
        Csv,
        Sql,
    }

    static Dictionary<string, FormatWord> Words { get; } = new(StringComparer.Ordinal)
    {
        ["dict"] = FormatWord.Dict, ["csv"] = FormatWord.Csv, ["sql"] = FormatWord.Sql,
    };

    static UnitRows? Missing(ErrorList errors, Place place, string message)
    {
        errors.Add(place, message);
        return null;
    }

    static UnitRows? ReadFixture(string name, Place place, FormatWord format, string folder, ErrorList errors)
    {
        var extension = format is FormatWord.Sql ? ".sql" : ".csv";
        var file = $"{FixtureFolder}/{(Path.HasExtension(name) ? name : name + extension)}";
        var path = Path.GetFullPath(file, folder);
        if (path.StartsWith(
            Path.GetFullPath(FixtureFolder, folder) + Path.DirectorySeparatorChar,
            StringComparison.Ordinal) && File.Exists(path))
            return OfText(
                format is FormatWord.Dict ? FormatWord.Csv : format, File.ReadAllText(path), new(file, 1, 1),
                new(file, 1), errors);
        var fixtures = Path.GetFullPath(FixtureFolder, folder);
        var known = Directory.Exists(fixtures)
            ? Directory.EnumerateFiles(fixtures).Select(f => Path.GetFileNameWithoutExtension(f)!)
            : [];
        errors.Add(place, $"there is no file {file}", NearestName.Hint(name, known));
        return null;
    }

    /// <param name="format">What the text is.</param>
    /// <param name="text">The text.</param>
    /// <param name="place">Where it stands.</param>
    /// <param name="start">
    /// Where its first line stands; without a column where each of its lines is a line of the file.
    /// </param>
    /// <param name="errors">Takes what is wrong.</param>
    static UnitRows? OfText(FormatWord format, string text, Place place, Place start, ErrorList errors) =>
        format is FormatWord.Sql
            ? new UnitRows.Query(SqlEnd.Trim(text)) { Place = place }
            : ReadCsv(text.Replace("\r\n", "\n", StringComparison.Ordinal), place, start, errors);

    static UnitRows.Listed? ReadMappings(YamlNode? rows, Place place, ErrorList errors)
    {
        if (rows is null) return new([], []) { Place = place };
        if (rows is not YamlNode.Sequence { Items: var items })
        {
            errors.Add(
                rows.Place, $"'rows' must be a list of mappings, not {rows.Kind}", "write - {id: 1, amount: 10.5}");
            return null;
        }
        var columns = new List<UnitColumn>();
        var indexes = new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase);
        foreach (var entry in items.OfType<YamlNode.Mapping>().SelectMany(item => item.Entries))
            if (indexes.TryAdd(entry.Key, columns.Count)) columns.Add(new(entry.Key, entry.KeyPlace));
        var read = new List<IReadOnlyList<UnitValue?>>();
        foreach (var item in items)
        {
            if (item is not YamlNode.Mapping mapping)
            {
                errors.Add(item.Place, $"a row must be a mapping, not {item.Kind}", "write {id: 1, amount: 10.5}");
                continue;
            }
            var row = new UnitValue?[columns.Count];
            foreach (var entry in mapping.Entries) row[indexes[entry.Key]] = ValueOf(entry.Value);
            read.Add(row);
        }
        return new(columns, read) { Place = rows.Place };
    }

    static UnitValue? ValueOf(YamlNode node) => node switch
    {
        { IsNull: true } => null,
        YamlNode.Scalar scalar => new(scalar.Text, scalar.IsQuoted, scalar.Place),
        _ => new(NestedText(node), IsText: true, node.Place),
    };

    /// <summary>A list or struct as DuckDB reads it from text.</summary>
    static string NestedText(YamlNode node) => node switch
    {
        { IsNull: true } => "NULL",
        YamlNode.Sequence sequence => $"[{string.Join(", ", sequence.Items.Select(NestedText))}]",
        YamlNode.Mapping mapping =>
            $"{{{string.Join(", ", mapping.Entries.Select(e => $"'{e.Key}': {NestedText(e.Value)}"))}}}",
        YamlNode.Scalar scalar =>
            scalar.IsQuoted ? $"'{scalar.Text.Replace("'", "\\'", StringComparison.Ordinal)}'" : scalar.Text,
        _ => "",
    };

    /// <summary>RFC 4180 with a header; an empty field without quotes is null.</summary>
    static UnitRows.Listed? ReadCsv(string text, Place place, Place start, ErrorList errors)
    {
        var records = Records(text, start).Where(record => record is not [null]).ToList();
        if (records.Count == 0) return new([], []) { Place = place };
        var columns = records[0].Select(name => new UnitColumn((name?.Text ?? "").Trim(), place)).ToList();
        foreach (var (i, record) in records.Index().Skip(1).Where(r => r.Item.Count != columns.Count))
        {
            errors.Add(place, $"row {i} of the CSV has {record.Count} fields, and the header {columns.Count}");
            return null;
        }
        return new(columns, [.. records.Skip(1)]) { Place = place };
    }

    static IEnumerable<IReadOnlyList<UnitValue?>> Records(string text, Place place)
    {
        var record = new List<UnitValue?>();
        var counted = 0;
        for (var at = 0; at < text.Length;)
        {
            if (place.Column == 0)
                place = place with { Line = place.Line + text.AsSpan(counted, at - counted).Count('\n') };
            counted = at;
            record.Add(Field(text, ref at, place));
            if (at < text.Length && text[at] == ',')
            {
                at++;
                if (at < text.Length && text[at] != '\n') continue;
                record.Add(null);
            }
            yield return record;
            record = [];
            at++;
        }
    }

    static UnitValue? Field(string text, ref int at, Place place)
    {
        if (text[at] != '"')
        {
            var end = text.AsSpan(at).IndexOfAny(',', '\n');
            var plain = (end < 0 ? text[at..] : text[at..(at + end)]).Trim();
            at = end < 0 ? text.Length : at + end;
            return plain.Length == 0 ? null : new(plain, IsText: false, place);
        }
        var quoted = new StringBuilder();
        for (at++; at < text.Length; at++)
        {
            if (text[at] != '"') quoted.Append(text[at]);
            else if (at + 1 < text.Length && text[at + 1] == '"') quoted.Append(text[at++]);
            else break;
        }
        at = Math.Min(text.Length, at + 1);
        return new(quoted.ToString(), IsText: true, place);
    }
}
