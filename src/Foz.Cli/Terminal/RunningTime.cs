namespace Foz.Cli.Terminal;

/// <summary>Shows at a terminal how long something goes on that has nothing to show yet.</summary>
static class RunningTime
{
    static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Waits for work; from the second on it shows for how long, and takes that away before it returns.
    /// </summary>
    /// <param name="shell">Where to; only a terminal shows it.</param>
    /// <param name="doing">What goes on.</param>
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
