using System.Globalization;
using Foz.Delta.DeletionVectors;
using Foz.Delta.Log;
using Foz.Delta.Scans;
using Foz.Delta.Schema;
using Foz.Delta.Snapshots;
using Foz.Delta.Transactions;
using Foz.Storage;

namespace Foz.Tests.Delta.Transactions;

/// <summary>
/// Writers that begin and commit in turns by a seed, over a store that loses writes, answers and time. The log then
/// tells the order, in which a model does the same operations to rows in memory; each version must hold the model's
/// rows.
/// </summary>
sealed class RandomHistory
{
    readonly Random random;
    readonly IsolationLevel isolation;
    readonly IObjectStore inner;
    readonly bool isRemote;
    readonly Dictionary<string, (int Id, int Value)[]> contents = new(StringComparer.Ordinal);
    readonly List<Operation> operations = [];
    readonly Dictionary<int, Outcome> outcomes = [];
    readonly Dictionary<string, (long First, long Version)> ids = new(StringComparer.Ordinal);
    long nextId;
    readonly FaultyStore store;

    /// <summary>A history.</summary>
    /// <param name="seed">What makes it.</param>
    /// <param name="isolation">The level of its transactions.</param>
    /// <param name="remote">A store that fails by itself; null for one in memory, which is made to fail.</param>
    public RandomHistory(int seed, IsolationLevel isolation, IObjectStore? remote = null)
    {
        (random, this.isolation, isRemote) = (new(seed), isolation, remote is not null);
        inner = remote ?? new MemoryObjectStore(TimeProvider.System);
        store = new(inner, seed) { IsFaulty = false };
    }

    enum Outcome
    {
        Unknown,
        Committed,
        Conflicted,
    }

    public int Committed => outcomes.Values.Count(outcome => outcome == Outcome.Committed);

    public int Conflicted => outcomes.Values.Count(outcome => outcome == Outcome.Conflicted);

    /// <summary>How often a commit deleted rows of a file that another had deleted rows of since it began.</summary>
    public int SharedFiles { get; private set; }

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async Task RunAsync(int steps)
    {
        await new TransactionTable(inner, TimeProvider.System).CreateAsync((RowTracking.Property, "true"));
        var writers = Enumerable.Range(0, 3).Select(_ => new TransactionTable(store, TimeProvider.System)).ToArray();
        var open = new (Transaction Transaction, Operation Operation)?[writers.Length];
        for (var step = 0; step < steps; step++)
        {
            var writer = random.Next(writers.Length);
            if (random.Next(3) == 0) await store.ReleaseLateAsync();
            if (open[writer] is { } begun && random.Next(2) == 0)
            {
                await CommitAsync(begun.Transaction, begun.Operation);
                open[writer] = null;
            }
            else if (open[writer] is null)
            {
                open[writer] = await BeginAsync(writers[writer]);
            }
        }
        await store.ReleaseLateAsync();
        await CheckAsync();
    }

    async Task<(Transaction, Operation)> BeginAsync(TransactionTable table)
    {
        var snapshot = await table.Table.LatestSnapshotAsync(Cancel);
        var operation = Operation.Next(random, operations.Count, snapshot.Version);
        operations.Add(operation);
        var transaction = new Transaction(table.Table, snapshot, new()
        {
            Operation = operation.Kind.ToString(),
            Isolation = isolation,
            UserMetadata = operation.Number.ToString(CultureInfo.InvariantCulture),
            WritesCheckpoint = false,
        });
        await StageAsync(transaction, operation, table.Store);
        return (transaction, operation);
    }

    async Task CommitAsync(Transaction transaction, Operation operation)
    {
        store.IsFaulty = random.Next(2) == 0 && !isRemote;
        try
        {
            var result = await transaction.CommitAsync(Cancel);
            outcomes[operation.Number] = result is CommitResult.Committed ? Outcome.Committed : Outcome.Conflicted;
        }
        catch (StorageException e) when (e.Kind == StorageErrorKind.Failed)
        {
            outcomes[operation.Number] = Outcome.Unknown;
        }
        finally
        {
            store.IsFaulty = false;
        }
    }

    /// <summary>What a writer makes of an operation: matched rows go, new and changed ones come.</summary>
    async Task StageAsync(Transaction transaction, Operation operation, IObjectStore files)
    {
        var snapshot = transaction.ReadSnapshot!;
        if (operation.Kind == OperationKind.Compact)
        {
            await CompactAsync(transaction, snapshot, operation, files);
            return;
        }
        var added = new List<(int Id, int Value)>();
        if (operation.Kind == OperationKind.Overwrite) transaction.RemoveAll();
        else if (operation.Kind != OperationKind.Append)
        {
            var matched = new HashSet<int>();
            foreach (var (file, _) in transaction.ReadByRow(operation.Condition))
                await TakeAsync(transaction, operation, file, files, added, matched);
            added.AddRange(operation.Inserts(matched));
        }
        if (operation.Kind is OperationKind.Append or OperationKind.Overwrite) added.AddRange(operation.Rows);
        if (added.Count > 0) transaction.Add(File($"f{operation.Number}", added));
    }

