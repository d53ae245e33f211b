using System.Text;

namespace Foz.Cli.Terminal;

/// <summary>Asks for a password.</summary>
static class PasswordPrompt
{
    /// <summary>Whether a user can be asked.</summary>
    public static bool CanAsk(Shell shell) => shell.IsTerminal && !Console.IsInputRedirected;

    /// <summary>Asks at the terminal without showing the input.</summary>
    /// <param name="shell">The terminal.</param>
    /// <param name="prompt">The question.</param>
    public static string Ask(Shell shell, string prompt)
    {
        shell.Error.Write(prompt);
        shell.Error.Flush();
        var password = new StringBuilder();
        while (Console.ReadKey(intercept: true) is { Key: not ConsoleKey.Enter } key)
        {
            if (key.Key is ConsoleKey.Backspace) password.Length = Math.Max(password.Length - 1, 0);
            else if (!char.IsControl(key.KeyChar)) password.Append(key.KeyChar);
        }
        shell.Error.WriteLine();
        return password.ToString();
    }
}
