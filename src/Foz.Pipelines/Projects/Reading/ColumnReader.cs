using System.Collections.ObjectModel;
using Foz.Connectors;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Data;
using Foz.Pipelines.Quality;
using Foz.Pipelines.Quality.Cleaning;

namespace Foz.Pipelines.Projects.Reading;

/// <summary>
/// Reads what a project says of columns: a list of mappings with <c>name</c>, or a mapping of names to types or to
/// mappings.
/// </summary>
/// <param name="checks">Reads the columns' checks.</param>
/// <param name="errors">Takes what is wrong.</param>
sealed class ColumnReader(CheckReader checks, ErrorList errors)
{
    static readonly Dictionary<string, ColumnMask> Masks = new(StringComparer.Ordinal)
    {
        ["hash"] = ColumnMask.Hash, ["redact"] = ColumnMask.Redact, ["last_four"] = ColumnMask.LastFour,
        ["null"] = ColumnMask.Null,
    };

    /// <summary>Whether they are a source's, which can be masked.</summary>
    public bool AreOfSource { get; init; }

    /// <summary>Reads columns; their names are unique whatever the case.</summary>
    /// <param name="node">The node; null reads as empty.</param>
    public IReadOnlyList<ColumnDefinition> Read(YamlNode? node)
    {
        if (node is null) return [];
        var columns = new List<ColumnDefinition>();
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var column in ReadAll(node))
        {
            if (names.Add(column.Name))
            {
                columns.Add(column);
                continue;
            }
            var first =
                columns.First(other => string.Equals(other.Name, column.Name, StringComparison.OrdinalIgnoreCase));
            errors.Add(
                column.Place, $"the column '{column.Name}' stands here twice",
                $"first at line {first.Place.Line}");
        }
        return columns;
    }

    IEnumerable<ColumnDefinition> ReadAll(YamlNode node)
    {
        switch (node)
        {
            case YamlNode.Sequence list:
                return list.Items.Select(item => ReadListed(item)).OfType<ColumnDefinition>();
            case YamlNode.Mapping map:
                return map.Entries.Select(ReadMapped);
            default:
                errors.Add(node.Place, $"'columns' must be a list or a mapping, not {node.Kind}");
                return [];
        }
    }

    ColumnDefinition? ReadListed(YamlNode item)
    {
        if (item is YamlNode.Scalar { IsNull: false } scalar) return new() { Name = scalar.Text, Place = scalar.Place };
        var reader = MappingReader.Of(item, item.Place, "a column", errors, ModelKeys.Column);
        if (item is not YamlNode.Mapping) return null;
        var name = reader.RequiredText("name");
        return name.Length == 0 ? null : ReadRest(name, reader.PlaceOf("name"), reader);
    }

    ColumnDefinition ReadMapped(YamlEntry entry) => entry.Value is YamlNode.Scalar scalar
        ? new() { Name = entry.Key, Type = scalar.IsNull ? null : scalar.Text, Place = entry.KeyPlace }
        : ReadRest(
            entry.Key, entry.KeyPlace,
            MappingReader.Of(entry.Value, entry.KeyPlace, "a column", errors, ModelKeys.Column));

    TimeSpan? RetentionOf(MappingReader reader)
    {
        const string Key = "retention";
        if (reader.Text(Key) is not { } text) return null;
        if (Duration.TryParseWords(text, out var time) && time > TimeSpan.Zero) return time;
        errors.Add(reader.PlaceOf(Key), $"'{Key}' must be a length of time, not '{text}'", "write 400 days");
        return null;
    }

    ColumnMask? MaskOf(MappingReader reader)
    {
        // In YAML the word null is no text.
        if (AreOfSource)
            return reader.Word("mask", Masks)
                ?? (reader.Has("mask") && reader.Node("mask") is null ? ColumnMask.Null : null);
        reader.Refuse("mask", "is for columns of sources: what a model selects is masked there");
        return null;
    }

    List<string> TagsOf(MappingReader reader)
    {
        var tags = reader.Scalars("tags");
        foreach (var tag in tags.Where(tag =>
            tag.Text.Contains('.', StringComparison.Ordinal) && !ColumnTag.IsName(tag.Text)))
            errors.Add(
                tag.Place, $"'{tag.Text}' cannot be a tag of a column", "tags are words with dots between: pii.cpf");
        return [.. tags.Select(tag => tag.Text)];
    }

    IReadOnlyDictionary<string, string> ReleaseOf(MappingReader reader)
    {
        const string Key = "release";
        var entries = reader.Entries(Key);
        if (entries.Count == 0) return ReadOnlyDictionary<string, string>.Empty;
        var release = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var entry in entries)
            if (AreOfSource)
                errors.Add(
                    entry.KeyPlace, $"'{Key}' is for columns of models: those of sources are made from no others");
            else if (entry.Value is YamlNode.Scalar { IsNull: false, Text: { Length: > 0 } reason }
                && ColumnTag.IsName(entry.Key))
                release[entry.Key] = reason;
            else errors.Add(
                entry.KeyPlace, $"'{Key}' has tags with the reason of each",
                "release: {pii.cpf: 'counted only, see DPO-12'}");
        return release;
    }

    List<string> FromOf(MappingReader reader)
    {
        var from = reader.Scalars("from");
        foreach (var column in from.Where(column =>
            column.Text.Split('.') is not [{ Length: > 0 }, { Length: > 0 }, { Length: > 0 }]))
            errors.Add(
                column.Place, $"'{column.Text}' is not a column of a table",
                "write schema.table.column, such as silver.orders.amount");
        return [.. from.Select(column => column.Text)];
    }

    ColumnDefinition ReadRest(string name, Place place, MappingReader reader)
    {
        var column = new ColumnDefinition
        {
            Name = name,
            Type = reader.Text("type") ?? reader.Text("data_type"),
            IsNullable = reader.Flag("nullable") ?? true,
            Clean = new CleanReader(errors).Read(reader.Node("clean"), name),
            Description = reader.Text("description"),
            Tags = TagsOf(reader),
            Release = ReleaseOf(reader),
            Retention = RetentionOf(reader),
            Mask = MaskOf(reader),
            From = FromOf(reader),
            Checks = checks.Read(reader.Node("checks"), name),
            Place = place,
        };
        reader.Finish();
        return column;
    }
}
