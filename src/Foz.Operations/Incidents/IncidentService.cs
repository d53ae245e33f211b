using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Configuration;
using Foz.Pipelines.Projects;

namespace Foz.Operations.Incidents;

/// <summary>The incidents of a project in an environment, for the command line, pages and jobs of hosts.</summary>
/// <param name="lake">The lake.</param>
/// <param name="file">What <c>foz.yml</c> says.</param>
public sealed class IncidentService(Lakehouse lake, ProjectFile file)
{
    /// <summary>How many comments of an incident are kept with it; the history has all.</summary>
    public const int CommentsMax = 50;

    const int TextMax = 2000;
    const int SilencesMax = 200;

    readonly IncidentStateStore states = new(lake.Store, file.Name, file.Environment);
    readonly IncidentRecords records = new(file.Name, file.Environment);

    /// <summary>Lists the incidents, the oldest first; those that were resolved lately are among them.</summary>
    public async Task<IReadOnlyList<Incident>> ListAsync(CancellationToken cancellationToken) =>
        (await states.ReadAsync(cancellationToken)).Incidents;

    /// <summary>Finds an incident by its id, or by the beginning or end of it that no other has.</summary>
    /// <exception cref="FozException">There is none, or there are several.</exception>
    public async Task<Incident> FindAsync(string id, CancellationToken cancellationToken) =>
        Find(await states.ReadAsync(cancellationToken), id);

    /// <summary>Notes that a user takes care of an incident.</summary>
    /// <exception cref="FozException">There is no such incident that is open.</exception>
    public Task<Incident> AcknowledgeAsync(string id, string user, CancellationToken cancellationToken) => ChangeAsync(
        id, IncidentEvent.Acknowledged, user, comment: null,
        incident => incident.AcknowledgedBy is not null
            ? incident
            : incident with { AcknowledgedBy = user, AcknowledgedAt = lake.Clock.GetUtcNow() },
        cancellationToken);

    /// <summary>Gives an incident to a user.</summary>
    /// <exception cref="FozException">There is no such incident that is open.</exception>
    public Task<Incident> AssignAsync(string id, string user, string to, CancellationToken cancellationToken) =>
        ChangeAsync(
            id, IncidentEvent.Assigned, user, to, incident => incident with { AssignedTo = Cut(to) },
            cancellationToken);

    /// <summary>Adds a comment to an incident.</summary>
    /// <exception cref="FozException">There is no such incident that is open.</exception>
    public Task<Incident> CommentAsync(string id, string user, string text, CancellationToken cancellationToken) =>
        ChangeAsync(
            id, IncidentEvent.Commented, user, text,
            incident => incident with
            {
                Comments =
                [
                    .. incident.Comments.TakeLast(CommentsMax - 1), new(user, lake.Clock.GetUtcNow(), Cut(text)),
                ],
            },
            cancellationToken);

    /// <summary>Closes an incident; what is still broken opens one again when it is seen broken next.</summary>
    /// <exception cref="FozException">There is no such incident that is open.</exception>
    public async Task<Incident> ResolveAsync(
        string id, string user, string? comment, CancellationToken cancellationToken)
    {
        var now = lake.Clock.GetUtcNow();
        return await ChangeAsync(
            id, IncidentEvent.Resolved, user, comment,
            incident => incident with { ResolvedAt = now, ResolvedBy = user, Members = [] }, cancellationToken,
            (state, before) =>
            {
                // What is broken is known: only what is seen later opens it again.
                var settled = new Dictionary<string, DateTimeOffset>(
                    state.Settled, StringComparer.OrdinalIgnoreCase);
                foreach (var member in before.Members) settled[member.Key] = now;
                return state with { Settled = settled };
            });
    }

    /// <summary>
    /// Notes what another part of a host saw: it opens an incident, or closes it where the thing holds again.
    /// </summary>
    public Task NoteAsync(IReadOnlyList<Evidence> evidence, CancellationToken cancellationToken) => states.ChangeAsync(
        state => new IncidentBook(records, TableFacts.Unknown).Apply(state, evidence, lake.Clock.GetUtcNow()),
        cancellationToken);

    /// <summary>Lists the silences that hold still.</summary>
    public async Task<IReadOnlyList<Silence>> ListSilencesAsync(CancellationToken cancellationToken)
    {
        var now = lake.Clock.GetUtcNow();
        return [.. (await states.ReadAsync(cancellationToken)).Silences.Where(silence => now < silence.Until)];
    }

