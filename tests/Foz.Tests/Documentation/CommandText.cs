using System.CommandLine;
using Foz.Cli.Commands;

namespace Foz.Tests.Documentation;

/// <summary>What the command line says of its commands, in Markdown.</summary>
static class CommandText
{
    /// <summary>A table of a command, one of each command of it, and the examples of all.</summary>
    public static IEnumerable<string> Of(Command command)
    {
        var (text, examples) = (new List<string>(), new List<string>());
        AddTo(text, examples, command, "foz");
        return examples.Count == 0 ? text.SkipLast(1) : [.. text, "```console", .. examples.Distinct(), "```"];
    }

    /// <summary>The names of an option, the short one first, with its value.</summary>
    public static string NamesOf(Option option)
    {
        var names = Names(option).OrderBy(name => name.StartsWith("--", StringComparison.Ordinal))
            .ThenBy(name => name == "-?").ToList();
        names[^1] += option.ValueType == typeof(bool) || option.Arity.MaximumNumberOfValues == 0
            ? ""
            : $" <{option.HelpName}>";
        return string.Join(", ", names.Select(name => $"`{name}`"));
    }

    /// <summary>All names of an option, its own first.</summary>
    public static IEnumerable<string> Names(Option option) =>
        option.Aliases.Prepend(option.Name).Where(name => !name.StartsWith('/'));

    /// <summary>What an option is.</summary>
    public static string Meaning(Option option) =>
        Escaped(option.Description!) + (option is { HasDefaultValue: true } && option.ValueType != typeof(bool)
            ? Default(option.GetDefaultValue()) : "");

    /// <summary>Text of the command line, which knows no marks of Markdown.</summary>
    public static string Escaped(string text) =>
        text.Replace("|", "\\|", StringComparison.Ordinal).Replace("*", "\\*", StringComparison.Ordinal)
            .Replace("<", "\\<", StringComparison.Ordinal);

    static void AddTo(List<string> text, List<string> examples, Command command, string path)
    {
        var call = $"{path} {command.Name}";
        var arguments = string.Concat(command.Arguments.Select(argument => " " + Placeholder(argument))
            .Concat(
                command.Options.Where(option => option.Required)
                    .Select(option => $" {option.Name} <{option.HelpName}>")));
        var calls = command.Aliases.Select(alias => $"{path} {alias}").Prepend(call)
            .Select(name => $"`{name}{arguments}`");
        text.Add(Generated.Row(string.Join(", ", calls), Escaped(command.Description!)));
        text.Add("|---|---|");
        text.AddRange(command.Arguments.Select(argument => Generated.Row(
            $"`{Placeholder(argument)}`",
            Escaped(argument.Description!)
                + (argument is { HasDefaultValue: true } ? Default(argument.GetDefaultValue()) : ""))));
        text.AddRange(command.Options.Select(option => Generated.Row(NamesOf(option), Meaning(option))));
        text.Add("");
        if (command is ExampleCommand { Examples: var own }) examples.AddRange(own);
        foreach (var sub in command.Subcommands) AddTo(text, examples, sub, call + arguments);
    }

    static string Placeholder(Argument argument) =>
        (argument.Arity.MinimumNumberOfValues == 0 ? $"[{argument.Name}]" : $"<{argument.Name}>")
        + (argument.Arity.MaximumNumberOfValues > 1 ? "…" : "");

    static string Default(object? value) => $"{value}" is { Length: > 0 } text ? $" (default: `{text}`)" : "";
}
