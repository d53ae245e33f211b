namespace Foz.Cli.Terminal;

/// <summary>
/// One row at the foot of a terminal that shows the progress of a command; nothing without a terminal.
/// </summary>
/// <param name="shell">The terminal.</param>
sealed class ProgressRow(Shell shell) : IDisposable
{
    static readonly TimeSpan interval = TimeSpan.FromMilliseconds(100);

    readonly Lock gate = new();
    readonly LiveRows live = new(shell);
    DateTimeOffset next;
    bool isEnded;

    /// <summary>Shows a text in place of the last one, at most ten times a second.</summary>
    public void Show(string text)
    {
        if (!shell.IsTerminal) return;
        lock (gate)
        {
            if (isEnded || shell.Clock.GetUtcNow() is var now && now < next) return;
            next = now + interval;
            live.Draw([], [shell.Styled(Style.Dim, TextWidth.Cut(text, Math.Max(1, shell.Width - 1)))]);
        }
    }

    /// <summary>Erases the row.</summary>
    public void Dispose()
    {
        if (!shell.IsTerminal) return;
        lock (gate)
        {
            isEnded = true;
            live.Draw([], []);
        }
    }
}
