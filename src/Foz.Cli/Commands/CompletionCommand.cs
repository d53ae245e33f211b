using System.CommandLine;
using System.Text;

namespace Foz.Cli.Commands;

/// <summary><c>foz completion</c>: a script with which a shell completes commands and options.</summary>
static class CompletionCommand
{
    public const string Name = "completion";

    const string Bash = "bash";
    const string Zsh = "zsh";
    const string Fish = "fish";

    public static Command Create(CommandContext context, Func<Command> tree)
    {
        var shell = new Argument<string>("shell") { Description = "The shell: bash, zsh or fish" };
        shell.AcceptOnlyFromAmong(Bash, Zsh, Fish);
        var command = new ExampleCommand(
            Name, "Write a script that completes commands and options in a shell",
            [
                "foz completion bash > ~/.local/share/bash-completion/completions/foz",
                "foz completion fish > ~/.config/fish/completions/foz.fish",
            ]) { shell };
        command.SetAction(arguments =>
        {
            var words = CommandWords.Of(tree());
            context.Shell.Out.Write(arguments.GetRequiredValue(shell) switch
            {
                Bash => BashScript(words),
                Zsh => ZshScript(words),
                _ => FishScript(words),
            });
        });
        return command;
    }

    /// <summary>The patterns of the commands below the root: <c>' run'|' user add'</c>.</summary>
    static string Patterns(IEnumerable<CommandWords> commands, string separator) =>
        string.Join(separator, commands.Where(c => c.Path.Length > 0).Select(c => $"'{c.Path}'"));

    static string BashScript(IReadOnlyList<CommandWords> commands)
    {
        var script = new StringBuilder(
            $$"""
            # foz completion bash
            _foz() {
                local at='' words='' i
                for ((i = 1; i < COMP_CWORD; i++)); do
                    case "$at ${COMP_WORDS[i]}" in
                        {{Patterns(commands, "|")}}) at="$at ${COMP_WORDS[i]}" ;;
                    esac
                done
                case "$at" in

            """);
        foreach (var command in commands)
            script.Append($"        '{command.Path}') words='").AppendJoin(' ', command.Words.Select(w => w.Text))
                .Append("' ;;\n");
        return script.Append(
            """
                esac
                COMPREPLY=($(compgen -W "$words" -- "${COMP_WORDS[COMP_CWORD]}"))
            }
            complete -o default -F _foz foz

            """).ToString();
    }

    static string ZshScript(IReadOnlyList<CommandWords> commands)
    {
        var script = new StringBuilder(
            $$"""
            #compdef foz
            # foz completion zsh
            local at='' i
            local -a known
            for ((i = 2; i < CURRENT; i++)); do
                case "$at ${words[i]}" in
                    ({{Patterns(commands, "|")}}) at="$at ${words[i]}" ;;
                esac
            done
            case "$at" in

            """);
        foreach (var command in commands)
            script.Append($"    ('{command.Path}') known=(")
                .AppendJoin(' ', command.Words.Select(w => Quoted($"{w.Text}:{w.Description.Replace(":", "\\:")}")))
                .Append(") ;;\n");
        return script.Append(
            """
            esac
            _describe foz known
            _files

            """).ToString();

        static string Quoted(string text) => $"'{text.Replace("'", "'\\''")}'";
    }

    static string FishScript(IReadOnlyList<CommandWords> commands)
    {
        var script = new StringBuilder(
            $$"""
            # foz completion fish
            function __foz_at
                set -l at ''
                for word in (commandline -opc)[2..-1]
                    switch "$at $word"
                        case {{Patterns(commands, " ")}}
                            set at "$at $word"
                    end
                end
                test "$at" = "$argv[1]"
            end

            """);
        foreach (var command in commands)
            foreach (var (word, description) in command.Words)
                script.Append($"complete -c foz -n \"__foz_at '{command.Path}'\" -a {word} -d {Quoted(description)}\n");
        return script.ToString();

        static string Quoted(string text) => $"'{text.Replace("\\", "\\\\").Replace("'", "\\'")}'";
    }
}
