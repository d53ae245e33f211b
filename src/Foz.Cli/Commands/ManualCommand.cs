using System.CommandLine;
using System.Text;

namespace Foz.Cli.Commands;

/// <summary><c>foz manual</c>: the manual page, of what <c>--help</c> says of each command.</summary>
static class ManualCommand
{
    public const string Name = "manual";

    public static Command Create(CommandContext context, Func<Command> tree)
    {
        var command = new ExampleCommand(
            Name, "Write the manual page", ["foz manual > ~/.local/share/man/man1/foz.1"]);
        command.SetAction(_ => context.Shell.Out.Write(Page(tree())));
        return command;
    }

    static string Page(Command root)
    {
        var page = new StringBuilder($".TH FOZ 1 \"\" \"Foz {BuildFacts.Version}\" \"Foz\"\n");
        page.Append($".SH NAME\nfoz \\- {Text(root.Description)}\n");
        page.Append(".SH SYNOPSIS\n.B foz\n.I command\n[options]\n.SH OPTIONS\nOf all commands:\n");
        WriteOptions(page, root);
        page.Append(".SH COMMANDS\n");
        foreach (var command in root.Subcommands.OrderBy(c => c.Name, StringComparer.Ordinal))
            WriteCommand(page, command, "foz");
        page.Append(".SH FILES\n.TP\n.I foz.yml\nThe project.\n.TP\n.I .env\nVariables of the project, as secrets.\n");
        return page.ToString();
    }

    static void WriteCommand(StringBuilder page, Command command, string above)
    {
        if (command.Hidden) return;
        var name = $"{above} {command.Name}";
        page.Append($".SS {Text(name)}");
        foreach (var argument in command.Arguments.Where(a => !a.Hidden))
            page.Append(' ').Append(
                Text(argument.Arity.MinimumNumberOfValues == 0 ? $"[{argument.Name}]" : argument.Name));
        page.Append($"\n{Text(command.Description)}.\n");
        foreach (var argument in command.Arguments.Where(a => !a.Hidden && a.Description is not null))
            page.Append($".TP\n.I {Text(argument.Name)}\n{Text(argument.Description)}\n");
        WriteOptions(page, command);
        if (command is ExampleCommand { Examples: { Count: > 0 } examples })
        {
            page.Append(".PP\nExamples:\n.PP\n.nf\n");
            foreach (var example in examples) page.Append(Text(example)).Append('\n');
            page.Append(".fi\n");
        }
        foreach (var child in command.Subcommands.OrderBy(c => c.Name, StringComparer.Ordinal))
            WriteCommand(page, child, name);
    }

    static void WriteOptions(StringBuilder page, Command command)
    {
        foreach (var option in command.Options.Where(o => !o.Hidden).OrderBy(o => o.Name, StringComparer.Ordinal))
        {
            page.Append(".TP\n.B ").Append(Text(string.Join(", ", [option.Name, .. option.Aliases])));
            if (option.HelpName is { } value) page.Append($" \\fI{Text(value)}\\fR");
            page.Append('\n').Append(Text(option.Description)).Append('\n');
        }
    }

    /// <summary>
    /// Returns text that the formatter prints unchanged: no escape, no request at the start of a line.
    /// </summary>
    static string Text(string? text)
    {
        var plain = (text ?? "").ReplaceLineEndings(" ").Replace("\\", "\\e").Replace("-", "\\-");
        return plain.StartsWith('.') || plain.StartsWith('\'') ? $"\\&{plain}" : plain;
    }
}
