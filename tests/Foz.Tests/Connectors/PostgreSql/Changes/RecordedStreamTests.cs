using System.Globalization;
using System.Text;
using Foz.Connectors.Changes;
using Foz.Connectors.PostgreSql.Changes;
using Foz.Lake.Data;
using Foz.Tests.Wire.PostgreSql.Replication;
using Foz.Wire.PostgreSql.Replication;

namespace Foz.Tests.Connectors.PostgreSql.Changes;

/// <summary>What a real server sent for a hard workload gives the rows that its tables had.</summary>
public sealed class RecordedStreamTests
{
    /// <summary>
    /// Tables whose rows no stream tells: <c>evolve</c>'s were changed by ALTER TABLE, <c>hb</c> and its like are left
    /// out of the recorded rows, <c>dropped</c> is gone.
    /// </summary>
    static readonly string[] NotTold = ["evolve", "hb", "dropped", "late"];

    /// <summary>The rows of this table before the stream are not recorded.</summary>
    const string NotRecorded = "hb";

    /// <summary>A generated column is in no message of version 15.</summary>
    const string Generated = "twice";

    [Theory]
    [InlineData("pgoutput_v1")]
    [InlineData("pgoutput_v3_twophase")]
    public void Replay_gives_the_rows_that_the_tables_had(string recording) =>
        Check(RecordedStream.Assemble(RecordedMessages.Of(recording), RecordedStream.Raw), Changes);

    [Fact]
    public void Replay_of_open_transactions_in_binary_gives_the_rows_too()
    {
        // What no converter here knows is compared with the other recording, change by change.
        var oids = new Dictionary<long, uint[]>();
        using var text = RecordedStream.Assemble(RecordedMessages.Of("pgoutput_v1"), RecordedStream.Raw)
            .OfType<ChangePart.Rows>().SelectMany(Changes).GetEnumerator();
        Check(
            RecordedStream.Assemble(
                RecordedMessages.Of("pgoutput_v2_streaming_binary"), Resolve, isBinary: true),
            rows => Changes(rows).Select(Translate).ToList());
        Assert.False(text.MoveNext());

        ResolvedRelation Resolve(RelationMessage relation)
        {
            oids[relation.Id] = [.. relation.Columns.Select(c => c.TypeOid)];
            return RecordedStream.Raw(relation);
        }

        ReplayedChange Translate(ReplayedChange change)
        {
            Assert.True(text.MoveNext());
            var same = text.Current;
            Assert.Equal((same.Table, same.Operation, same.Mark), (change.Table, change.Operation, change.Mark));
            Assert.Equal(same.IsAbsent, change.IsAbsent);
            return change with
            {
                Values = BinaryTexts.Of(oids[change.Table.Id], change.Values, same.Values),
                Before = change.Before is null
                    ? null
                    : BinaryTexts.Of(oids[change.Table.Id], change.Before, same.Before!),
            };
        }
    }

    [Theory]
    [InlineData("pgoutput_v2_streaming_binary", true)]
    [InlineData("pgoutput_v3_twophase", false)]
    public void All_versions_give_the_same_columns(string recording, bool isBinary)
    {
        var expected = TypedRows("pgoutput_v1", isBinary: false).GetEnumerator();
        var count = 0;
        foreach (var row in TypedRows(recording, isBinary))
        {
            Assert.True(expected.MoveNext());
            Assert.Equal(expected.Current, row);
            count++;
        }

        Assert.False(expected.MoveNext());
        Assert.True(count > 200_000);
    }

    [Fact]
    public void Partitions_come_under_their_names_where_the_publication_has_them()
    {
        var tables = new ReplayedTables(RecordedStream.Rows("rows_before")["part"]
            .ToLookup(row => PartitionOf(row["d"]!), row => row));
        foreach (var part in RecordedStream.Assemble(
            RecordedMessages.Of("pgoutput_v1_leaf_partitions"), RecordedStream.Raw))
        {
            if (part is ChangePart.Schema schema) tables.Open(schema.Table);
            if (part is ChangePart.Rows rows)
                foreach (var change in Changes(rows)) tables.Apply(change);
        }

        string[] partitions = ["part_a", "part_b", "part_z", "part_c"];
        Assert.Equal(
            ReplayedTables.Lines(RecordedStream.Rows("rows_after")["part"], _ => true),
            ReplayedTables.Lines(partitions.SelectMany(tables.Rows), _ => true));
    }

