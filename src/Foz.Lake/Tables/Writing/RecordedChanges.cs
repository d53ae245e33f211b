using Foz.Delta.Schema;
using Foz.Delta.Transactions;
using Foz.Lake.Engine;
using Foz.Lake.Sql;
using Foz.Lake.Tables.ChangeFeed;

namespace Foz.Lake.Tables.Writing;

/// <summary>
/// The rows of a change as its change data files record them: removed and replaced ones in their old state, new ones in
/// their new state.
/// </summary>
/// <param name="session">The session that reads the rows.</param>
/// <param name="present">The table before the change.</param>
/// <param name="target">The table's schema after it.</param>
sealed class RecordedChanges(EngineSession session, TableSnapshot present, TargetSchema target) : IDisposable
{
    readonly List<TableRelation> relations = [];
    readonly List<string> parts = [];

    /// <summary>The SELECT of all rows: the target's columns as data files have them, and what was done.</summary>
    public string Select => string.Join("\nUNION ALL ", parts);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var relation in relations) relation.Dispose();
    }

    /// <summary>Records rows that a change removes.</summary>
    /// <param name="removed">All of them.</param>
    /// <param name="replaced">Those of them that are replaced; null for none.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task AddOldAsync(RowAddresses removed, RowAddresses? replaced, CancellationToken cancellationToken)
    {
        await AddOldAsync(replaced, ChangeTypes.Preimage, cancellationToken);
        await AddOldAsync(
            replaced is null ? removed : removed.Without(replaced), ChangeTypes.Delete, cancellationToken);
    }

    /// <summary>Records all of some rows.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="schema">Their schema.</param>
    /// <param name="word">What was done to them.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task AddAsync(TableRows rows, TableSchema schema, string word, CancellationToken cancellationToken) =>
        Add(await rows.OpenAsync(session, filter: null, cancellationToken), schema, word);

    /// <summary>Records rows that were written.</summary>
    /// <param name="relation">A relation with the columns of data files, and what was done.</param>
    public void AddNew(string relation) => parts.Add(
        $"SELECT {Columns(field => SqlText.Identifier(field.PhysicalName(target.Schema.Mapping)))}, "
        + $"{ChangeDataFeed.ChangeTypeColumn} FROM {relation}");

    async Task AddOldAsync(RowAddresses? rows, string word, CancellationToken cancellationToken)
    {
        if (rows is null || rows.Count == 0) return;
        Add(await rows.OpenAsync(session, cancellationToken), present.Schema, word);
    }

    void Add(TableRelation relation, TableSchema schema, string word)
    {
        relations.Add(relation);
        var columns = Columns(field => WrittenColumns.ToPhysical(
            TargetSchema.Old(field, "t", schema), field.Type, target.Schema.Mapping));
        parts.Add(
            $"SELECT {columns}, {SqlText.Literal(word)} AS {ChangeDataFeed.ChangeTypeColumn} FROM {relation.Sql} AS t");
    }

    string Columns(Func<StructField, string> value) => target.List(value);
}
