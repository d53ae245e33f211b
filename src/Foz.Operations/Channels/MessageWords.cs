using System.Globalization;

namespace Foz.Operations.Channels;

/// <summary>The labels of messages in one language; titles and texts are not among them.</summary>
public sealed record MessageWords
{
    static readonly CultureInfo invariant = CultureInfo.InvariantCulture;

    MessageWords() { }

    /// <summary>Gets the labels in English.</summary>
    public static MessageWords English { get; } = new()
    {
        Language = "en", Thousands = ",",
        Info = "Info", Warning = "Warning", Critical = "Critical",
        StillOpen = "still open", Escalated = "escalated", Acknowledged = "Acknowledged", Resolved = "Resolved",
        Test = "Test",
        Table = "Table", Owner = "Owner", Since = "Since", Lasted = "Lasted", Blocks = "Blocks", Fix = "To fix",
        FirstRows = "First rows", Acknowledge = "Acknowledge", Details = "Details", Silence = "Silence",
        Characters = ("more character", "more characters"), Rows = ("more row", "more rows"),
        Columns = ("more column", "more columns"), Values = ("more value", "more values"),
    };

    /// <summary>Gets the labels in Portuguese, as in Brazil.</summary>
    public static MessageWords Portuguese { get; } = new()
    {
        Language = "pt", Thousands = ".",
        Info = "Informação", Warning = "Atenção", Critical = "Crítico",
        StillOpen = "ainda em aberto", Escalated = "escalado", Acknowledged = "Em atendimento",
        Resolved = "Resolvido", Test = "Teste",
        Table = "Tabela", Owner = "Responsável", Since = "Desde", Lasted = "Durou", Blocks = "Bloqueia",
        Fix = "Para corrigir",
        FirstRows = "Primeiras linhas", Acknowledge = "Assumir", Details = "Detalhes", Silence = "Silenciar",
        Characters = ("caractere a mais", "caracteres a mais"), Rows = ("linha a mais", "linhas a mais"),
        Columns = ("coluna a mais", "colunas a mais"), Values = ("valor a mais", "valores a mais"),
    };

    /// <summary>Gets the languages that there are, by their codes in <c>language</c>.</summary>
    public static IReadOnlyDictionary<string, MessageWords> All { get; } =
        new[] { English, Portuguese }.ToDictionary(words => words.Language, StringComparer.Ordinal);

    /// <summary>Gets the code of the language.</summary>
    public required string Language { get; init; }

    /// <summary>Gets the label of <see cref="AlertSeverity.Info"/>.</summary>
    public required string Info { get; init; }

    /// <summary>Gets the label of <see cref="AlertSeverity.Warning"/>.</summary>
    public required string Warning { get; init; }

    /// <summary>Gets the label of <see cref="AlertSeverity.Critical"/>.</summary>
    public required string Critical { get; init; }

    /// <summary>Gets the label of <see cref="MessageKind.Repeated"/>, after that of the severity.</summary>
    public required string StillOpen { get; init; }

    /// <summary>Gets the label of <see cref="MessageKind.Escalated"/>, after that of the severity.</summary>
    public required string Escalated { get; init; }

    /// <summary>Gets the label of <see cref="MessageKind.Acknowledged"/>.</summary>
    public required string Acknowledged { get; init; }

    /// <summary>Gets the label of <see cref="MessageKind.Resolved"/>.</summary>
    public required string Resolved { get; init; }

    /// <summary>Gets the label of <see cref="MessageKind.Test"/>.</summary>
    public required string Test { get; init; }

    /// <summary>Gets the label of the table.</summary>
    public required string Table { get; init; }

    /// <summary>Gets the label of the table's owner.</summary>
    public required string Owner { get; init; }

    /// <summary>Gets the label of the moment when the incident began.</summary>
    public required string Since { get; init; }

    /// <summary>Gets the label of how long the incident lasted.</summary>
    public required string Lasted { get; init; }

    /// <summary>Gets the label of the tables that wait for the incident's end.</summary>
    public required string Blocks { get; init; }

    /// <summary>Gets the label of the command that fixes it.</summary>
    public required string Fix { get; init; }

    /// <summary>Gets the label of the first bad rows.</summary>
    public required string FirstRows { get; init; }

    /// <summary>Gets the text of the link that acknowledges the incident.</summary>
    public required string Acknowledge { get; init; }

    /// <summary>Gets the text of the link that shows more.</summary>
    public required string Details { get; init; }

    /// <summary>Gets the text of the link that silences the incident.</summary>
    public required string Silence { get; init; }

    string Thousands { get; init; } = "";
    (string One, string Many) Characters { get; init; }
    (string One, string Many) Rows { get; init; }
    (string One, string Many) Columns { get; init; }
    (string One, string Many) Values { get; init; }

    /// <summary>Returns the label of a severity.</summary>
    public string Of(AlertSeverity severity) => severity switch
    {
        AlertSeverity.Critical => Critical,
        AlertSeverity.Warning => Warning,
        _ => Info,
    };

    /// <summary>Returns how many characters were cut, as <c>1,234 more characters</c>.</summary>
    public string MoreCharacters(int count) => Count(count, Characters);

    /// <summary>Returns how many rows were left out.</summary>
    public string MoreRows(int count) => Count(count, Rows);

    /// <summary>Returns how many columns were left out.</summary>
    public string MoreColumns(int count) => Count(count, Columns);

    /// <summary>Returns how many values were left out.</summary>
    public string MoreValues(int count) => Count(count, Values);

    string Count(int count, (string One, string Many) words) =>
        count.ToString("N0", invariant).Replace(",", Thousands, StringComparison.Ordinal)
        + " " + (count == 1 ? words.One : words.Many);
}
