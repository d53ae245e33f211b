using System.Globalization;

namespace Foz.Operations.Channels;

/// <summary>The words of messages in one language; what happened is written in English.</summary>
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
        Test = "Test", TestText = "this is a test of the channel: nothing is broken",
        Owners = "Owners", Since = "Since", Lasted = "Lasted", Blocks = "Blocks", Run = "Run",
        AcknowledgedBy = "Taken care of by", Fix = "To fix", FirstRows = "First rows", Acknowledge = "Acknowledge",
        ClosedByUser = "closed by {0}", AndMore = "and {0} more",
        ManyBegan = "{0} incidents began", ManyEnded = "{0} incidents ended",
        Characters = ("more character", "more characters"), Rows = ("more row", "more rows"),
        Columns = ("more column", "more columns"), Values = ("more value", "more values"),
        Units = [("day", "days"), ("hour", "hours"), ("minute", "minutes"), ("second", "seconds")],
    };

    /// <summary>Gets the labels in Portuguese, as in Brazil.</summary>
    public static MessageWords Portuguese { get; } = new()
    {
        Language = "pt", Thousands = ".",
        Info = "Informação", Warning = "Atenção", Critical = "Crítico",
        StillOpen = "ainda em aberto", Escalated = "escalado", Acknowledged = "Em atendimento",
        Resolved = "Resolvido", Test = "Teste", TestText = "este é um teste do canal: não há problema",
        Owners = "Responsáveis", Since = "Desde", Lasted = "Durou", Blocks = "Bloqueia", Run = "Execução",
        AcknowledgedBy = "Em atendimento por", Fix = "Para corrigir", FirstRows = "Primeiras linhas",
        Acknowledge = "Assumir", ClosedByUser = "fechado por {0}", AndMore = "e mais {0}",
        ManyBegan = "{0} incidentes começaram", ManyEnded = "{0} incidentes terminaram",
        Characters = ("caractere a mais", "caracteres a mais"), Rows = ("linha a mais", "linhas a mais"),
        Columns = ("coluna a mais", "colunas a mais"), Values = ("valor a mais", "valores a mais"),
        Units = [("dia", "dias"), ("hora", "horas"), ("minuto", "minutos"), ("segundo", "segundos")],
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

    /// <summary>Gets the text of a message that tries a channel.</summary>
    public required string TestText { get; init; }

    /// <summary>Gets the label of the owners of an incident's tables.</summary>
    public required string Owners { get; init; }

    /// <summary>Gets the label of the moment when the incident began.</summary>
    public required string Since { get; init; }

    /// <summary>Gets the label of how long the incident lasted.</summary>
    public required string Lasted { get; init; }

    /// <summary>Gets the label of the tables that wait for the incident's end.</summary>
    public required string Blocks { get; init; }

    /// <summary>Gets the label of the run that failed first.</summary>
    public required string Run { get; init; }

    /// <summary>Gets the label of the user who takes care of the incident.</summary>
    public required string AcknowledgedBy { get; init; }

    /// <summary>Gets the label of the command that fixes it.</summary>
    public required string Fix { get; init; }

    /// <summary>Gets the label of the first bad rows.</summary>
    public required string FirstRows { get; init; }

    /// <summary>Gets the text of the link that acknowledges the incident.</summary>
    public required string Acknowledge { get; init; }

    string Thousands { get; init; } = "";
    (string One, string Many) Characters { get; init; }
    (string One, string Many) Rows { get; init; }
    (string One, string Many) Columns { get; init; }
    (string One, string Many) Values { get; init; }
    string ClosedByUser { get; init; } = "";
    string AndMore { get; init; } = "";
    string ManyBegan { get; init; } = "";
    string ManyEnded { get; init; } = "";
    IReadOnlyList<(string One, string Many)> Units { get; init; } = [];

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

    /// <summary>Returns that a user closed the incident.</summary>
    public string ClosedBy(string user) => string.Format(invariant, ClosedByUser, user);

    /// <summary>Returns how many names were left out of a list.</summary>
    public string More(int count) => string.Format(invariant, AndMore, count);

    /// <summary>Returns how many incidents began.</summary>
    public string Began(int count) => string.Format(invariant, ManyBegan, count);

    /// <summary>Returns how many incidents ended.</summary>
    public string Ended(int count) => string.Format(invariant, ManyEnded, count);

    /// <summary>Returns a length of time, as its largest unit and the next.</summary>
    public string Length(TimeSpan time)
    {
        int[] counts = [time.Days, time.Hours, time.Minutes, time.Seconds];
        var parts = counts.Zip(Units).SkipWhile(part => part.First == 0).Take(2).Where(part => part.First > 0)
            .Select(part => Count(part.First, part.Second)).ToList();
        return parts.Count == 0 ? Count(0, Units[^1]) : string.Join(' ', parts);
    }

    string Count(int count, (string One, string Many) words) =>
        count.ToString("N0", invariant).Replace(",", Thousands, StringComparison.Ordinal)
        + " " + (count == 1 ? words.One : words.Many);
}