    /// <summary>Keeps incidents from making messages for a time.</summary>
    /// <param name="silence">The silence; its number is given here.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">There are too many.</exception>
    public async Task<Silence> SilenceAsync(Silence silence, CancellationToken cancellationToken)
    {
        var now = lake.Clock.GetUtcNow();
        var state = await states.ChangeAsync(
            state =>
            {
                var kept = state.Silences.Where(known => now < known.Until).ToList();
                if (kept.Count >= SilencesMax)
                    throw new FozException(ErrorKind.Usage, $"there are {SilencesMax} silences already")
                    {
                        Hint = "end some with foz alerts silence --end <number>",
                    };
                silence = silence with { Number = state.Silences.Select(known => known.Number).Append(0).Max() + 1 };
                return state with { Silences = [.. kept, silence] };
            },
            cancellationToken);
        return state.Silences[^1];
    }

    /// <summary>Ends a silence.</summary>
    /// <exception cref="FozException">There is none of the number.</exception>
    public Task EndSilenceAsync(int number, CancellationToken cancellationToken) => states.ChangeAsync(
        state => state.Silences.Any(silence => silence.Number == number)
            ? state with { Silences = [.. state.Silences.Where(silence => silence.Number != number)] }
            : throw new FozException(ErrorKind.Usage, $"there is no silence {number}")
            {
                Hint = NearestName.Hint($"{number}", state.Silences.Select(silence => $"{silence.Number}")),
            },
        cancellationToken);

    /// <summary>Lists the messages that channels did not take yet.</summary>
    public async Task<IReadOnlyList<WaitingMessage>> ListWaitingAsync(CancellationToken cancellationToken) =>
    [
        .. (await states.ReadAsync(cancellationToken)).Outbox.Select(notice => new WaitingMessage(
            notice.Channel, notice.Kind, notice.Incidents[0], notice.CreatedAt, notice.Attempts, notice.Error)),
    ];

    async Task<Incident> ChangeAsync(
        string id, IncidentEvent what, string user, string? comment, Func<Incident, Incident> change,
        CancellationToken cancellationToken, Func<IncidentState, Incident, IncidentState>? also = null)
    {
        var found = "";
        var state = await states.ChangeAsync(
            state =>
            {
                var before = Find(state, id);
                found = before.Id;
                if (!before.IsOpen)
                    throw new FozException(ErrorKind.Usage, $"the incident {before.Id} is resolved");
                var after = change(before);
                if (ReferenceEquals(before, after)) return state;
                after = after with { Changes = before.Changes + 1 };
                state = state with
                {
                    Incidents = [.. state.Incidents.Select(known => known.Id == before.Id ? after : known)],
                    History =
                    [
                        .. state.History,
                        records.Of(after, what, lake.Clock.GetUtcNow(), user, comment is null ? null : Cut(comment)),
                    ],
                };
                return also is null ? state : also(state, before);
            },
            cancellationToken);
        return state.Incidents.First(incident => incident.Id == found);
    }

    static string Cut(string text) => text.Length <= TextMax ? text : text[..TextMax];

    static Incident Find(IncidentState state, string id)
    {
        var found = state.Incidents.Where(
            incident => incident.Id.Equals(id, StringComparison.OrdinalIgnoreCase)).ToList();
        if (found.Count == 0 && id.Length >= 3)
            found = [.. state.Incidents.Where(incident =>
                incident.Id.StartsWith(id, StringComparison.OrdinalIgnoreCase)
                || incident.Id.EndsWith(id, StringComparison.OrdinalIgnoreCase))];
        return found switch
        {
            [var only] => only,
            [] => throw new FozException(ErrorKind.Usage, $"there is no incident '{id}'")
            {
                Hint = NearestName.Hint(id, state.Incidents.Select(incident => incident.Id))
                    ?? "foz incidents ls --all lists them; older ones are in foz.incidents",
            },
            _ => throw new FozException(ErrorKind.Usage, $"'{id}' is part of the ids of {found.Count} incidents")
            {
                Hint = string.Join(", ", found.Select(incident => incident.Id)),
            },
        };
    }
}

/// <summary>A message that a channel did not take yet.</summary>
/// <param name="Channel">The channel.</param>
/// <param name="Kind">What the message reports.</param>
/// <param name="Incident">The incident.</param>
/// <param name="Since">When it was written.</param>
/// <param name="Attempts">How often it was tried.</param>
/// <param name="Error">Why the last try failed; null where there was none.</param>
public sealed record WaitingMessage(
    string Channel, Channels.MessageKind Kind, string Incident, DateTimeOffset Since, int Attempts, string? Error);
