using System.Text;
using Foz.Connectors.Changes;
using Foz.Lake.Data;

namespace Foz.Tests.Connectors.PostgreSql.Changes;

/// <summary>A change with its values as bytes; null where there is none.</summary>
public sealed record ReplayedChange(
    ChangeTable Table, ChangeOperation Operation, (long Position, long Ordinal, long Transaction, long CommittedAt) Mark,
    byte[]?[] Values, bool[] IsAbsent)
{
    /// <summary>The row before an update, where the source sent all of it.</summary>
    public byte[]?[]? Before { get; init; }

    /// <summary>The changes of a part whose columns are integers, texts and bytes.</summary>
    public static IEnumerable<ReplayedChange> Of(TableChanges changes) => Enumerable.Range(0, changes.Rows.RowCount)
        .Select(row => new ReplayedChange(
            changes.Table,
            changes.Marks.Operations[row],
            (changes.Marks.Positions[row], changes.Marks.Ordinals[row], changes.Marks.Transactions[row],
                changes.Marks.CommittedAt[row]),
            RowOf(changes, changes.Rows, row),
            [.. Enumerable.Range(0, changes.Table.ColumnCount).Select(i => changes.Absent?[row, i] == true)])
        {
            Before = changes.Before is not null && changes.Marks.Operations[row] == ChangeOperation.Update
                ? RowOf(changes, changes.Before, row)
                : null,
        });

    static byte[]?[] RowOf(TableChanges changes, ColumnBatch rows, int row) =>
    [
        .. rows.Columns.Take(changes.Table.ColumnCount)
            .Select(c => c.IsNull(row) ? null : ValueText(c, row)),
    ];

    static byte[] ValueText(Column column, int row) => column switch
    {
        FixedColumn<int> numbers => Encoding.UTF8.GetBytes($"{numbers.Values[row]}"),
        FixedColumn<long> numbers => Encoding.UTF8.GetBytes($"{numbers.Values[row]}"),
        _ => ((BytesColumn)column)[row].ToArray(),
    };
}

/// <summary>Tables as a consumer of changes keeps them: merged by the rules of the seam, nothing else.</summary>
public sealed class ReplayedTables(ILookup<string, Dictionary<string, string?>> before)
{
    readonly Dictionary<long, State> states = [];

    /// <summary>Names of the tables that changes came from.</summary>
    public IEnumerable<string> Names => states.Values.Select(s => s.Table.Name);

    public void Open(ChangeTable table)
    {
        if (states.TryGetValue(table.Id, out var state)) state.Take(table);
        else states[table.Id] = new State(table, before[table.Name].Select(row => new Dictionary<string, string?>(row)));
    }

    public void Apply(ReplayedChange change) => states[change.Table.Id].Apply(change);

    /// <summary>The rows of a table, which may have had another name.</summary>
    public IEnumerable<Dictionary<string, string?>> Rows(string name) =>
        states.Values.Any(s => s.Table.Name == name)
            ? states.Values.Where(s => s.Table.Name == name).SelectMany(s => s.Rows)
            : before[name];

    /// <summary>Rows as sorted lines of some columns.</summary>
    public static List<string> Lines(IEnumerable<Dictionary<string, string?>> rows, Func<string, bool> has) =>
    [
        .. rows.Select(row => string.Join(", ", row.Where(c => has(c.Key)).OrderBy(c => c.Key, StringComparer.Ordinal)
                .Select(c => $"{c.Key}={c.Value ?? "NULL"}")))
            .Order(StringComparer.Ordinal),
    ];

    sealed class State
    {
        readonly List<Dictionary<string, string?>> keyless = [];
        readonly Dictionary<string, Dictionary<string, string?>> keyed = [];
        Dictionary<string, string?>? moved;

        public State(ChangeTable table, IEnumerable<Dictionary<string, string?>> rows)
        {
            Table = table;
            foreach (var row in rows) Add(row);
        }

        public ChangeTable Table { get; private set; }

        public IEnumerable<Dictionary<string, string?>> Rows => keyed.Values.Concat(keyless);

        public void Take(ChangeTable table)
        {
            var rows = Rows.ToList();
            foreach (var dropped in Table.Fields.Select(f => f.Name).Except(table.Fields.Select(f => f.Name)))
                foreach (var row in rows) row.Remove(dropped);
            keyed.Clear();
            keyless.Clear();
            Table = table;
            foreach (var row in rows) Add(row);
        }

        public void Apply(ReplayedChange change)
        {
            Assert.Equal(change.Operation == ChangeOperation.MoveIn, moved is not null);
            var row = RowOf(change.Values);
            switch (change.Operation)
            {
                case ChangeOperation.Truncate:
                    keyed.Clear();
                    keyless.Clear();
                    break;
                case ChangeOperation.Insert:
                    Add(row);
                    break;
                case ChangeOperation.MoveIn:
                    Fill(row, change, moved!);
                    moved = null;
                    Add(row);
                    break;
                case ChangeOperation.Update when Table.Identity == RowIdentity.WholeRow:
                    Remove(RowOf(change.Before!));
                    Add(row);
                    break;
                case ChangeOperation.Update:
                    Assert.Equal(RowIdentity.Key, Table.Identity);
                    Fill(row, change, keyed[Key(row)]);
                    keyed[Key(row)] = row;
                    break;
                default:
                    var gone = Remove(row);
                    if (change.Operation == ChangeOperation.MoveOut) moved = gone;
                    break;
            }
        }

        Dictionary<string, string?> RowOf(IEnumerable<byte[]?> values) => values.Index()
            .ToDictionary(
                value => Table.Fields[value.Index].Name,
                value => value.Item is null ? null : Encoding.UTF8.GetString(value.Item));

        void Fill(Dictionary<string, string?> row, ReplayedChange change, Dictionary<string, string?> old)
        {
            for (var i = 0; i < change.IsAbsent.Length; i++)
                if (change.IsAbsent[i]) row[Table.Fields[i].Name] = old[Table.Fields[i].Name];
            // Columns that the stream does not have, such as generated ones.
            foreach (var (name, value) in old) row.TryAdd(name, value);
        }

        void Add(Dictionary<string, string?> row)
        {
            if (Table.Identity == RowIdentity.Key) keyed.Add(Key(row), row);
            else keyless.Add(row);
        }

        Dictionary<string, string?> Remove(Dictionary<string, string?> row)
        {
            if (Table.Identity == RowIdentity.Key)
            {
                Assert.True(keyed.Remove(Key(row), out var gone), $"{Table}: no row {Key(row)}");
                return gone;
            }

            Assert.Equal(RowIdentity.WholeRow, Table.Identity);
            var at = keyless.FindIndex(r => row.All(c => r[c.Key] == c.Value));
            Assert.True(at >= 0, $"{Table}: no such row");
            var old = keyless[at];
            keyless.RemoveAt(at);
            return old;
        }

        string Key(Dictionary<string, string?> row) =>
            string.Join('\0', Table.Keys.Select(k => row[Table.Fields[k].Name]));
    }
}
