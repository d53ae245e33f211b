namespace Foz.Cli.Terminal;

/// <summary>Words as a shell reads them.</summary>
static class ShellWords
{
    /// <summary>Returns a word as a command line takes it: quoted where a shell would divide or change it.</summary>
    public static string Quote(string word) => word.Length > 0 && word.All(c =>
        char.IsLetterOrDigit(c) || c is '_' or '-' or '.' or '/' or ':' or '=' or '+' or ',' or '@' or '%')
        ? word
        : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
