using System.Globalization;
using Foz.Connectors.Changes;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Tables;
using Foz.Pipelines.Batches;
using Foz.Streams.Batches;
using Foz.Streams.Tables;

namespace Foz.Streams.Comparing;

/// <summary>Waits until tables of the lake have all changes before a moment of their source.</summary>
/// <param name="lake">The lake.</param>
/// <param name="compared">What is compared.</param>
/// <param name="changes">The source's changes.</param>
/// <param name="moment">The moment.</param>
sealed class ReachedMoment(Lakehouse lake, ComparedTable compared, IChangeSource changes, ChangePosition moment)
{
    static readonly TimeSpan retryInterval = TimeSpan.FromMilliseconds(200);

    readonly long startedAt = lake.Clock.GetTimestamp();
    bool isCaughtUp;

    /// <summary>Gets how long to wait.</summary>
    public required TimeSpan WaitMax { get; init; }

    /// <summary>
    /// Gets what is called once where the lake lacks changes; null where it is only waited for.
    /// </summary>
    public required Func<Task>? CatchUp { get; init; }

    /// <summary>Gets the batches of the source.</summary>
    public required ChangeBatchLog Log { get; init; }

    /// <summary>Gets the reader of the source.</summary>
    public required LogReader Reader { get; init; }

    /// <summary>Gets the table of the source.</summary>
    public required FeedTable Feed { get; init; }

    /// <summary>Gets the moment as bronze numbers it.</summary>
    long Number => moment.Number + Reader.Offset;

    /// <summary>Gets the condition of the changes before it, and of the rows of copies up to it.</summary>
    public string IsBefore => string.Create(
        CultureInfo.InvariantCulture,
        $"({ChangeColumns.Lsn} < {Number} OR {ChangeColumns.Op} = 'r' AND {ChangeColumns.Lsn} = {Number})");

    /// <summary>Waits until the bronze table has all changes before the moment.</summary>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">It stands still, was copied since, or takes too long.</exception>
    public async Task<TableSnapshot> WaitForBronzeAsync(CancellationToken cancellationToken)
    {
        var name = compared.Stream.Table;
        var table = await lake.OpenTableAsync(name, cancellationToken);
        var held = await lake.OpenTableAsync(name.Held, cancellationToken);
        var step = BronzeTable.StepOf(compared.Source);
        while (true)
        {
            var last = await Log.FindLastAsync(cancellationToken);
            if (last is not null && IsAt(last.Position))
            {
                var present = await table.FindLatestAsync(cancellationToken);
                if (HeldChanges.Find(await held.FindLatestAsync(cancellationToken), present, step) is { } why)
                    throw new FozException(ErrorKind.Data, $"{name} stands still, and lacks changes: {why.Reason.Text}")
                    {
                        Hint = why.Reason.Hint ?? $"mend it, then: foz stream resume {name}",
                    };
                if (present is not null && (!last.Tables.Contains($"{name}", StringComparer.Ordinal)
                    || present.BatchOf(step) >= last.Number))
                {
                    await CheckCopyAsync(present, cancellationToken);
                    return present;
                }
            }
            if (await Log.IsStoppedAsync(cancellationToken))
                throw new FozException(
                    ErrorKind.Conflict, $"{compared.Source.Name} is stopped, and {name} lacks its newest changes")
                {
                    Hint = $"foz stream start {compared.Source.Name}",
                };
            await WaitAsync($"{name} is at {last?.Position ?? "no position"}", cancellationToken);
        }
    }

    /// <summary>Waits until the model of current rows has all changes before the moment.</summary>
    /// <param name="session">A session.</param>
    /// <param name="bronze">The bronze table, which has them.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">It takes too long.</exception>
    public async Task<TableSnapshot> WaitForModelAsync(
        EngineSession session, TableSnapshot bronze, CancellationToken cancellationToken)
    {
        var table = await lake.OpenTableAsync(compared.Name, cancellationToken);
        var wanted = await CountAsync(session, bronze, cancellationToken);
        var counted = (Version: -1L, Rows: -1L);
        while (true)
        {
            var present = await table.FindLatestAsync(cancellationToken);
            if (present?.BatchOf($"{compared.Name}") is { } batch
                && await StepInputs.FindVersionAsync(
                    lake, compared.Name, batch, compared.Stream.Table, cancellationToken) is { } version)
            {
                if (version >= bronze.Version) return present;
                // Later versions may have later changes, or none.
                if (counted.Version != version)
                {
                    var input = await lake.OpenTableAsync(compared.Stream.Table, cancellationToken);
                    counted = (version, await CountAsync(
                        session, await input.VersionAsync(version, cancellationToken), cancellationToken));
                }
                if (counted.Rows == wanted) return present;
            }
            await WaitAsync($"{compared.Name} lacks changes of {compared.Stream.Table}", cancellationToken);
        }
    }

    async Task<long> CountAsync(
        EngineSession session, TableSnapshot bronze, CancellationToken cancellationToken)
    {
        using var rows = await TableRows.All(bronze).OpenAsync(session, filter: null, cancellationToken);
        return session.QueryScalar<long>($"SELECT count(*) FROM {rows.Sql} WHERE {IsBefore}", cancellationToken);
    }

    bool IsAt(string position) => changes.ParsePosition(position).CompareWith(moment) switch
    {
        PositionOrder.Ordered(var sign) => sign >= 0,
        PositionOrder.Unrelated(var reason) => throw new FozException(
            ErrorKind.Source, $"{compared.Source.Name} cannot be compared: the lake is at {position}, and {reason}")
        {
            Hint = $"foz stream reset {compared.Source.Name} copies its tables from this server",
        },
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    async Task CheckCopyAsync(TableSnapshot present, CancellationToken cancellationToken)
    {
        if (await Log.FindReaderAsync(cancellationToken) is not { } reader
            || !reader.Streams.TryGetValue(compared.Stream.Definition.Name, out var shape)
            || shape != (Feed.Shape ?? -1))
            throw new FozException(
                ErrorKind.Conflict, $"changes of {compared.Stream.Table} are missing: it waits for its copy")
            {
                Hint = "the next foz run, or the host within a minute, copies it",
            };
        if (present.Properties.GetValueOrDefault(BronzeTable.CopyProperty) is { } copy
            && changes.ParsePosition(copy).CompareWith(moment) is PositionOrder.Ordered { Sign: <= 0 })
            return;
        throw new FozException(
            ErrorKind.Conflict, $"{compared.Stream.Table} was copied again since the comparison began")
        {
            Hint = "run again", IsTransient = true,
        };
    }

    async Task WaitAsync(string what, CancellationToken cancellationToken)
    {
        if (CatchUp is not null && !isCaughtUp)
        {
            isCaughtUp = true;
            await CatchUp();
            return;
        }
        if (lake.Clock.GetElapsedTime(startedAt) > WaitMax)
            throw new FozException(
                ErrorKind.Conflict,
                $"{what}, and not at {moment}, the moment of the comparison, after {WaitMax.TotalSeconds:N0} s")
            {
                Hint = "foz stream ls shows whether the source is followed; --wait 30m waits longer",
            };
        await Task.Delay(retryInterval, lake.Clock, cancellationToken);
    }
}
