using Foz.Operations.Channels;

namespace Foz.Operations.Alerts;

/// <summary>The words of messages in a language.</summary>
sealed record IncidentWords
{
    /// <summary>Those of English.</summary>
    public static readonly IncidentWords English = new()
    {
        Since = "Since", Duration = "Lasted", Owners = "Owners", Run = "Run", Blocks = "Blocks", Broken = "Broken",
        Acknowledged = "Taken care of by", More = "and {0} more", Resolved = "Resolved", ByUser = "closed by {0}",
        Repeated = "Still broken", Escalated = "No answer yet", TakenCareOf = "Taken care of", Test = "Test",
        TestText = "this is a test of the channel: nothing is broken", Link = "Acknowledge",
        Severities = ["info", "warning", "critical"],
        Many = "{0} incidents began", ManyResolved = "{0} incidents ended",
        Units = [("day", "days"), ("hour", "hours"), ("minute", "minutes"), ("second", "seconds")],
    };

    /// <summary>Those of Portuguese.</summary>
    public static readonly IncidentWords Portuguese = new()
    {
        Since = "Desde", Duration = "Durou", Owners = "Responsáveis", Run = "Execução", Blocks = "Bloqueia",
        Broken = "Com problema", Acknowledged = "Em atendimento por", More = "e mais {0}", Resolved = "Resolvido",
        ByUser = "fechado por {0}", Repeated = "Ainda com problema", Escalated = "Ainda sem resposta",
        TakenCareOf = "Em atendimento", Test = "Teste",
        TestText = "este é um teste do canal: não há problema", Link = "Reconhecer",
        Severities = ["informação", "aviso", "crítico"], Many = "{0} incidentes começaram",
        ManyResolved = "{0} incidentes terminaram",
        Units = [("dia", "dias"), ("hora", "horas"), ("minuto", "minutos"), ("segundo", "segundos")],
    };

    public required string Since { get; init; }

    public required string Duration { get; init; }

    public required string Owners { get; init; }

    public required string Run { get; init; }

    public required string Blocks { get; init; }

    public required string Broken { get; init; }

    public required string Acknowledged { get; init; }

    /// <summary>With the number of what is not listed.</summary>
    public required string More { get; init; }

    public required string Resolved { get; init; }

    /// <summary>With the user.</summary>
    public required string ByUser { get; init; }

    public required string TakenCareOf { get; init; }

    public required string Repeated { get; init; }

    public required string Escalated { get; init; }

    public required string Test { get; init; }

    public required string TestText { get; init; }

    public required string Link { get; init; }

    /// <summary>By <see cref="AlertSeverity"/>.</summary>
    public required IReadOnlyList<string> Severities { get; init; }

    /// <summary>With the number of incidents.</summary>
    public required string Many { get; init; }

    /// <summary>With the number of incidents.</summary>
    public required string ManyResolved { get; init; }

    /// <summary>Days, hours, minutes and seconds, of one and of several.</summary>
    public required IReadOnlyList<(string One, string Several)> Units { get; init; }

    /// <summary>The words of a language.</summary>
    public static IncidentWords Of(MessageLanguage language) =>
        language is MessageLanguage.Portuguese ? Portuguese : English;

    /// <summary>What stands before the title of a message: what it reports.</summary>
    public string Heading(AlertMessage message)
    {
        var severity = $"[{Severities[(int)message.Severity]}] ";
        return message.Kind switch
        {
            MessageKind.Resolved => $"{Resolved}: ",
            MessageKind.Acknowledged => $"{TakenCareOf}: ",
            MessageKind.Repeated => $"{severity}{Repeated}: ",
            MessageKind.Escalated => $"{severity}{Escalated}: ",
            MessageKind.Test => $"{Test}: ",
            _ => severity,
        };
    }

    /// <summary>A length of time, as its largest unit and the next.</summary>
    public string Length(TimeSpan time)
    {
        int[] counts = [time.Days, time.Hours, time.Minutes, time.Seconds];
        var parts = counts.Zip(Units).SkipWhile(part => part.First == 0).Take(2).Where(part => part.First > 0)
            .Select(part => $"{part.First} {(part.First == 1 ? part.Second.One : part.Second.Several)}").ToList();
        return parts.Count == 0 ? $"0 {Units[^1].Several}" : string.Join(' ', parts);
    }
}
