using Foz.Connectors.Changes;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Engine.Functions;

namespace Foz.Streams.Tables;

/// <summary>
/// The changes of one table in the batch that is being read. They wait in memory, or, once they are many, in a
/// temporary table of the engine, which moves to its spill folder what its memory does not hold. For one thread.
/// </summary>
/// <param name="open">Opens the session that they are written from.</param>
sealed class StagedChanges(Func<EngineSession> open) : IDisposable
{
    readonly List<Segment> segments = [];
    readonly List<StreamRelation> relations = [];
    EngineSession? session;

    /// <summary>The session that they are written from.</summary>
    public EngineSession Session => session ??= open();

    /// <summary>How many changes there are.</summary>
    public long Count { get; private set; }

    /// <summary>How many wait in memory.</summary>
    public int CountInMemory { get; private set; }

    /// <summary>The first change's position, as a number.</summary>
    public long? FirstPosition { get; private set; }

    /// <summary>The tables as the changes have them, in their order: more than one where columns changed.</summary>
    public IEnumerable<ChangeTable> Tables => segments.Select(segment => segment.Table);

    /// <summary>Adds changes, in the order of the source.</summary>
    public void Add(TableChanges changes)
    {
        var count = changes.Rows.RowCount;
        if (count == 0) return;
        if (segments.Count == 0 || segments[^1].Table != changes.Table) segments.Add(new(changes.Table));
        segments[^1].Waiting.Add(ChangeRows.Of(changes));
        FirstPosition ??= changes.Marks.Positions[0];
        Count += count;
        CountInMemory += count;
    }

    /// <summary>Moves what waits in memory to the engine.</summary>
    public void Spill(CancellationToken cancellationToken)
    {
        foreach (var (number, segment) in segments.Index().Where(entry => entry.Item.Waiting.Count > 0))
        {
            using var rows = Session.Register(StreamOf(segment));
            var select = $"SELECT * FROM {rows.Sql}";
            Session.Execute(
                segment.Stored is { } stored
                    ? $"INSERT INTO {stored} {select}"
                    : $"CREATE TEMP TABLE {segment.Stored = $"foz_changes_{number}"} AS {select}",
                cancellationToken);
            segment.Waiting.Clear();
        }
        CountInMemory = 0;
    }

    /// <summary>
    /// Returns a SELECT of all changes; a column that came with another type has the one that holds both.
    /// </summary>
    public string Select() => string.Join("\nUNION ALL BY NAME ", segments.SelectMany(SelectsOf));

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var relation in relations) relation.Dispose();
        session?.Dispose();
    }

    IEnumerable<string> SelectsOf(Segment segment)
    {
        if (segment.Stored is { } stored) yield return $"SELECT * FROM {stored}";
        if (segment.Waiting.Count == 0) yield break;
        var relation = Session.Register(StreamOf(segment));
        relations.Add(relation);
        yield return $"SELECT * FROM {relation.Sql}";
    }

    static ColumnStream StreamOf(Segment segment)
    {
        ColumnBatch[] waiting = [.. segment.Waiting];
        return new(ChangeRows.FieldsOf(segment.Table), [Read(waiting)])
        {
            RowCountEstimate = waiting.Sum(batch => (long)batch.RowCount),
        };
    }

    static async IAsyncEnumerable<ColumnBatch> Read(ColumnBatch[] batches)
    {
        await Task.CompletedTask;
        foreach (var batch in batches) yield return batch;
    }

    /// <summary>Changes with the same columns, one after the other.</summary>
    sealed class Segment(ChangeTable table)
    {
        public ChangeTable Table { get; } = table;

        public List<ColumnBatch> Waiting { get; } = [];

        /// <summary>The engine's table of those that do not wait in memory; null where all do.</summary>
        public string? Stored { get; set; }
    }
}
