using System.Text.RegularExpressions;
using Foz.Cli.Terminal;
using Foz.Lake;

namespace Foz.Cli.Commands.Querying;

/// <summary>The commands of a prompt that begin with a backslash: those of psql, or refused by their name.</summary>
/// <param name="target">What is listed.</param>
/// <param name="index">The names of functions.</param>
sealed class PromptCommands(PromptTarget target, NameIndex index)
{
    const string Help = """
        A statement ends with a semicolon, and may have several lines.

          \d [pattern]           tables and views; of one name its columns
          \dt, \dv [pattern]     tables; views
          \d+, \dt+, \dv+        the same with descriptions
          \dn, \df [pattern]     schemas; functions
          \l, \conninfo          databases; the project and its lake
          \x [on|off]            each value on a line of its own
          \timing [on|off]       how long statements take
          \pset pager [on|off]   long results page by page
          \i file                run the statements of a file
          \s                     earlier statements
          \echo text             write a text
          \q                     end, as Ctrl-D

        Tab completes names. Ctrl-C stops the statement.
        Ctrl-R finds an earlier statement that has the typed text.
        """;

    /// <summary>What psql has and the prompt has not, with what to do instead.</summary>
    static readonly Dictionary<string, string> Refused = new(StringComparer.Ordinal)
    {
        ["!"] = "run it in a shell", ["c"] = "begin another prompt with --project or --target",
        ["connect"] = "begin another prompt with --project or --target",
        ["copy"] = "foz query --output csv writes files, and read_csv('…') reads them",
        ["e"] = "edit a file and run it with \\i", ["ef"] = "there are no stored functions",
        ["g"] = "end the statement with a semicolon", ["gx"] = "set \\x on",
        ["h"] = "docs/reference/sql.md has the SQL",
        ["o"] = "foz query --output csv > file", ["w"] = "\\s shows the statements",
        ["watch"] = "use watch of the shell",
        ["set"] = "there are no variables", ["unset"] = "there are no variables", ["gset"] = "there are no variables",
        ["du"] = "foz user ls lists users", ["dp"] = "foz user and grants of the project say who may read what",
        ["z"] = "foz user and grants of the project say who may read what", ["di"] = "Delta tables have no indexes",
        ["ds"] = "there are no sequences", ["password"] = "foz user add sets passwords",
    };

