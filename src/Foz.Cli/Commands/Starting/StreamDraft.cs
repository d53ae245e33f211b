using Foz.Connectors;
using Foz.Lake.Data;

namespace Foz.Cli.Commands.Starting;

/// <summary>A stream that a source offers, with what is proposed for it.</summary>
sealed record StreamDraft
{
    static readonly string[] CursorNames =
    [
        "updated_at", "modified_at", "changed_at", "last_updated", "last_update", "last_modified", "updated_on",
        "modified_on", "changed_on", "updatedat", "modifiedat", "modifieddate", "modified_date", "updated_date",
        "last_changed", "lastmodified", "date_modified", "date_updated", "atualizado_em", "alterado_em",
        "modificado_em", "data_atualizacao", "data_alteracao", "dt_atualizacao", "dt_alteracao",
    ];

    /// <summary>Gets its name.</summary>
    public required string Name { get; init; }

    /// <summary>Gets its columns as they arrive.</summary>
    public required IReadOnlyList<Field> Fields { get; init; }

    /// <summary>Gets the columns that identify a row; empty where unknown.</summary>
    public IReadOnlyList<string> Keys { get; init; } = [];

    /// <summary>Gets the column that seems to grow with every change of a row; null for none.</summary>
    public string? Cursor { get; init; }

    /// <summary>Whether only rows whose cursor grew are read.</summary>
    public bool ReadsByCursor { get; init; }

    /// <summary>Gets about how many rows it has; null where unknown.</summary>
    public long? Rows { get; init; }

    /// <summary>Gets other settings, as YAML writes them.</summary>
    public IReadOnlyList<(string Name, string Yaml)> Settings { get; init; } = [];

    /// <summary>Gets what the user should know.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>Returns the draft of a stream, with what its data suggests.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static StreamDraft Of(DiscoveredStream stream, CancellationToken cancellationToken)
    {
        var proposal = stream.Propose?.Invoke(cancellationToken);
        var fields = proposal is { Fields.Count: > 0 } ? proposal.Fields : stream.Fields;
        var own = stream.Definition.Settings;
        return new()
        {
            Name = stream.Definition.Name,
            Fields = fields,
            Keys = stream.Definition.Keys.Count > 0 ? stream.Definition.Keys : proposal?.Keys ?? [],
            Cursor = stream.Definition.Mode is StreamMode.Snapshot ? CursorOf(fields) : null,
            Rows = stream.RowCountEstimate,
            Settings =
            [
                .. own.Names.Select(name => (name, StartText.Yaml(own.RequiredText(name)))),
                .. proposal?.Settings.Select(s => (s.Name, s.Value)) ?? [],
            ],
            Notes = proposal?.Notes ?? [],
        };
    }

    /// <summary>Returns the column that is named as the time of a row's last change, and is a time.</summary>
    static string? CursorOf(IReadOnlyList<Field> fields) => CursorNames
        .Select(name => fields.FirstOrDefault(field => field.Name.Equals(name, StringComparison.OrdinalIgnoreCase)
            && (field.Type == DataType.Timestamp || field.Type == DataType.TimestampNtz))?.Name)
        .FirstOrDefault(name => name is not null);
}
