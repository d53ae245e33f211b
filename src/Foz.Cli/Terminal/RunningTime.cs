namespace Foz.Cli.Terminal;

/// <summary>Shows at a terminal how long work without other output has run.</summary>
static class RunningTime
{
    static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Waits for work; after the first second it shows the time so far, and erases it before it returns.
    /// </summary>
    /// <param name="shell">Where it writes; only a terminal shows it.</param>
    /// <param name="doing">The name of the work.</param>
    /// <param name="work">The work.</param>
    public static async Task<T> ShowAsync<T>(Shell shell, string doing, Task<T> work)
    {
        if (!shell.IsTerminal) return await work;
        var rows = new LiveRows(shell);
        var start = shell.Clock.GetTimestamp();
        using var timer = new PeriodicTimer(Interval, shell.Clock);
        while (await Task.WhenAny(work, timer.WaitForNextTickAsync().AsTask()) != work)
            rows.Draw(
                [],
                [
                    shell.Styled(
                        Style.Dim,
                        shell.Fit($"{doing}: {RunText.Passing(shell.Clock.GetElapsedTime(start))}, Ctrl-C cancels")),
                ]);
        rows.Draw([], []);
        return await work;
    }
}
