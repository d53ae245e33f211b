using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Sql;
using Foz.Lake.Tables;
using Foz.Operations.Channels;
using Foz.Operations.Hosting;
using Foz.Operations.Incidents;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Runs.State;
using Foz.Storage;

namespace Foz.Operations.Alerts;

/// <summary>
/// Notices what breaks and what holds again, and has the channels told, as work of the host that leads. What was read,
/// the incidents that follow, and the messages to be sent are one write to the lake.
/// </summary>
/// <param name="lake">The lake.</param>
/// <param name="file">What <c>foz.yml</c> says.</param>
/// <param name="sources">Where evidence comes from, and its state.</param>
/// <param name="hooks">What the program gives.</param>
sealed class AlertJob(Lakehouse lake, ProjectFile file, AlertSources sources, AlertHooks hooks) : IHostJob, IDisposable
{
    readonly HostJournal journal = new(lake, () => lake.Engines.Open(Workload.Models));
    readonly Outbox outbox = new(lake.Clock);
    readonly IncidentRecords records = new(file.Name, file.Environment);
    readonly WatchedSteps watched = new(lake.Store, file.Name, file.Environment);
    SignedLinks? links;

    /// <inheritdoc/>
    public string Name => "alerts";

    /// <inheritdoc/>
    public TimeSpan Interval => TimeSpan.FromMilliseconds(lake.Store.IsLocal ? 500 : 2000);

    /// <inheritdoc/>
    public Task OpenAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public async Task StepAsync(CancellationToken cancellationToken)
    {
        var settings = hooks.Current();
        var seen = await sources.LookAsync(settings, cancellationToken);
        var attempts = await outbox.TakeAsync();
        var (book, notifier) = (new IncidentBook(records, sources.Facts), new Notifier(settings));
        var state = await sources.States.ChangeAsync(
            before => Decide(before, seen, attempts, book, notifier, settings), cancellationToken);
        sources.Forget();
        Failpoint.Hit("alerts.decided");
        outbox.Begin(
            state, settings,
            (notice, channel, token) => WriteAsync(notice, channel, settings, token), cancellationToken);
        await WriteHistoryAsync(state, cancellationToken);
        await watched.WriteAsync(sources.Watched(state, settings), cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose() => journal.Dispose();

    IncidentState Decide(
        IncidentState before, SeenEvidence seen, IReadOnlyList<Attempt> attempts, IncidentBook book, Notifier notifier,
        AlertSettings settings)
    {
        var now = lake.Clock.GetUtcNow();
        var after = before;
        IReadOnlyList<Evidence> ofChannels = [];
        if (attempts.Count > 0) (after, ofChannels) = outbox.Apply(after, attempts, settings.RetryFor);
        after = book.Apply(after, [.. seen.Evidence, .. ofChannels], now);
        after = book.Apply(
            after, [.. seen.Firings.SelectMany(firing => FiringEvidence.Of(firing, after))], now);
        if (!ReferenceEquals(seen.Versions, before.Versions) || seen.FiringsFrom != before.FiringsFrom)
            after = after with { Versions = seen.Versions, FiringsFrom = seen.FiringsFrom };
        return notifier.Plan(after, now);
    }

    async Task WriteHistoryAsync(IncidentState state, CancellationToken cancellationToken)
    {
        // A change stays in the state until the journal has it. One that a crash repeats has the same number.
        if (state.History.Count > 0)
        {
            await journal.AddAsync(state.History, cancellationToken);
            Failpoint.Hit("incidents.journaled");
            var written = state.History.Select(IncidentRecords.KeyOf).ToHashSet();
            await sources.States.ChangeAsync(
                before => before with
                {
                    History = [.. before.History.Where(record => !written.Contains(IncidentRecords.KeyOf(record)))],
                },
                cancellationToken);
        }
        await journal.MoveAsync(cancellationToken);
    }

    async Task<AlertMessage?> WriteAsync(
        Notice notice, RoutedChannel channel, AlertSettings settings, CancellationToken cancellationToken)
    {
        // A state of its own: this runs beside the steps.
        var state = await new IncidentStateStore(lake.Store, file.Name, file.Environment).ReadAsync(cancellationToken);
        var byId = state.Incidents.ToDictionary(incident => incident.Id, StringComparer.Ordinal);
        var incidents = notice.Incidents.Select(id => byId.GetValueOrDefault(id)).OfType<Incident>().ToList();
        if (incidents.Count == 0) return null;
        var now = lake.Clock.GetUtcNow();
        return new MessageWriter(file.Name, file.Environment, channel).Write(
            notice, incidents, now,
            incidents.Count == 1 ? await ReadRowsAsync(incidents[0], channel, cancellationToken) : null,
            settings.Links is { } stated
                ? await LinkAsync(stated, incidents[0], channel, cancellationToken) : null);
    }

    /// <summary>The link to the page of an incident: who has it acts through the channel.</summary>
    async Task<Uri> LinkAsync(
        LinkSettings settings, Incident incident, RoutedChannel channel, CancellationToken cancellationToken)
    {
        links ??= await SignedLinks.OpenAsync(lake, file.Variables[SignedLinks.Variable], cancellationToken);
        return links.AddressOf(settings.Url, new()
        {
            Purpose = LinkPurposes.Incident, About = [incident.Id], To = channel.Channel.Name,
            Expires = lake.Clock.GetUtcNow() + settings.Lifetime,
        });
    }

    /// <summary>The first bad rows as the channel's role sees them; null where it may not, or there are none.</summary>
    async Task<MessageRows?> ReadRowsAsync(
        Incident incident, RoutedChannel channel, CancellationToken cancellationToken)
    {
        if (channel.Role is not { } role || incident is not { IsOpen: true, BadRows: { } bad }) return null;
        try
        {
            var sql = bad.Sql ?? SelectOf(bad.Table!);
            var rows = await hooks.ReadAsync(
                new(sql, role, RuleWatch.RowsMax) { Decides = bad.Decides ?? [] }, cancellationToken);
            return rows.Rows.Count == 0 ? null : rows;
        }
        catch (Exception e) when (DeltaErrors.Find(e) is { Kind: not Foz.Lake.ErrorKind.Canceled })
        {
            // A message without rows is better than none.
            return null;
        }
    }

    static string SelectOf(string table)
    {
        var name = TableName.Parse(table);
        return $"SELECT * FROM {SqlText.Identifier(name.Schema)}.{SqlText.Identifier(name.Name)}";
    }
}
