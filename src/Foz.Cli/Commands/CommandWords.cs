using System.CommandLine;

namespace Foz.Cli.Commands;

/// <summary>What can follow a command on the command line.</summary>
/// <param name="Path">The names of the command and those above it, each after a space; empty for the root.</param>
/// <param name="Words">Its commands and options, with what they do.</param>
sealed record CommandWords(string Path, IReadOnlyList<(string Text, string Description)> Words)
{
    /// <summary>Returns those of a command and of all commands below it.</summary>
    public static IReadOnlyList<CommandWords> Of(Command root)
    {
        var found = new List<CommandWords>();
        Add(root, "", []);
        return found;

        void Add(Command command, string path, IReadOnlyList<Option> inherited)
        {
            var commands = command.Subcommands.Where(c => !c.Hidden).OrderBy(c => c.Name, StringComparer.Ordinal)
                .ToList();
            found.Add(new(
                path,
                [
                    .. commands.Select(c => (c.Name, c.Description ?? "")),
                    .. command.Options.Concat(inherited).Where(o => !o.Hidden).DistinctBy(o => o.Name)
                        .OrderBy(o => o.Name, StringComparer.Ordinal).Select(o => (o.Name, o.Description ?? "")),
                ]));
            IReadOnlyList<Option> passed = [.. inherited, .. command.Options.Where(o => o.Recursive)];
            foreach (var child in commands) Add(child, $"{path} {child.Name}", passed);
        }
    }
}