    async Task TakeAsync(
        Transaction transaction, Operation operation, AddFile file, IObjectStore files, List<(int Id, int Value)> added,
        HashSet<int> matched)
    {
        var deleted = await DeletedAsync(file, files);
        var rows = contents[file.Path.Value];
        var own = new List<long>();
        for (var row = 0; row < rows.Length; row++)
        {
            if (deleted.Contains(row) || !operation.Matches(rows[row].Id)) continue;
            own.Add(row);
            matched.Add(rows[row].Id);
            if (operation.Change(rows[row]) is { } changed) added.Add(changed);
        }
        if (own.Count == 0) return;
        var set = RowSet.Of([.. own]);
        var all = deleted.Union(set);
        if (all.Cardinality < rows.Length && operation.MarksRows)
        {
            transaction.SetDeletionVector(file, DeletionVectorFile.Inline(all), set);
            return;
        }
        transaction.ReadRows(file, set);
        transaction.Remove(file);
        var rest = rows.Where((_, row) => !all.Contains(row)).ToList();
        if (rest.Count > 0) transaction.Add(File($"c{operation.Number}-{file.Path.Value}", rest));
    }

    async Task CompactAsync(Transaction transaction, Snapshot snapshot, Operation operation, IObjectStore files)
    {
        var rows = new List<(int Id, int Value)>();
        foreach (var file in snapshot.Files.Take(3))
        {
            var deleted = await DeletedAsync(file, files);
            rows.AddRange(contents[file.Path.Value].Where((_, row) => !deleted.Contains(row)));
            transaction.ReadFiles([file]);
            transaction.Remove(file, dataChange: false);
        }
        if (rows.Count > 0) transaction.Add(File($"f{operation.Number}", rows) with { DataChange = false });
    }

    AddFile File(string path, List<(int Id, int Value)> rows)
    {
        contents[path] = [.. rows];
        var stats =
            $$"""{"numRecords":{{rows.Count}},"minValues":{"id":{{rows.Min(r => r.Id)}}},"maxValues":{"id":{{rows.Max(r => r.Id)}}},"nullCount":{"id":0} }""";
        return TransactionTable.File(path) with { Stats = JsonText.FromString(stats) };
    }

    static async Task<RowSet> DeletedAsync(AddFile file, IObjectStore files) => file.DeletionVector is { } vector
        ? await DeletionVectorFile.ReadAsync(files, vector, Cancel)
        : RowSet.Empty;

    /// <summary>
    /// Checks that files keep the ids of their rows, and that files added by a version have higher ids than all before.
    /// </summary>
    void CheckIds(Snapshot snapshot)
    {
        foreach (var file in snapshot.Files.OrderBy(file => file.BaseRowId))
        {
            var path = file.Path.Value;
            if (!ids.TryGetValue(path, out var known))
            {
                Assert.True(file.BaseRowId >= nextId, $"{path} of version {snapshot.Version} has ids of other rows");
                ids[path] = known = (file.BaseRowId!.Value, snapshot.Version);
                nextId = known.First + contents[path].Length;
            }
            Assert.Equal((path, known.First, known.Version), (path, file.BaseRowId, file.DefaultRowCommitVersion));
        }
        if (nextId > 0)
            Assert.Equal(
                $$"""{"rowIdHighWaterMark":{{nextId - 1}}}""", snapshot.Domains[RowTracking.Domain].Configuration);
    }

    async Task CheckAsync()
    {
        var table = new TransactionTable(inner, TimeProvider.System).Table;
        var latest = await table.LatestSnapshotAsync(Cancel);
        var model = new HistoryModel(isolation);
        var logged = new HashSet<int>();
        var touched = new Dictionary<string, long>(StringComparer.Ordinal);
        for (var version = 1L; version <= latest.Version; version++)
        {
            var commit = await table.ReadCommitAsync(version, Cancel)
                ?? throw new InvalidOperationException($"version {version} is not there");
            var number = int.Parse(commit.Info!.UserMetadata!, CultureInfo.InvariantCulture);
            Assert.True(logged.Add(number), $"operation {number} is in the log twice");
            var operation = operations[number];
            model.Apply(operation, version);
            foreach (var marked in commit.Actions.OfType<AddFile>().Where(add => add.DeletionVector is not null))
            {
                if (touched.GetValueOrDefault(marked.Path.Value) > operation.ReadVersion) SharedFiles++;
                touched[marked.Path.Value] = version;
            }
            var rows = new List<(int Id, int Value)>();
            var snapshot = await table.SnapshotAsync(version, Cancel);
            CheckIds(snapshot);
            foreach (var file in snapshot.Files)
            {
                var deleted = await DeletedAsync(file, inner);
                rows.AddRange(contents[file.Path.Value].Where((_, row) => !deleted.Contains(row)));
            }
            Assert.True(
                model.Rows.Order().SequenceEqual(rows.Order()),
                $"version {version} ({operation}) has ({string.Join(' ', rows.Order().Except(model.Rows))}) too much "
                + $"and lacks ({string.Join(' ', model.Rows.Order().Except(rows))})");
        }
        foreach (var (number, outcome) in outcomes)
            Assert.True(
                outcome == Outcome.Unknown || logged.Contains(number) == (outcome == Outcome.Committed),
                $"operation {number} was told to be {outcome}, the log says otherwise");
    }
}

