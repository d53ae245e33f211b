using System.Globalization;
using System.Text;
using Foz.Connectors.PostgreSql;
using Foz.Lake;

namespace Foz.Cli.Remote;

/// <summary>
/// libpq's password file: lines of <c>host:port:database:user:password</c> (PostgreSQL's documentation, "The Password
/// File").
/// </summary>
static class PasswordFile
{
    /// <summary>Names another file.</summary>
    public const string Variable = "PGPASSFILE";

    const int Fields = 5;
    const string Any = "*";

    /// <summary>Returns the password for a server; null if no line is for it.</summary>
    /// <param name="options">The server and the user.</param>
    /// <param name="variable">Returns the value of an environment variable.</param>
    /// <param name="home">The user's folder.</param>
    /// <param name="warn">Called for a file that others can read, which is skipped as libpq does.</param>
    public static string? Find(PgOptions options, Func<string, string?> variable, string home, Action<Warning>? warn)
    {
        var path = variable(Variable) is { Length: > 0 } named ? named : DefaultPath(variable, home);
        if (!File.Exists(path)) return null;
        if (!OperatingSystem.IsWindows()
            && (File.GetUnixFileMode(path)
                & (UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
                | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute)) != UnixFileMode.None)
        {
            warn?.Invoke(
                new($"the password file {path} is passed over: others than its owner may read it",
                    $"chmod 600 {path}"));
            return null;
        }
        string[] wanted =
        [
            options.IsUnixSocket ? "localhost" : options.Host, options.Port.ToString(CultureInfo.InvariantCulture),
            options.Database, options.User,
        ];
        return File.ReadLines(path).Where(line => !line.StartsWith('#')).Select(Split)
            .FirstOrDefault(fields => fields.Count == Fields && IsFor(fields, wanted))?[^1];
    }

    static string DefaultPath(Func<string, string?> variable, string home) => OperatingSystem.IsWindows()
        ? Path.Combine(variable("APPDATA") ?? home, "postgresql", "pgpass.conf")
        : Path.Combine(home, ".pgpass");

    static bool IsFor(List<string> fields, string[] wanted)
    {
        for (var i = 0; i < wanted.Length; i++)
            if (fields[i] != Any && fields[i] != wanted[i]) return false;
        return true;
    }

    /// <summary>
    /// Returns the fields of a line: a backslash makes the colon or backslash after it literal; the last field ends
    /// with the line.
    /// </summary>
    static List<string> Split(string line)
    {
        var fields = new List<string>();
        var field = new StringBuilder();
        for (var i = 0; i < line.Length; i++)
        {
            if (line[i] == ':' && fields.Count < Fields - 1)
            {
                fields.Add(field.ToString());
                field.Clear();
                continue;
            }
            if (line[i] == '\\' && i + 1 < line.Length) i++;
            field.Append(line[i]);
        }
        fields.Add(field.ToString());
        return fields;
    }
}
