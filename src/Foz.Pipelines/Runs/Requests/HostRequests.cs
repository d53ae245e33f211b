using System.Globalization;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Journal;
using Foz.Pipelines.Runs.State;

namespace Foz.Pipelines.Runs.Requests;

/// <summary>
/// The requests of a lake, and what hosts write while they work on them:
/// <c>_foz/requests/&lt;id&gt;/&lt;number&gt;.out</c> and <c>.err</c>, pieces of the two outputs in their order.
/// For one thread.
/// </summary>
/// <param name="lake">The lake.</param>
public sealed class HostRequests(Lakehouse lake)
{
    const string Folder = "_foz/requests";

    // Two hosts that died over a request may have died of it.
    const int AttemptsMax = 2;

    /// <summary>How long a process waits for a host that is busy before it runs its command itself.</summary>
    public static readonly TimeSpan AskedMax = TimeSpan.FromMinutes(5);

    static readonly TimeSpan kept = TimeSpan.FromDays(7);

    // How often a folder is listed that seems to be as it was, and for how long after a change its time may not tell.
    static readonly TimeSpan listInterval = TimeSpan.FromSeconds(5), timeTolerance = TimeSpan.FromSeconds(1);

    // Requests stay for a week after their end; each is read once.
    readonly HashSet<string> ended = new(StringComparer.Ordinal);

    DateTimeOffset listedAt;

    LakeStore Store => lake.Store;

    /// <summary>Asks the leading host to run a command.</summary>
    /// <param name="request">The request; its id and time are set here.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task<HostRequest> AskAsync(HostRequest request, CancellationToken cancellationToken)
    {
        request = request with { Id = JournalWriter.NewRunId(lake.Clock), AskedAt = lake.Clock.GetUtcNow() };
        return await Store.TryCreateAsync(PathOf(request.Id), request.Write(), cancellationToken)
            ? request
            : throw new FozException(ErrorKind.Bug, $"there is a request {request.Id} already");
    }

    /// <summary>Asks under an id that the request has, unless it was asked before.</summary>
    /// <param name="request">The request.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task AskOnceAsync(HostRequest request, CancellationToken cancellationToken) =>
        await Store.TryCreateAsync(PathOf(request.Id), request.Write(), cancellationToken);

    /// <summary>Whether the lake is there: its disk may be gone.</summary>
    public async ValueTask<bool> HasLakeAsync(CancellationToken cancellationToken) =>
        await Store.GetInfoAsync(LakeFormat.Path, cancellationToken) is not null;

    /// <summary>Whether requests may have come since they were last taken: a listing costs more than this.</summary>
    public bool MayHaveCome()
    {
        var age = lake.Clock.GetUtcNow() - listedAt;
        return !Store.IsLocal || age > listInterval || age < TimeSpan.Zero
            || Directory.GetLastWriteTimeUtc(Path.Combine(Store.Root, Folder)) > listedAt.UtcDateTime - timeTolerance;
    }

    /// <summary>Reads a request; null where it was removed.</summary>
    public async ValueTask<HostRequest?> FindAsync(string id, CancellationToken cancellationToken) =>
        await Store.GetAsync(PathOf(id), cancellationToken) is { } stored ? HostRequest.Read(stored, PathOf(id)) : null;

    /// <summary>Withdraws a request that no host works on.</summary>
    /// <param name="id">The request.</param>
    /// <param name="from">The state that it must be in.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>Whether no host takes it from now on.</returns>
    public Task<bool> WithdrawAsync(string id, RequestState from, CancellationToken cancellationToken) => ChangeAsync(
        id,
        request => request.State == from
            ? request with { State = RequestState.Withdrawn, EndedAt = lake.Clock.GetUtcNow() }
            : null,
        cancellationToken);

    /// <summary>Asks the host to stop its work on a request.</summary>
    /// <returns>Whether it had not ended.</returns>
    public Task<bool> CancelAsync(string id, CancellationToken cancellationToken) => ChangeAsync(
        id, static request => request.HasEnded ? null : request with { IsCanceled = true }, cancellationToken);

