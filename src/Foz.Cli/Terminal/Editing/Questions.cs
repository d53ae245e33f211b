using Foz.Lake;

namespace Foz.Cli.Terminal.Editing;

/// <summary>Asks a user at a terminal.</summary>
/// <param name="shell">The terminal; one whose <see cref="Shell.IsInteractive"/> holds.</param>
/// <param name="stopped">What a user who stops it is told.</param>
sealed class Questions(Shell shell, string stopped)
{
    /// <summary>Asks for a text.</summary>
    /// <param name="question">The question.</param>
    /// <param name="otherwise">What an empty answer means; null where there must be one.</param>
    public string Text(string question, string? otherwise = null)
    {
        while (true)
        {
            var answer = Read(question + (otherwise is { Length: > 0 } ? $" [{otherwise}]: " : ": ")).Trim();
            if (answer.Length > 0) return answer;
            if (otherwise is not null) return otherwise;
        }
    }

    /// <summary>Asks for a text until it means something.</summary>
    /// <param name="question">The question.</param>
    /// <param name="otherwise">What an empty answer means; null where there must be one.</param>
    /// <param name="read">Reads an answer.</param>
    /// <exception cref="FozException">Thrown when the user stops it.</exception>
    public T Read<T>(string question, string? otherwise, Func<string, T> read)
    {
        while (true)
            try
            {
                return read(Text(question, otherwise));
            }
            catch (FozException e) when (e.Kind is ErrorKind.Usage)
            {
                shell.Out.WriteLine(e.Describe());
            }
    }

    /// <summary>Asks for one of several things.</summary>
    /// <param name="question">The question.</param>
    /// <param name="choices">The things; the first is the default.</param>
    /// <returns>The number of the thing, from 0.</returns>
    public int Choice(string question, IReadOnlyList<string> choices)
    {
        shell.Out.WriteLine(question);
        for (var i = 0; i < choices.Count; i++) shell.Out.WriteLine($"  {i + 1}  {choices[i]}");
        return Read($"Number, 1 to {choices.Count}", "1", answer =>
            int.TryParse(answer, out var number) && number >= 1 && number <= choices.Count
                ? number - 1
                : throw new FozException(ErrorKind.Usage, $"'{answer}' is no number from 1 to {choices.Count}"));
    }

    /// <summary>Asks for yes or no.</summary>
    /// <param name="question">The question.</param>
    /// <param name="otherwise">What an empty answer means.</param>
    public bool YesNo(string question, bool otherwise) => Read(
        $"{question} (y/n)", otherwise ? "y" : "n", answer => answer.ToUpperInvariant() switch
        {
            "Y" or "YES" => true,
            "N" or "NO" => false,
            _ => throw new FozException(ErrorKind.Usage, $"answer y or n, not '{answer}'"),
        });

    /// <summary>Asks for a text that is not shown.</summary>
    /// <param name="question">The question.</param>
    public string Secret(string question) => shell.Keys is { } keys
        ? Ended(new LineEditor(shell, keys) { IsSecret = true }.Read($"{question}: "))
        : throw new FozException(ErrorKind.Usage, "this terminal shows what is typed, a password too")
        {
            Hint = "set TERM, or put the password into the environment variable that --help names",
        };

    string Read(string question)
    {
        if (shell.Keys is { } keys) return Ended(new LineEditor(shell, keys).Read(question));
        shell.Out.Write(question);
        shell.Out.Flush();
        return shell.In().ReadLine() ?? throw Stopped();
    }

    string Ended((LineEnd End, string Text) line) => line.End is LineEnd.Entered ? line.Text : throw Stopped();

    FozException Stopped() => new(ErrorKind.Canceled, stopped);
}
