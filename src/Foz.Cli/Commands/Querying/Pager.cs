using System.Diagnostics;
using Foz.Cli.Terminal;

namespace Foz.Cli.Commands.Querying;

/// <summary>Shows long texts page by page: by the program that <c>PAGER</c> names, otherwise by <c>less</c>.</summary>
static class Pager
{
    const int RowsDefault = 24;
    const string Less = "less";

    /// <summary>Shows a text; one that fits the terminal is written to it.</summary>
    /// <param name="shell">The terminal.</param>
    /// <param name="text">The text, which does nothing to a terminal but to be read.</param>
    /// <param name="isOn">Whether a pager is used.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task ShowAsync(Shell shell, string text, bool isOn, CancellationToken cancellationToken)
    {
        var height = shell.HeightNow() is > 0 and var rows ? rows : RowsDefault;
        if (isOn && shell.Keys is not null && text.AsSpan().Count('\n') > height - 2
            && await TryPageAsync(shell, text, cancellationToken))
            return;
        shell.Screen.Write(text);
        shell.Screen.Flush();
    }

    static async Task<bool> TryPageAsync(Shell shell, string text, CancellationToken cancellationToken)
    {
        if (OperatingSystem.IsWindows()) return false;
        var command = Environment.GetEnvironmentVariable("PAGER") ?? Less;
        if (command is "" or "cat") return false;
        // As other programs start it: by a shell, since it may have arguments.
        var start = new ProcessStartInfo("/bin/sh", ["-c", command])
        {
            UseShellExecute = false, RedirectStandardInput = true,
        };
        // Colours as they are, long lines cut, and what fits one screen shown at once, unless the user says otherwise.
        start.Environment.TryAdd("LESS", "-FRSX");
        shell.Out.Flush();
        // Ctrl-C is the pager's.
        using var _ = shell.Interrupts.Take(static () => true);
        using var pager = Process.Start(start)!;
        try
        {
            await pager.StandardInput.WriteAsync(text.AsMemory(), cancellationToken);
            pager.StandardInput.Close();
        }
        catch (IOException)
        {
            // The user left before the end.
        }
        await pager.WaitForExitAsync(cancellationToken);
        // What a shell says of a program that it does not find.
        return pager.ExitCode is not (126 or 127);
    }
}
