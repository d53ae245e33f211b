using System.CommandLine;
using Foz.Cli.Terminal;
using Foz.Lake;
using Foz.Pipelines.Runs.Requests;
using Foz.Pipelines.Runs.State;

namespace Foz.Cli.Commands.Runs;

/// <summary>
/// Hands a command to the host that runs the project (<c>foz serve --runs</c>), and shows what that writes. Without
/// one, and where the host declines, the command runs in this process.
/// </summary>
/// <param name="context">The command's context.</param>
/// <param name="workspace">The project.</param>
/// <param name="isJson">Whether progress is written as JSON.</param>
sealed class HandOver(CommandContext context, Workspace workspace, bool isJson)
{
    /// <summary>The option that keeps a command in this process.</summary>
    public const string HereOption = "--here";

    static readonly TimeSpan endMax = TimeSpan.FromSeconds(30);

    // Another host that waits takes the place of one that ended within a few seconds.
    static readonly TimeSpan successorMax = TimeSpan.FromSeconds(10);

    readonly HostRequests requests = new(workspace.Lake);

    TimeProvider Clock => context.Shell.Clock;

    TimeSpan Interval => TimeSpan.FromMilliseconds(workspace.Lake.Store.IsLocal ? 100 : 1000);

    /// <summary>Gets whether nothing is shown of what the host writes.</summary>
    public bool IsSilent { get; init; }

    /// <summary>Hands the command over, and waits for its end.</summary>
    /// <returns>The exit code; null where the command is to be run in this process.</returns>
    /// <exception cref="OperationCanceledException">It was stopped; the host stops its work too.</exception>
    public Task<int?> TryAsync(ParseResult arguments, CancellationToken cancellationToken) =>
        TryAsync(Without(arguments, context.Project, context.Target), cancellationToken);

    /// <summary>Hands a command over, and waits for its end.</summary>
    /// <param name="handed">The arguments, those of the project and its target left out.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>The exit code; null where the command is to be run in this process.</returns>
    /// <exception cref="OperationCanceledException">It was stopped; the host stops its work too.</exception>
    public async Task<int?> TryAsync(IReadOnlyList<string> handed, CancellationToken cancellationToken)
    {
        if (await FindLeaderAsync(cancellationToken) is not { } leader) return null;
        if (ForwardedArguments.Check(handed) is not null) return null;
        var isSameMachine = leader.Host == Environment.MachineName;
        var request = await requests.AskAsync(
            new()
            {
                Id = "", AskedAt = default, Project = workspace.File.Name, Environment = workspace.File.Environment,
                Arguments = handed, User = Environment.UserName, Machine = Environment.MachineName,
                Folder = workspace.File.Folder,
                Revision = isSameMachine
                    ? null
                    : ProjectRevision.Of(workspace.File.Folder, workspace.File.LakePath, cancellationToken),
            },
            cancellationToken);
        Note($"the host on {leader.Host} (process {leader.ProcessId}) runs this; {HereOption} runs it here");
        try
        {
            return await FollowAsync(request.Id, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await StopAsync(request.Id);
            throw;
        }
    }

    /// <summary>Shows what the host writes until the command ends.</summary>
    async Task<int?> FollowAsync(string id, CancellationToken cancellationToken)
    {
        var shown = 0;
        var askedAt = Clock.GetTimestamp();
        var silentSince = askedAt;
        var hasBegun = false;
        while (true)
        {
            // The state is read first: when the request has ended, all of its output is there.
            var request = await requests.FindAsync(id, cancellationToken);
            foreach (var piece in await requests.ReadOutputAsync(id, shown, cancellationToken))
            {
                shown++;
                if (IsSilent) continue;
                var writer = piece.IsError ? context.Shell.Error : context.Shell.Out;
                writer.Write(piece.Text);
                writer.Flush();
            }
            switch (request?.State)
            {
                case RequestState.Done: return request.ExitCode;
                case RequestState.Declined:
                    Note($"the host does not run it: {request.Reason}; it runs here");
                    return null;
                case null or RequestState.Withdrawn:
                    throw new FozException(ErrorKind.Conflict, $"the request {id} was removed while it was run")
                    {
                        Hint = "run the command again",
                    };
            }
            hasBegun |= request.State is RequestState.Taken;
            if (request.State is RequestState.Asked && Clock.GetElapsedTime(askedAt) > HostRequests.AskedMax
                && await requests.WithdrawAsync(id, RequestState.Asked, cancellationToken))
            {
                Note("the host is busy; it runs here");
                return null;
            }
            if (await FindLeaderAsync(cancellationToken) is not null) silentSince = Clock.GetTimestamp();
            else if ((!hasBegun || Clock.GetElapsedTime(silentSince) > successorMax)
                && await requests.WithdrawAsync(id, request.State, cancellationToken))
            {
                Note("no host answers; it runs here");
                return null;
            }
            await Task.Delay(Interval, Clock, cancellationToken);
        }
    }

    /// <summary>Stops the host's work, and waits for its end for a while.</summary>
    async Task StopAsync(string id)
    {
        using var limit = new CancellationTokenSource(endMax, Clock);
        try
        {
            if (await requests.WithdrawAsync(id, RequestState.Asked, limit.Token)) return;
            await requests.CancelAsync(id, limit.Token);
            while (await requests.FindAsync(id, limit.Token) is { HasEnded: false })
                await Task.Delay(Interval, Clock, limit.Token);
        }
        catch (OperationCanceledException)
        {
            Note("the host has not stopped the run yet");
        }
    }

    ValueTask<LeaseHolder?> FindLeaderAsync(CancellationToken cancellationToken) => Leadership.FindAsync(
        workspace.Lake, workspace.File.Name, workspace.File.Environment, cancellationToken);

    void Note(string text)
    {
        if (IsSilent) return;
        if (isJson) RunLogJson.WriteNote(context.Shell, text);
        else context.Shell.Error.WriteLine(context.Shell.Styled(Style.Dim, text));
    }

    /// <summary>The arguments of a command line without some options and their values.</summary>
    static List<string> Without(ParseResult arguments, params IReadOnlyList<Option> options)
    {
        var names = options.SelectMany(option => option.Aliases.Append(option.Name)).ToHashSet(StringComparer.Ordinal);
        var kept = new List<string>();
        for (var i = 0; i < arguments.Tokens.Count; i++)
            if (names.Contains(arguments.Tokens[i].Value)) i++;
            else kept.Add(arguments.Tokens[i].Value);
        return kept;
    }
}
