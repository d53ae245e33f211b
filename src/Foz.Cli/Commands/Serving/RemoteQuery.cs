using System.CommandLine;
using Foz.Cli.Remote;
using Foz.Cli.Terminal;
using Foz.Cli.Terminal.Editing;
using Foz.Lake;

namespace Foz.Cli.Commands.Serving;

/// <summary><c>foz query --remote</c>: SQL that a running <c>foz serve</c> answers.</summary>
sealed class RemoteQuery(CommandContext context, ParseResult arguments)
{
    readonly Shell shell = context.Shell;
    bool hasWritten;

    /// <summary>Runs statements and writes what the server answers.</summary>
    /// <param name="address">The server.</param>
    /// <param name="text">The statements.</param>
    /// <param name="input">What <c>COPY … FROM STDIN</c> reads; null where it is not free.</param>
    /// <param name="cancellationToken">Cancels the statement at the server.</param>
    /// <exception cref="FozException">The server cannot be reached, or refuses.</exception>
    public async Task RunAsync(string address, string text, TextReader? input, CancellationToken cancellationToken)
    {
        ThrowIfElsewhere();
        var server = RemoteServer.Parse(address, Environment.GetEnvironmentVariable, shell.Folder, context.Warn);
        context.Secrets = new();
        if (server.Password is { } password) context.Secrets.Add(password);
        await using var session = await RemoteSession.OpenAsync(
            server, shell.Keys is null ? null : () => Ask(server), Report, cancellationToken);
        await using var results = session.RunAsync(
            text, input, cancellationToken).GetAsyncEnumerator(cancellationToken);
        while (await RunningTime.ShowAsync(shell, "running", results.MoveNextAsync().AsTask()))
            await WriteAsync(results.Current, cancellationToken);
    }

    /// <summary>A server serves the project and the environment that it was started with.</summary>
    void ThrowIfElsewhere()
    {
        foreach (var option in new[] { context.Project, context.Target, context.Vars })
            if (arguments.GetValue(option) is not null)
                throw new FozException(ErrorKind.Usage, $"{option.Name} and --remote are not for one another")
                {
                    Hint = "the server answers for the project and the environment that foz serve was started with",
                };
    }

    string Ask(RemoteServer server)
    {
        var password = new Questions(shell, "stopped").Secret($"Password for {server}");
        context.Secrets!.Add(password);
        return password;
    }

    void Report(RemoteNotice notice) => shell.Error.WriteLine(
        $"{shell.Styled(Style.Yellow, notice.Severity.ToLowerInvariant() + ":")} {context.Mask(notice.Text)}"
        + (notice.Hint is { } hint ? $"\n  {context.Mask(hint)}" : ""));

    async Task WriteAsync(RemoteResult result, CancellationToken cancellationToken)
    {
        switch (result)
        {
            case RemoteResult.Rows rows:
                // An empty line separates results of several statements, except for JSON, where each is an array.
                if (hasWritten && !context.IsJson(arguments)) shell.Out.Write('\n');
                context.Writer(arguments).Write(
                    [.. rows.Columns.Select(c => new ResultColumn(c.Name, c.IsNumber, c.IsJson, c.IsTime))],
                    rows.Values.ToBlockingEnumerable(cancellationToken));
                hasWritten = true;
                break;
            case RemoteResult.CopyOut copy:
                await foreach (var piece in copy.Pieces.WithCancellation(cancellationToken)) shell.Out.Write(piece);
                break;
            case RemoteResult.Done done:
                // Programs get only rows.
                (context.IsTable(arguments) ? shell.Out : shell.Error).WriteLine(done.Tag);
                break;
        }
    }
}