    /// <summary>Takes the requests of the leader's project and environment that no living host works on.</summary>
    /// <param name="leader">The leader.</param>
    /// <param name="working">The requests that it works on.</param>
    /// <param name="countMax">How many to take at most.</param>
    /// <param name="onUnreadable">Called once with each request that cannot be read.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task<IReadOnlyList<HostRequest>> TakeAsync(
        Leadership leader, IReadOnlySet<string> working, int countMax, Action<FozException> onUnreadable,
        CancellationToken cancellationToken)
    {
        var taken = new List<HostRequest>();
        listedAt = lake.Clock.GetUtcNow();
        foreach (var id in await ListAsync(cancellationToken))
        {
            if (taken.Count == countMax) break;
            if (working.Contains(id) || ended.Contains(id)) continue;
            try
            {
                if (await TakeAsync(id, leader, cancellationToken) is { } mine) taken.Add(mine);
            }
            catch (FozException e)
            {
                ended.Add(id);
                onUnreadable(e);
            }
        }
        return taken;
    }

    async Task<HostRequest?> TakeAsync(string id, Leadership leader, CancellationToken cancellationToken)
    {
        HostRequest? found = null;
        await ChangeAsync(
            id,
            request => leader.Leads(request.Project, request.Environment) ? found = Take(request, leader) : null,
            cancellationToken);
        if (found is not { HasEnded: true }) return found;
        ended.Add(id);
        return null;
    }

    /// <summary>
    /// The request as the leader takes it. One that is taken without the leader working on it is of a leader before it.
    /// </summary>
    HostRequest? Take(HostRequest request, Leadership leader)
    {
        if (request.HasEnded)
        {
            ended.Add(request.Id);
            return null;
        }
        // Of a process that ended without a word, or that wants no work any more.
        if (request.IsCanceled
            || (request is { State: RequestState.Asked, Schedule: null }
                && lake.Clock.GetUtcNow() - request.AskedAt > 2 * AskedMax))
            return request with { State = RequestState.Withdrawn, EndedAt = lake.Clock.GetUtcNow() };
        return request.Attempts < AttemptsMax
            ? request with { State = RequestState.Taken, HostId = leader.HostId, Attempts = request.Attempts + 1 }
            : request with
            {
                State = RequestState.Declined,
                EndedAt = lake.Clock.GetUtcNow(),
                Reason = $"{AttemptsMax} hosts ended while they ran it",
            };
    }

    /// <summary>Notes that a host declines a request, before it runs anything of it.</summary>
    public Task<bool> DeclineAsync(HostRequest taken, string reason, CancellationToken cancellationToken) =>
        ChangeAsync(
        taken.Id,
        request => !IsOf(request, taken) ? null : request with
        {
            State = RequestState.Declined,
            Reason = reason,
            EndedAt = lake.Clock.GetUtcNow(),
        },
        cancellationToken);

    /// <summary>Gives a request back, whose command a host has stopped because it ends itself.</summary>
    public Task<bool> ReturnAsync(HostRequest taken, CancellationToken cancellationToken) => ChangeAsync(
        taken.Id,
        request => !IsOf(request, taken) ? null : request with
        {
            State = RequestState.Asked,
            HostId = null,
            Attempts = request.Attempts - 1,
        },
        cancellationToken);

    /// <summary>Notes how the command of a request ended.</summary>
    /// <param name="taken">The request.</param>
    /// <param name="exitCode">The command's exit code.</param>
    /// <param name="reason">Why it ended so; null where its output says it.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>Whether the host still had it.</returns>
    public Task<bool> FinishAsync(
        HostRequest taken, int exitCode, string? reason, CancellationToken cancellationToken) => ChangeAsync(
        taken.Id,
        request => !IsOf(request, taken) ? null : request with
        {
            State = RequestState.Done,
            ExitCode = exitCode,
            Reason = reason,
            EndedAt = lake.Clock.GetUtcNow(),
        },
        cancellationToken);

    /// <summary>Writes the next piece of the command's output.</summary>
    /// <param name="id">The request.</param>
    /// <param name="number">Its number, from 1.</param>
    /// <param name="piece">The piece.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task WriteOutputAsync(
        string id, int number, RequestOutput piece, CancellationToken cancellationToken) =>
        await Store.PutAsync(
            PieceOf(id, number, piece.IsError), System.Text.Encoding.UTF8.GetBytes(piece.Text), cancellationToken);

    /// <summary>Returns how many pieces hosts have written for a request.</summary>
    public async Task<int> CountOutputAsync(string id, CancellationToken cancellationToken) =>
        (await ListOutputAsync(id, cancellationToken)).Count;

    /// <summary>Reads the pieces that follow some that were read before.</summary>
    /// <param name="id">The request.</param>
    /// <param name="after">How many were read.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task<IReadOnlyList<RequestOutput>> ReadOutputAsync(
        string id, int after, CancellationToken cancellationToken)
    {
        var read = new List<RequestOutput>();
        foreach (var path in (await ListOutputAsync(id, cancellationToken)).Skip(after))
        {
            if (await Store.GetAsync(path, cancellationToken) is not { } stored) break;
            read.Add(new(
                path.EndsWith(".err", StringComparison.Ordinal),
                System.Text.Encoding.UTF8.GetString(stored.Content.Span)));
        }
        return read;
    }

    /// <summary>Removes the requests that ended more than a week ago, with their output.</summary>
    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        foreach (var id in await ListAsync(cancellationToken))
        {
            HostRequest? request = null;
            try
            {
                request = await FindAsync(id, cancellationToken);
            }
            catch (FozException)
            {
                // Who takes requests reports it.
            }
            if (request?.EndedAt is not { } end || lake.Clock.GetUtcNow() - end < kept) continue;
            foreach (var path in await ListOutputAsync(id, cancellationToken))
                await Store.DeleteAsync(path, cancellationToken);
            await Store.DeleteAsync(PathOf(id), cancellationToken);
        }
    }

    static string PathOf(string id) => $"{Folder}/{id}.json";

    static string PieceOf(string id, int number, bool isError) => string.Create(
        CultureInfo.InvariantCulture, $"{Folder}/{id}/{number:000000}.{(isError ? "err" : "out")}");

    static bool IsOf(HostRequest request, HostRequest taken) =>
        !request.HasEnded && request.HostId == taken.HostId && request.Attempts == taken.Attempts;

    /// <summary>Replaces a request, unless the change is null; again where another process was first.</summary>
    async Task<bool> ChangeAsync(
        string id, Func<HostRequest, HostRequest?> change, CancellationToken cancellationToken)
    {
        while (await Store.GetAsync(PathOf(id), cancellationToken) is { } stored)
        {
            if (change(HostRequest.Read(stored, PathOf(id))) is not { } changed) return false;
            if (await Leases.WriteAsync(Store, PathOf(id), changed.Write(), stored.ETag, cancellationToken) is not null)
                return true;
        }
        return false;
    }

    async Task<List<string>> ListAsync(CancellationToken cancellationToken)
    {
        var found = new List<string>();
        await foreach (var info in Store.ListAsync(Folder, startAfter: null, cancellationToken))
            if (Path.GetDirectoryName(info.Path) == Folder && Path.GetExtension(info.Path) == ".json")
                found.Add(Path.GetFileNameWithoutExtension(info.Path));
        found.Sort(StringComparer.Ordinal);
        return found;
    }

    async Task<List<string>> ListOutputAsync(string id, CancellationToken cancellationToken)
    {
        var found = new List<string>();
        await foreach (var info in Store.ListAsync($"{Folder}/{id}", startAfter: null, cancellationToken))
            found.Add(info.Path);
        found.Sort(StringComparer.Ordinal);
        return found;
    }
}

/// <summary>A piece of what a command wrote.</summary>
/// <param name="IsError">Whether it is of the error output.</param>
/// <param name="Text">The text.</param>
public readonly record struct RequestOutput(bool IsError, string Text);
