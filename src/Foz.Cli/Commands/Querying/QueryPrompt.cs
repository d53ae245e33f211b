using Foz.Cli.Terminal;
using Foz.Cli.Terminal.Editing;
using Foz.Lake;
using Foz.Lake.Sql;
using Foz.Serving.Sql;

namespace Foz.Cli.Commands.Querying;

/// <summary>A prompt for statements at a terminal, as psql has it.</summary>
sealed class QueryPrompt
{
    /// <summary>What statements begin with that make other names.</summary>
    static readonly string[] ChangeWords = ["CREATE", "DROP", "ALTER", "REPLACE"];

    readonly CommandContext context;
    readonly Shell shell;
    readonly PromptTarget target;
    readonly NameIndex index;
    readonly PromptCommands commands;
    readonly LineHistory history;
    readonly Task loading;

    /// <summary>Makes a prompt.</summary>
    /// <param name="context">The command's context.</param>
    /// <param name="target">What it talks to.</param>
    /// <param name="cancellationToken">Stops reading names.</param>
    public QueryPrompt(CommandContext context, PromptTarget target, CancellationToken cancellationToken)
    {
        (this.context, shell, this.target) = (context, context.Shell, target);
        index = new(async table => [.. (await target.FieldsAsync(table, cancellationToken)).Select(f => f.Name)]);
        commands = new(target, index);
        history = LineHistory.Read(
            shell.Keys is null ? null : LineHistory.DefaultPath(Environment.GetEnvironmentVariable),
            fault => context.Warn(new(fault)));
        // Beside the user, who can type before the names are there.
        loading = Task.Run(() => LoadAsync(withFunctions: true, cancellationToken), cancellationToken);
    }

    /// <summary>Gets whether errors of Foz itself show where they arose.</summary>
    public bool IsVerbose { get; init; }

    /// <summary>Reads statements and runs them until the user ends it.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        shell.Out.WriteLine("\\? for help, \\q to end");
        var prompt = $"{target.Name}=> ";
        var editor = shell.Keys is { } keys
            ? new LineEditor(shell, keys, history)
            {
                IsWhole = IsWhole, Complete = index.Complete, Changed = index.Prepare,
            }
            : null;
        while (!cancellationToken.IsCancellationRequested)
        {
            shell.Out.Flush();
            var continuation = $"{target.Name}-> ";
            var (end, text) = editor?.Read(prompt, continuation) ?? ReadPlain(prompt, continuation);
            if (end is LineEnd.Closed) break;
            if (end is LineEnd.Interrupted || text.Trim() is not { Length: > 0 } entered) continue;
            history.Add(text.TrimEnd());
            if (!await RunAsync(entered, cancellationToken)) break;
        }
        await loading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Whether Enter ends a text: a command, or statements of which the last ends with a semicolon.</summary>
    internal static bool IsWhole(string text)
    {
        var line = text.Trim();
        if (line is [] or ['\\', ..] || IsWord(line)) return true;
        try
        {
            var tokens = SqlTokens.Read(line);
            return tokens.Count > 0 && tokens.IsSymbol(tokens.Count - 1, ';');
        }
        catch (FozException)
        {
            // A quote or comment that is still open.
            return false;
        }
    }

    static bool IsWord(string line) => line is "help" or "exit" or "quit";

    /// <summary>Reads a text at a terminal that cannot move its cursor.</summary>
    (LineEnd End, string Text) ReadPlain(string prompt, string continuation)
    {
        var text = "";
        while (true)
        {
            shell.Out.Write(text.Length == 0 ? prompt : continuation);
            shell.Out.Flush();
            if (shell.In().ReadLine() is not { } line) return (LineEnd.Closed, "");
            text = text.Length == 0 ? line : $"{text}\n{line}";
            if (IsWhole(text)) return (LineEnd.Entered, text);
        }
    }