    /// <summary>Gets the names of the commands, for completion.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        "?", "conninfo", "d", "d+", "df", "dn", "dt", "dt+", "dv", "dv+", "echo", "i", "l", "pset", "q", "s", "timing",
        "x",
    ];

    /// <summary>Gets whether each value has a line of its own.</summary>
    public bool IsExpanded { get; private set; }

    /// <summary>Gets whether the time of statements is shown.</summary>
    public bool ShowsTime { get; private set; } = true;

    /// <summary>Gets whether long results go to the pager.</summary>
    public bool UsesPager { get; private set; } = true;

    /// <summary>Runs a command, other than those of the prompt itself.</summary>
    /// <param name="name">Its name, without the backslash.</param>
    /// <param name="argument">What is after it.</param>
    /// <param name="to">Where it writes.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">Thrown when there is none of the name.</exception>
    public async Task RunAsync(string name, string argument, Shell to, CancellationToken cancellationToken)
    {
        switch (name)
        {
            case "?": to.Out.WriteLine(Help); break;
            case "d" or "d+" when argument.Length > 0:
                await DescribeAsync(argument, to, withComments: name == "d+", cancellationToken);
                break;
            case "d" or "d+" or "dt" or "dt+" or "dv" or "dv+":
                await ListAsync(name, argument, to, cancellationToken);
                break;
            case "dn":
                WriteOne(to, "Name", (await target.ListAsync(cancellationToken)).Select(table => table.Schema)
                    .Distinct(StringComparer.OrdinalIgnoreCase));
                break;
            case "df": WriteOne(to, "Name", index.Functions.All.Where(Pattern(argument))); break;
            case "l": WriteOne(to, "Name", ["lake"]); break;
            case "conninfo": to.Out.WriteLine(target.Connection); break;
            case "echo": to.Out.WriteLine(argument); break;
            case "x": Report(to, "Expanded display", IsExpanded = Switched(argument, IsExpanded)); break;
            case "timing": Report(to, "Timing", ShowsTime = Switched(argument, ShowsTime)); break;
            case "pset" when argument.Split(' ', 2) is ["pager", .. var rest]:
                Report(to, "Pager", UsesPager = Switched(rest is [var word] ? word : "", UsesPager));
                break;
            case "pset":
                throw new FozException(ErrorKind.Usage, $"\\pset {argument} of psql is not supported")
                {
                    Hint = "\\pset pager [on|off] and \\x [on|off] are",
                };
            default: throw Unknown(name);
        }
    }

    static FozException Unknown(string name) => Refused.TryGetValue(name, out var instead)
        ? new(ErrorKind.Usage, $"\\{name} of psql is not supported") { Hint = instead }
        : new(ErrorKind.Usage, $"there is no command \\{name}") { Hint = "\\? lists the commands" };

    async Task ListAsync(string name, string pattern, Shell to, CancellationToken cancellationToken)
    {
        var matches = Pattern(pattern);
        var withComments = name.EndsWith('+');
        var rows = (await target.ListAsync(cancellationToken)).Where(table =>
            (name is "d" or "d+" || table.IsView == (name[1] == 'v'))
            && (pattern.Contains('.', StringComparison.Ordinal)
                ? matches(table.FullName) : matches(table.Name))).ToList();
        if (rows.Count == 0)
        {
            to.Out.WriteLine(pattern.Length == 0
                ? "Did not find any relations."
                : $"Did not find any relation named \"{pattern}\".");
            return;
        }
        IReadOnlyList<ResultColumn> columns = [new("Schema"), new("Name"), new("Type"), new("Owner")];
        Write(
            to, withComments ? [.. columns, new("Description")] : columns,
            rows.Select(table => (object?[])
            [
                table.Schema, table.Name, table.IsView ? "view" : "table", table.Owner,
                .. withComments ? [table.Description] : Array.Empty<string>(),
            ]));
    }

    async Task DescribeAsync(string pattern, Shell to, bool withComments, CancellationToken cancellationToken)
    {
        var matches = Pattern(pattern);
        var hasSchema = pattern.Contains('.', StringComparison.Ordinal);
        var tables = (await target.ListAsync(cancellationToken))
            .Where(table => matches(hasSchema ? table.FullName : table.Name)).ToList();
        if (tables.Count == 0) to.Out.WriteLine($"Did not find any relation named \"{pattern}\".");
        foreach (var table in tables)
        {
            var fields = await target.FieldsAsync(table.FullName, cancellationToken);
            to.Out.WriteLine(to.Styled(Style.Bold, $"{(table.IsView ? "View" : "Table")} \"{table.FullName}\""));
            IReadOnlyList<ResultColumn> columns = [new("Column"), new("Type"), new("Nullable")];
            Write(
                to, withComments ? [.. columns, new("Description")] : columns,
                fields.Select(field => (object?[])
                [
                    field.Name, $"{field.Type}", field.IsNullable ? "" : "not null",
                    .. withComments
                        ? [field.Metadata.GetValueOrDefault(Foz.Lake.Data.Field.CommentKey, "")]
                        : Array.Empty<string>(),
                ]));
        }
    }

    static void Report(Shell to, string what, bool isOn) => to.Out.WriteLine($"{what} is {(isOn ? "on" : "off")}.");

    static bool Switched(string word, bool present) => word switch
    {
        "" => !present,
        "on" or "true" or "1" => true,
        "off" or "false" or "0" => false,
        _ => throw new FozException(ErrorKind.Usage, $"'{word}' is neither on nor off"),
    };

    void WriteOne(Shell to, string column, IEnumerable<string> names) =>
        Write(to, [new(column)], names.Select(name => new object?[] { name }));

    void Write(Shell to, IReadOnlyList<ResultColumn> columns, IEnumerable<object?[]> rows) =>
        new ResultWriter(to, OutputFormat.Table) { IsExpanded = IsExpanded }.Write(columns, rows);

    /// <summary>Returns what a pattern of psql matches: <c>*</c> any characters, <c>?</c> one; empty for all.</summary>
    static Func<string, bool> Pattern(string pattern)
    {
        if (pattern.Length == 0) return static _ => true;
        var plain = pattern.Replace("\"", "", StringComparison.Ordinal);
        var expression = new Regex(
            "^" + Regex.Escape(plain).Replace("\\*", ".*", StringComparison.Ordinal)
                .Replace("\\?", ".", StringComparison.Ordinal) + "$",
            RegexOptions.IgnoreCase | RegexOptions.NonBacktracking);
        return expression.IsMatch;
    }
}
