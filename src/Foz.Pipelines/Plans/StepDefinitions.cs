using System.Collections.Immutable;
using System.Globalization;
using Foz.Connectors;
using Foz.Pipelines.Batches;
using Foz.Pipelines.Projects;

namespace Foz.Pipelines.Plans;

/// <summary>Definitions of steps, and the changes between them.</summary>
static class StepDefinitions
{
    const string DescriptionKey = "description", ConnectionKey = "connection", ModeKey = "mode", CursorKey = "cursor",
        KeysKey = "keys";

    /// <summary>Returns the definition of a step of the project.</summary>
    public static StepDefinition Of(GraphNode node) => node switch
    {
        GraphNode.OfModel { Model: var model } => new()
        {
            Sql = model.Definition ?? model.Sql,
            Settings = Settings(model.Settings),
            Columns = Contract(model.Columns),
            Descriptions = Descriptions(model.Description, model.Columns),
        },
        GraphNode.OfStream { Stream: var stream, Source: var source } => new()
        {
            Settings = SettingsOf(source, stream),
            Columns = Contract(stream.Columns),
            Descriptions = Descriptions(stream.Description, stream.Columns),
        },
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    /// <summary>Returns the stream that a step loaded by a definition; null if it is a model.</summary>
    /// <param name="name">The stream's name.</param>
    /// <param name="connection">The connection of its source.</param>
    /// <param name="definition">The step's definition.</param>
    public static StreamDefinition? StreamOf(string name, string connection, StepDefinition definition) =>
        definition is { Sql: null, Settings: var settings } && settings.GetValueOrDefault(ConnectionKey) == connection
        && Enum.TryParse<StreamMode>(settings.GetValueOrDefault(ModeKey), ignoreCase: true, out var mode)
            ? new()
            {
                Name = name, Mode = mode, Cursor = settings.GetValueOrDefault(CursorKey),
                Keys = settings.GetValueOrDefault(KeysKey)?.Split(", ") ?? [],
            }
            : null;

    /// <summary>What changed between two definitions.</summary>
    /// <param name="before">The one before; null where there was none.</param>
    /// <param name="now">The one that holds.</param>
    public static StateChange Compare(StepDefinition? before, StepDefinition now)
    {
        if (before is null) return StateChange.New;
        var change = StateChange.None;
        if (before.Sql != now.Sql) change |= StateChange.Body;
        if (!before.Settings.SequenceEqual(now.Settings)) change |= StateChange.Configs;
        if (!before.Columns.SequenceEqual(now.Columns)) change |= StateChange.Contract;
        if (!before.Descriptions.SequenceEqual(now.Descriptions)) change |= StateChange.Description;
        return change;
    }

    /// <summary>Returns what changed in a step since its table was last built.</summary>
    /// <param name="before">The definition that the table was built from; null if there was none.</param>
    /// <param name="node">The step.</param>
    public static StateChange Compare(StepDefinition? before, GraphNode node) =>
        before is null ? StateChange.New : Compare(before, Of(node));

    /// <summary>The settings that are not as they were, declared types of columns among them, by key.</summary>
    public static IReadOnlyList<SettingChange> ChangedSettings(StepDefinition before, StepDefinition now) =>
    [
        .. Changed(before.Settings, now.Settings),
        .. Changed(before.Columns, now.Columns).Select(change => change with { Key = $"columns.{change.Key}.type" }),
    ];

    static IEnumerable<SettingChange> Changed(
        ImmutableSortedDictionary<string, string> before, ImmutableSortedDictionary<string, string> now) =>
        before.Keys.Union(now.Keys).Order(StringComparer.Ordinal)
            .Select(key => new SettingChange(key, before.GetValueOrDefault(key), now.GetValueOrDefault(key)))
            .Where(change => change.Before != change.Now);

    static ImmutableSortedDictionary<string, string> Settings(IEnumerable<ModelSetting> settings) => settings
        .Where(setting => !IsDescription(setting.Key) && !IsContract(setting.Key))
        .GroupBy(setting => setting.Key, setting => setting.Value)
        .ToImmutableSortedDictionary(group => group.Key, group => string.Join(", ", group), StringComparer.Ordinal);

    static bool IsDescription(string key) =>
        key == DescriptionKey || key.EndsWith("." + DescriptionKey, StringComparison.Ordinal);

    static bool IsContract(string key) => key.StartsWith("columns.", StringComparison.Ordinal)
        && (key.EndsWith(".name", StringComparison.Ordinal) || key.EndsWith(".type", StringComparison.Ordinal));

    static ImmutableSortedDictionary<string, string> SettingsOf(ProjectSource source, ProjectStream stream)
    {
        var settings = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        settings[ConnectionKey] = source.Definition.Connection.Name;
        settings[ModeKey] = stream.Definition.Mode.ToString().ToLowerInvariant();
        if (stream.Definition.Cursor is { } cursor) settings[CursorKey] = cursor;
        if (stream.Definition.Keys.Count > 0) settings[KeysKey] = string.Join(", ", stream.Definition.Keys);
        foreach (var (i, check) in stream.Checks.Index())
            settings[string.Create(CultureInfo.InvariantCulture, $"checks.{i}")] = $"{check.Title} {check.OnViolation}";
        return settings.ToImmutable();
    }

    static ImmutableSortedDictionary<string, string> Contract(IEnumerable<ColumnDefinition> columns) => columns
        .DistinctBy(column => column.Name)
        .ToImmutableSortedDictionary(column => column.Name, column => column.Type ?? "", StringComparer.Ordinal);

    static ImmutableSortedDictionary<string, string> Descriptions(
        string? description, IEnumerable<ColumnDefinition> columns) => columns
        .Select(column => KeyValuePair.Create(column.Name, column.Description ?? ""))
        .Prepend(KeyValuePair.Create("", description ?? "")).Where(pair => pair.Value.Length > 0)
        .DistinctBy(pair => pair.Key)
        .ToImmutableSortedDictionary(StringComparer.Ordinal);
}

/// <summary>A setting that is not as it was.</summary>
/// <param name="Key">Its key, as <see cref="StepDefinition.Settings"/> has it.</param>
/// <param name="Before">What it was; null where it was not set.</param>
/// <param name="Now">What it is; null where it is not set.</param>
public sealed record SettingChange(string Key, string? Before, string? Now);