    /// <summary>Runs what was entered; returns whether the prompt goes on.</summary>
    async Task<bool> RunAsync(string entered, CancellationToken cancellationToken)
    {
        if (entered is "exit" or "quit" or "\\q" or "\\quit") return false;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var taken = shell.Interrupts.Take(() =>
        {
            stop.Cancel();
            return true;
        });
        try
        {
            if (entered is "help") entered = "\\?";
            if (entered.StartsWith('\\')) await RunCommandAsync(entered, stop.Token);
            else await RunScriptAsync(entered, stop.Token);
        }
        catch (Exception e) when (stop.IsCancellationRequested
            && e is OperationCanceledException or FozException { Kind: ErrorKind.Canceled })
        {
            shell.Error.WriteLine("canceled");
        }
        catch (Exception e)
        {
            context.Report(e, IsVerbose);
        }
        return true;
    }

    async Task RunCommandAsync(string entered, CancellationToken cancellationToken)
    {
        var parts = entered[1..].Split(' ', 2, StringSplitOptions.TrimEntries);
        var (name, argument) = (parts[0], parts.Length > 1 ? parts[1].TrimEnd(';') : "");
        switch (name)
        {
            case "i":
                var path = shell.PathOf(argument);
                if (!File.Exists(path)) throw new FozException(ErrorKind.Usage, $"there is no file {path}");
                await RunScriptAsync(await File.ReadAllTextAsync(path, cancellationToken), cancellationToken);
                break;
            case "s":
                await ShowAsync(to =>
                {
                    foreach (var text in history.Texts) to.Out.WriteLine(text);
                    return Task.CompletedTask;
                }, cancellationToken);
                break;
            default:
                await ShowAsync(to => commands.RunAsync(name, argument, to, cancellationToken), cancellationToken);
                break;
        }
    }

    async Task RunScriptAsync(string text, CancellationToken cancellationToken)
    {
        foreach (var statement in SqlScript.Split(text))
        {
            var started = shell.Clock.GetTimestamp();
            var elapsed = TimeSpan.Zero;
            await ShowAsync(async to =>
            {
                var writer = new ResultWriter(to, OutputFormat.Table) { IsExpanded = commands.IsExpanded };
                var work = Task.Run(
                    () => RunOneAsync(statement.Text, writer, cancellationToken), CancellationToken.None);
                await RunningTime.ShowAsync(shell, "running", work);
                elapsed = shell.Clock.GetElapsedTime(started);
            }, cancellationToken);
            if (commands.ShowsTime)
                shell.Out.WriteLine(shell.Styled(Style.Dim, $"Time: {RunText.Elapsed(elapsed)}"));
            if (IsChange(statement.Text)) await LoadAsync(withFunctions: false, cancellationToken);
        }
    }

    async Task<bool> RunOneAsync(string sql, ResultWriter writer, CancellationToken cancellationToken)
    {
        await target.RunAsync(sql, writer, cancellationToken);
        return true;
    }

    /// <summary>Shows what is written, page by page where it is long.</summary>
    async Task ShowAsync(Func<Shell, Task> write, CancellationToken cancellationToken)
    {
        await using var text = new StringWriter();
        await using var guarded = new TerminalWriter(text);
        await write(shell.With(guarded, shell.Error));
        await Pager.ShowAsync(shell, text.ToString(), commands.UsesPager, cancellationToken);
    }

    static bool IsChange(string sql) => Array.Exists(
        ChangeWords, word => sql.StartsWith(word, StringComparison.OrdinalIgnoreCase));

    /// <summary>Reads the names that are completed; without them, nothing is completed.</summary>
    async Task LoadAsync(bool withFunctions, CancellationToken cancellationToken)
    {
        try
        {
            index.SetTables([.. (await target.ListAsync(cancellationToken)).Select(table => table.FullName)]);
            if (withFunctions) index.SetFunctions(target.Functions(cancellationToken));
        }
        catch (Exception e) when (e is FozException or IOException or UnauthorizedAccessException)
        {
            // Statements say what is wrong with the lake.
        }
    }
}
