using System.CommandLine;
using System.Text;

namespace Foz.Cli.Commands.Projects;

/// <summary><c>foz completion</c>: a script with which a shell completes commands, options and names.</summary>
static class CompletionCommand
{
    public const string Name = "completion";

    const string Bash = "bash";
    const string Zsh = "zsh";
    const string Fish = "fish";
    const string PowerShell = "powershell";

    /// <summary>Asked for by the scripts: names of the project.</summary>
    const string Names = "names";

    public static Command Create(CommandContext context, Func<Command> tree)
    {
        var shell = new Argument<string>("shell")
        {
            Description = "The shell: bash, zsh, fish or powershell; names: what the scripts ask for",
        };
        shell.AcceptOnlyFromAmong(Bash, Zsh, Fish, PowerShell, Names);
        var words = new Argument<string[]>("words")
        {
            Description = "Of names: '=' with the word to complete, then the words before it",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var command = new ExampleCommand(
            Name, "Write a script that completes commands, options and names of the project in a shell",
            [
                "foz completion bash > ~/.local/share/bash-completion/completions/foz",
                "foz completion zsh > ~/.zfunc/_foz",
                "foz completion fish > ~/.config/fish/completions/foz.fish",
                "foz completion powershell >> $PROFILE",
                "foz completion names -- =gold. run",
            ])
        { shell, words };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var kind = arguments.GetRequiredValue(shell);
            if (kind == Names)
            {
                var line = arguments.GetValue(words) ?? [];
                var word = line is [['=', .. var typed], ..] ? typed : "";
                foreach (var name in await new CompletionNames(context, tree()).FindAsync(
                    word, [.. line.Skip(1)], cancellationToken))
                    context.Shell.Out.WriteLine(name);
                return;
            }
            var commands = CommandWords.Of(tree());
            context.Shell.Out.Write(kind switch
            {
                Bash => BashScript(commands),
                Zsh => ZshScript(commands),
                Fish => FishScript(commands),
                _ => PowerShellScript(commands),
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
                local at='' words='' names='' cur='' line=() i
                # Bash divides words at colons too.
                for ((i = 1; i <= COMP_CWORD; i++)); do
                    if [[ ${#line[@]} -gt 0 && (${COMP_WORDS[i]} == : || ${line[${#line[@]}-1]} == *:) ]]; then
                        line[${#line[@]}-1]+="${COMP_WORDS[i]}"
                    else
                        line+=("${COMP_WORDS[i]}")
                    fi
                done
                cur="${line[${#line[@]}-1]}"
                unset "line[${#line[@]}-1]"
                for i in "${line[@]}"; do
                    case "$at $i" in
                        {{Patterns(commands, "|")}}) at="$at $i" ;;
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
                if [[ -n $at && $cur != -* ]]; then
                    names="$("${COMP_WORDS[0]}" completion names -- "=$cur" "${line[@]}" 2>/dev/null)"
                fi
                COMPREPLY=($(compgen -W "${names:-$words}" -- "$cur"))
                if [[ $cur == *:* && $COMP_WORDBREAKS == *:* ]]; then
                    COMPREPLY=("${COMPREPLY[@]#"${cur%"${cur##*:}"}"}")
                fi
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
            _foz() {
                local at='' i
                local -a known names
                for ((i = 2; i < CURRENT; i++)); do
                    case "$at ${words[i]}" in
                        ({{Patterns(commands, "|")}}) at="$at ${words[i]}" ;;
                    esac
                done
                case "$at" in

            """);
        foreach (var command in commands)
            script.Append($"        ('{command.Path}') known=(")
                .AppendJoin(' ', command.Words.Select(w => Quoted($"{w.Text}:{w.Description.Replace(":", "\\:")}")))
                .Append(") ;;\n");
        return script.Append(
            """
                esac
                if [[ -n "$at" && "${words[CURRENT]}" != -* ]]; then
                    names=(${(f)"$("${words[1]}" completion names -- \
                        "=${words[CURRENT]}" "${(@)words[2,CURRENT-1]}" 2>/dev/null)"})
                fi
                if (( $#names )); then
                    compadd -a names
                else
                    _describe foz known
                    _files
                fi
            }
            # A file of the functions' path is the function; a text that is sourced defines it.
            if [[ "${funcstack[1]}" = _foz ]]; then _foz "$@"; else compdef _foz foz; fi

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
            function __foz_names
                set -l line (commandline -opc)
                set -l word (commandline -ct)
                string match -q -- '-*' "$word"; and return
                set -l names ($line[1] completion names -- "=$word" $line[2..-1] 2>/dev/null)
                if set -q names[1]
                    printf '%s\n' $names
                else
                    __fish_complete_path "$word"
                end
            end
            complete -c foz -f -n "__foz_at ''"
            complete -c foz -f -n "not __foz_at ''" -a "(__foz_names)"

            """);
        foreach (var command in commands)
            foreach (var (word, description) in command.Words)
                script.Append($"complete -c foz -n \"__foz_at '{command.Path}'\" -a {word} -d {Quoted(description)}\n");
        return script.ToString();

        static string Quoted(string text) => $"'{text.Replace("\\", "\\\\").Replace("'", "\\'")}'";
    }

    static string PowerShellScript(IReadOnlyList<CommandWords> commands)
    {
        var script = new StringBuilder(
            """
            # foz completion powershell
            Register-ArgumentCompleter -Native -CommandName foz -ScriptBlock {
                param($word, $ast, $position)
                $known = @{

            """);
        foreach (var command in commands)
            script.Append($"        '{command.Path}' = @(")
                .AppendJoin(", ", command.Words.Select(w => $"'{w.Text}'")).Append(")\n");
        return script.Append(
            """
                }
                $before = @($ast.CommandElements | Where-Object { $_.Extent.EndOffset -lt $position } |
                    Select-Object -Skip 1 | ForEach-Object { "$_" })
                $at = ''
                foreach ($part in $before) { if ($known.ContainsKey("$at $part")) { $at = "$at $part" } }
                $found = @()
                if ($at -and -not "$word".StartsWith('-')) {
                    $found = @(foz completion names -- "=$word" $before 2>$null)
                }
                if (-not $found) { $found = $known[$at] }
                $found | Where-Object { $_ -like "$word*" } | ForEach-Object {
                    [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
                }
            }

            """).ToString();
    }
}