enum OperationKind
{
    Append,
    Delete,
    Update,
    Merge,
    Compact,
    Overwrite,
}

/// <summary>What a writer wants: rows of ids in a range, or of some ids, and what becomes of them.</summary>
sealed record Operation(int Number, OperationKind Kind, long ReadVersion)
{
    const int Ids = 60;

    public IReadOnlyList<(int Id, int Value)> Rows { get; private init; } = [];

    public bool MarksRows { get; private init; }

    int From { get; init; }

    int To { get; init; }

    public Predicate Condition => Kind == OperationKind.Merge
        ? new Predicate.In(ColumnPath.Of("id"), [.. Rows.Select(row => $"{row.Id}")])
        : new Predicate.Compare(ColumnPath.Of("id"), Comparison.GreaterOrEqual, $"{From}")
            & new Predicate.Compare(ColumnPath.Of("id"), Comparison.LessOrEqual, $"{To}");

    public static Operation Next(Random random, int number, long readVersion)
    {
        var kind = random.Next(20) switch
        {
            < 6 => OperationKind.Append,
            < 10 => OperationKind.Delete,
            < 14 => OperationKind.Update,
            < 18 => OperationKind.Merge,
            18 => OperationKind.Compact,
            _ => OperationKind.Overwrite,
        };
        var from = random.Next(Ids);
        var rows = Enumerable.Range(0, kind == OperationKind.Merge ? 3 : 12)
            .Select(i => (Id: random.Next(Ids), Value: number * 100 + i)).DistinctBy(row => row.Id).ToList();
        return new(number, kind, readVersion)
        {
            From = from, To = from + random.Next(4), Rows = rows, MarksRows = random.Next(5) > 0,
        };
    }

    public bool Matches(int id) => Kind switch
    {
        OperationKind.Delete or OperationKind.Update => id >= From && id <= To,
        OperationKind.Merge => Rows.Any(row => row.Id == id),
        OperationKind.Overwrite => true,
        _ => false,
    };

    /// <summary>What becomes of a row that matches; null where it goes.</summary>
    public (int Id, int Value)? Change((int Id, int Value) row) => Kind switch
    {
        OperationKind.Update => (row.Id, row.Value + 1_000_000),
        OperationKind.Merge => (row.Id, Rows.First(r => r.Id == row.Id).Value),
        _ => null,
    };

    /// <summary>The rows of a merge that match none.</summary>
    public IEnumerable<(int Id, int Value)> Inserts(HashSet<int> matched) =>
        Kind == OperationKind.Merge ? Rows.Where(row => !matched.Contains(row.Id)) : [];
}

/// <summary>
/// Operations one after the other. At a level below serializable an operation does not see all rows that were added
/// since it began: those of blind appends, or of any commit.
/// </summary>
sealed class HistoryModel(IsolationLevel isolation)
{
    List<(int Id, int Value, long Version, bool IsBlind)> rows = [];

    public IEnumerable<(int Id, int Value)> Rows => rows.Select(row => (row.Id, row.Value));

    public void Apply(Operation operation, long version)
    {
        if (operation.Kind == OperationKind.Compact) return;
        var after = new List<(int, int, long, bool)>();
        var matched = new HashSet<int>();
        foreach (var row in rows)
        {
            if (!IsSeen(row.Version, row.IsBlind, operation) || !operation.Matches(row.Id))
            {
                after.Add(row);
                continue;
            }
            matched.Add(row.Id);
            if (operation.Change((row.Id, row.Value)) is { } changed)
                after.Add((changed.Id, changed.Value, version, false));
        }
        var isBlind = operation.Kind == OperationKind.Append;
        var added = operation.Kind is OperationKind.Append or OperationKind.Overwrite
            ? operation.Rows
            : operation.Inserts(matched);
        after.AddRange(added.Select(row => (row.Id, row.Value, version, isBlind)));
        rows = after;
    }

    bool IsSeen(long version, bool isBlind, Operation operation) => version <= operation.ReadVersion || isolation switch
    {
        IsolationLevel.Serializable => true,
        IsolationLevel.WriteSerializable => !isBlind,
        _ => false,
    };
}
