using Foz.Operations.Channels;

namespace Foz.Cli.Commands.Serving;

/// <summary>The words of the pages of links, in a language.</summary>
/// <param name="Language">The code of the language.</param>
/// <param name="Messages">The words that messages have too.</param>
sealed record LinkWords(string Language, MessageWords Messages)
{
    static readonly LinkWords english = new("en", MessageWords.English)
    {
        Approval = "Approval", Run = "Run", Task = "Task", You = "You decide as",
        Comment = "Comment", Approve = "Approve", Reject = "Reject", Approved = "Approved. The run goes on.",
        Rejected = "Rejected. The task fails.", Decided = "This task does not wait for a decision any more:",
        NotValid = "This link is not valid, or not any more.", Incomplete = "The form is not complete.",
        Name = "Your name", Open = "Open", AssignedTo = "Assigned to", Acknowledge = "I take care of it",
        AddComment = "Add the comment", Assign = "Assign", Silence = "Silence", SilenceFor = "Silence for",
        Hours = "hours", IsResolved = "The incident is resolved: nothing was changed.",
    };

    static readonly LinkWords portuguese = new("pt-BR", MessageWords.Portuguese)
    {
        Approval = "Aprovação", Run = "Execução", Task = "Tarefa", You = "Você decide como",
        Comment = "Comentário", Approve = "Aprovar", Reject = "Rejeitar", Approved = "Aprovado. A execução continua.",
        Rejected = "Rejeitado. A tarefa falha.", Decided = "Esta tarefa não espera mais por uma decisão:",
        NotValid = "Este link não é válido, ou não é mais.", Incomplete = "O formulário não está completo.",
        Name = "Seu nome", Open = "Aberto", AssignedTo = "Atribuído a", Acknowledge = "Eu cuido disso",
        AddComment = "Comentar", Assign = "Atribuir", Silence = "Silenciar", SilenceFor = "Silenciar por",
        Hours = "horas", IsResolved = "O incidente está resolvido: nada foi alterado.",
    };

    public required string Approval { get; init; }

    public required string Run { get; init; }

    public required string Task { get; init; }

    public required string You { get; init; }

    public required string Comment { get; init; }

    public required string Approve { get; init; }

    public required string Reject { get; init; }

    public required string Approved { get; init; }

    public required string Rejected { get; init; }

    public required string Decided { get; init; }

    public required string NotValid { get; init; }

    public required string Incomplete { get; init; }

    public required string Name { get; init; }

    public required string Open { get; init; }

    public required string AssignedTo { get; init; }

    public required string Acknowledge { get; init; }

    public required string AddComment { get; init; }

    public required string Assign { get; init; }

    public required string Silence { get; init; }

    public required string SilenceFor { get; init; }

    public required string Hours { get; init; }

    public required string IsResolved { get; init; }

    /// <summary>Returns the words for what a browser prefers.</summary>
    /// <param name="accepted">The header <c>Accept-Language</c>.</param>
    public static LinkWords Of(string accepted)
    {
        foreach (var language in accepted.Split(',', StringSplitOptions.TrimEntries))
            if (language.StartsWith("pt", StringComparison.OrdinalIgnoreCase)) return portuguese;
            else if (language.StartsWith("en", StringComparison.OrdinalIgnoreCase)) return english;
        return english;
    }

    /// <summary>Returns what a field of a form holds, in one line of bounded length.</summary>
    public static string Line(string? field, int charsMax)
    {
        var line = (field ?? "").Trim().ReplaceLineEndings(" ");
        return line.Length <= charsMax ? line : line[..charsMax];
    }
}
