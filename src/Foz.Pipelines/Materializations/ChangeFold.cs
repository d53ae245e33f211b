using Foz.Lake;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Sql;
using Foz.Pipelines.Projects;

namespace Foz.Pipelines.Materializations;

/// <summary>The current rows that all changes of a stream of mode <c>cdc</c> leave.</summary>
public static class ChangeFold
{
    /// <summary>Applies changes to an empty table.</summary>
    /// <param name="session">The session; its temporary tables <c>foz_*</c> of earlier calls are replaced.</param>
    /// <param name="table">The table that has the changes, for messages.</param>
    /// <param name="changes">A SELECT of its changes.</param>
    /// <param name="keys">The columns that identify a row.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>A SELECT of the rows, with the source's columns.</returns>
    /// <exception cref="FozException">A change has no key.</exception>
    public static string Run(
        EngineSession session, TableName table, string changes, IReadOnlyList<string> keys,
        CancellationToken cancellationToken)
    {
        var strategy = new IncrementalStrategy.Cdc { Keys = keys };
        var model = new Model
        {
            Name = table, Table = table, Materialization = new Materialization.Incremental(strategy),
            Body = new(changes, new("", 1, 1)), File = "",
        };
        var rows = new Relation(session, changes);
        var input = CdcInput.Of(model, strategy, rows, cancellationToken);
        var events = new CdcEvents(session, input);
        events.Read(rows, isOrdered: false, cancellationToken);
        if (events.WithoutKey > 0)
            throw new FozException(
                ErrorKind.Data,
                events.WithoutKey == 1
                    ? $"1 change of {table} has NULL in its key"
                    : $"{events.WithoutKey:N0} changes of {table} have NULL in their key");
        if (events.Truncations.Count > 0)
            events.TakeOutBefore(events.Truncations[^1].Sql(input), cancellationToken);
        session.Execute(
            $"CREATE OR REPLACE TEMP TABLE {CdcFold.Old} AS SELECT {SqlText.Identifiers(input.Columns)} "
                + $"FROM {CdcEvents.Table} WHERE false",
            cancellationToken);
        var fold = new CdcFold(session, input, truncated: null, $"{CdcState.ShapeOf(input)} WHERE false");
        var partial = fold.ReadKeys(isTruncated: false, cancellationToken);
        if (partial > 0) new CdcMoves(session, input).Resolve(CdcFold.Old, cancellationToken);
        fold.Run(partial, cancellationToken);
        return $"SELECT {SqlText.Identifiers(input.Columns)} FROM {CdcFold.Next} WHERE NOT {CdcState.IsDeleted}";
    }
}