    [Fact]
    public void Open_transactions_go_to_files_where_memory_ends()
    {
        var folder = Directory.CreateTempSubdirectory("foz-test-");
        try
        {
            var spools = new ChangeSpools(folder.FullName, 64 << 10);
            long rows = 0, most = 0, files = 0;
            foreach (var part in RecordedStream.Assemble(
                RecordedMessages.Of("pgoutput_v2_streaming_binary"), RecordedStream.Raw, isBinary: true, spools))
            {
                if (part is not ChangePart.Rows { Changes: var changes }) continue;
                rows += changes.Rows.RowCount;
                most = Math.Max(most, spools.MemoryBytes);
                foreach (var file in folder.EnumerateFiles())
                {
                    files++;
                    if (!OperatingSystem.IsWindows())
                        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, file.UnixFileMode);
                }
            }

            Assert.True(rows > 200_000);
            Assert.True(files > 0);
            Assert.InRange(most, 1, 64 << 10);
            Assert.Equal((0, 0L), (spools.Count, spools.MemoryBytes));
            Assert.Empty(folder.EnumerateFiles());
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    static IEnumerable<ReplayedChange> Changes(ChangePart.Rows rows) => ReplayedChange.Of(rows.Changes);

    static string PartitionOf(string day) => string.CompareOrdinal(day, "2024-01-01") < 0 ? "part_z"
        : string.CompareOrdinal(day, "2024-07-01") < 0 ? "part_a"
        : string.CompareOrdinal(day, "2025-01-01") < 0 ? "part_b"
        : "part_z";

    static void Check(
        IEnumerable<ChangePart> parts, Func<ChangePart.Rows, IEnumerable<ReplayedChange>> changes)
    {
        var tables = new ReplayedTables(RecordedStream.Rows("rows_before"));
        var after = RecordedStream.Rows("rows_after");
        var states = new Queue<AccountState>(RecordedStream.AccountStates());
        var batch = new List<ChangePart>();
        foreach (var part in parts)
        {
            batch.Add(part);
            if (part is not ChangePart.End end) continue;
            var position = ((LogPosition)end.Position).Lsn;
            while (states.Count > 0 && states.Peek().LsnAfter < position) CheckAccounts(states.Dequeue());
            Assert.Equal(end.ChangeCount, batch.OfType<ChangePart.Rows>().Sum(r => r.Changes.Rows.RowCount));
            foreach (var one in batch)
            {
                if (one is ChangePart.Schema schema) tables.Open(schema.Table);
                if (one is ChangePart.Rows rows)
                    foreach (var change in changes(rows).Where(c => c.Table.Name != NotRecorded)) tables.Apply(change);
            }

            batch.Clear();
        }

        Assert.Empty(batch);
        while (states.Count > 0) CheckAccounts(states.Dequeue());
        Assert.All(after.Where(table => !NotTold.Contains(table.Key)), table => Assert.Equal(
            ReplayedTables.Lines(table, column => column != Generated),
            ReplayedTables.Lines(tables.Rows(table.Key), column => column != Generated)));
        Assert.True(after.Count(table => !NotTold.Contains(table.Key)) >= 19);
        Assert.Equal(
            ReplayedTables.Lines(after["evolve"], column => column == "id"),
            ReplayedTables.Lines(tables.Rows("evolve"), column => column == "id"));

        void CheckAccounts(AccountState state)
        {
            var columns = state.Rows.SelectMany(row => row.Keys).ToHashSet();
            Assert.Equal(
                (state.What, string.Join('\n', ReplayedTables.Lines(state.Rows, columns.Contains))),
                (state.What, string.Join('\n', ReplayedTables.Lines(tables.Rows("acct"), columns.Contains))));
        }
    }

    /// <summary>Every row of the typed columns, and what was rescued, as a text.</summary>
    static IEnumerable<string> TypedRows(string recording, bool isBinary)
    {
        var typed = new Dictionary<long, bool[]>();
        foreach (var part in RecordedStream.Assemble(RecordedMessages.Of(recording), Resolve, isBinary))
            if (part is ChangePart.Rows { Changes: var changes })
                for (var row = 0; row < changes.Rows.RowCount; row++)
                    yield return Describe(changes, typed[changes.Table.Id], row);

        ResolvedRelation Resolve(RelationMessage relation)
        {
            typed[relation.Id] = [.. relation.Columns.Select(RecordedStream.IsTyped)];
            return RecordedStream.Typed(relation);
        }
    }

    static string Describe(TableChanges changes, bool[] typed, int row)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{changes.Table} {changes.Marks.Operations[row]}")
            .Append(CultureInfo.InvariantCulture, $" {changes.Marks.Positions[row]:X} {changes.Marks.Ordinals[row]}")
            .Append(CultureInfo.InvariantCulture, $" {changes.Marks.Transactions[row]} {changes.Marks.CommittedAt[row]}");
        for (var i = 0; i < changes.Rows.Columns.Count; i++)
        {
            var column = changes.Rows.Columns[i];
            var isAbsent = i < typed.Length && changes.Absent?[row, i] == true;
            text.Append(' ').Append(isAbsent ? "absent"
                : column.IsNull(row) ? "null"
                : i < typed.Length && !typed[i] ? "raw"
                : ValueText(column, row));
            if (changes.Before is { } before && (i >= typed.Length || typed[i]))
                text.Append(" was ").Append(before.Columns[i].IsNull(row) ? "null" : ValueText(before.Columns[i], row));
        }

        return text.ToString();
    }

    static string ValueText(Column column, int row) => column switch
    {
        BytesColumn bytes => Convert.ToHexString(bytes[row]),
        ListColumn list => '[' + string.Join(
            ';',
            Enumerable.Range(list.Offsets[row], list.Offsets[row + 1] - list.Offsets[row])
                .Select(i => list.Elements.IsNull(i) ? "null" : ValueText(list.Elements, i))) + ']',
        FixedColumn<byte> values => $"{values.Values[row]}",
        FixedColumn<short> values => $"{values.Values[row]}",
        FixedColumn<int> values => $"{values.Values[row]}",
        FixedColumn<long> values => $"{values.Values[row]}",
        FixedColumn<float> values => $"{BitConverter.SingleToInt32Bits(values.Values[row])}",
        FixedColumn<double> values => $"{BitConverter.DoubleToInt64Bits(values.Values[row])}",
        FixedColumn<Int128> values => $"{values.Values[row]}",
        _ => throw new NotSupportedException($"{column.GetType()}"),
    };
}
