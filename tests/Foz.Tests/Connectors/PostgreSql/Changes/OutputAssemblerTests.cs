using System.Text;
using Foz.Connectors.Changes;
using Foz.Connectors.PostgreSql.Changes;
using Foz.Tests.Wire.PostgreSql.Replication;
using Foz.Wire;
using Foz.Wire.PostgreSql;
using Foz.Wire.PostgreSql.Replication;

namespace Foz.Tests.Connectors.PostgreSql.Changes;

public sealed class OutputAssemblerTests
{
    static readonly (string, uint, bool)[] Columns = [("id", TypeOids.Int4, true), ("v", TypeOids.Text, false)];

    [Fact]
    public void Update_of_the_key_is_a_move_and_keeps_what_it_does_not_send()
    {
        Assert.Equal(
            ["Schema app.t Key 0", "MoveOut 1 -", "MoveIn 2 -", "End 30 1 2"],
            Run(Describe('d'), OutputMessages.Begin(10, 7), OutputMessages.Update(3, ["2", "u"], 'K', ["1", null]),
                OutputMessages.Commit(10, 30)));
    }

    [Fact]
    public void Old_key_that_is_the_same_makes_no_move()
    {
        Assert.Equal(
            ["Schema app.t Key 0", "Update 1 b", "Update u b", "End 30 1 2"],
            Run(Describe('d'), OutputMessages.Begin(10, 7), OutputMessages.Update(3, ["1", "b"], 'K', ["1", null]),
                OutputMessages.Update(3, ["u", "b"], 'K', ["1", null]), OutputMessages.Commit(10, 30))
                .Select(line => line.Replace("Update - b", "Update u b", StringComparison.Ordinal)));
    }

    [Fact]
    public void Full_identity_sends_what_was_there_and_completes_what_did_not_change()
    {
        Assert.Equal(
            ["Schema app.t Key 0", "Update 1 a was 1 a", "MoveOut 1 a", "MoveIn 2 a", "Delete 2 a", "End 30 1 4"],
            Run(Describe('f'), OutputMessages.Begin(10, 7),
                OutputMessages.Update(3, ["1", "u"], 'O', ["1", "a"]),
                OutputMessages.Update(3, ["2", "u"], 'O', ["1", "a"]),
                OutputMessages.Delete(3, 'O', "2", "a"), OutputMessages.Commit(10, 30)));
    }

    [Fact]
    public void Table_without_key_has_no_identity_or_that_of_its_whole_rows()
    {
        Assert.Equal("Schema app.t None ", Run(
            OutputMessages.Relation(3, "t", 'n', ("id", TypeOids.Int4, false)), OutputMessages.Begin(10, 7),
            OutputMessages.Insert(3, "1"), OutputMessages.Commit(10, 30))[0]);
        Assert.Equal("Schema app.t WholeRow ", Run(
            OutputMessages.Relation(3, "t", 'f', ("v", TypeOids.Int4, true)), OutputMessages.Begin(10, 7),
            OutputMessages.Insert(3, "1"), OutputMessages.Commit(10, 30))[0]);
    }

    [Fact]
    public void Delete_knows_only_the_columns_of_its_index()
    {
        Assert.Equal(
            ["Schema app.t Key 1", "Delete - b", "End 30 1 1"],
            Run(OutputMessages.Relation(3, "t", 'i', ("id", TypeOids.Int4, false), ("v", TypeOids.Text, true)),
                OutputMessages.Begin(10, 7), OutputMessages.Delete(3, 'K', null, "b"), OutputMessages.Commit(10, 30)));
    }

    [Fact]
    public void Columns_that_change_in_a_transaction_divide_its_changes()
    {
        Assert.Equal(
            [
                "Schema app.t Key 0", "Insert 1 a", "Schema app.t Key 0 after app.t", "Insert 2 b c", "Truncate - - -",
                "End 30 1 3",
            ],
            Run(Describe('d'), OutputMessages.Begin(10, 7), OutputMessages.Insert(3, "1", "a"),
                OutputMessages.Relation(3, "t", 'd', [.. Columns, ("w", TypeOids.Text, false)]),
                OutputMessages.Insert(3, "2", "b", "c"), OutputMessages.Truncate(0, 3), OutputMessages.Commit(10, 30)));
    }

    [Fact]
    public void Open_transactions_wait_until_they_are_committed_without_what_was_rolled_back()
    {
        Assert.Equal(
            [
                "Schema app.t Key 0", "Insert 9 small", "End 20 1 1", "Insert 1 kept", "Insert 4 kept", "End 40 1 2",
            ],
            Run(OutputMessages.StreamStart(8, true), OutputMessages.StreamRelation(8, 3, "t", 'd', Columns),
                OutputMessages.StreamInsert(8, 3, "1", "kept"), OutputMessages.StreamInsert(9, 3, "2", "dropped"),
                OutputMessages.StreamStop(),
                OutputMessages.StreamStart(50, true), OutputMessages.StreamRelation(50, 3, "t", 'd', Columns),
                OutputMessages.StreamInsert(50, 3, "7", "dropped"), OutputMessages.StreamStop(),
                Describe('d'), OutputMessages.Begin(10, 7), OutputMessages.Insert(3, "9", "small"),
                OutputMessages.Commit(10, 20), OutputMessages.StreamAbort(50, 50), OutputMessages.StreamAbort(8, 9),
                OutputMessages.StreamStart(8, false), OutputMessages.StreamInsert(10, 3, "4", "kept"),
                OutputMessages.StreamStop(), OutputMessages.StreamCommit(8, 30, 40)));
    }

    [Fact]
    public void Prepared_transactions_wait_too()
    {
        Assert.Equal(
            ["Schema app.t Key 0", "Insert 1 a", "End 2 1 1"],
            Run(OutputMessages.BeginPrepare(8, "yes"), Describe('d'), OutputMessages.Insert(3, "1", "a"),
                OutputMessages.Prepare('P', 8, "yes"), OutputMessages.BeginPrepare(9, "no"),
                OutputMessages.Insert(3, "2", "b"), OutputMessages.Prepare('P', 9, "no"),
                OutputMessages.RollbackPrepared(9, "no"), OutputMessages.Prepare('K', 8, "yes")));
    }

    [Fact]
    public void Transactions_without_changes_are_none_as_versions_12_to_14_send_them()
    {
        Assert.Equal(
            ["Schema app.t Key 0", "Insert 1 a", "End 40 1 1"],
            Run(OutputMessages.Begin(10, 7), OutputMessages.Commit(10, 20), OutputMessages.Begin(30, 8), Describe('d'),
                OutputMessages.Type(70_000, "mood"), OutputMessages.Insert(3, "1", "a"), OutputMessages.Commit(30, 40),
                OutputMessages.Begin(50, 9), OutputMessages.Commit(50, 60)));
    }

    [Fact]
    public void Rollbacks_name_their_place_as_version_16_sends_them_for_blocks_in_parallel()
    {
        Assert.Equal(
            ["Schema app.t Key 0", "Insert 1 kept", "Insert 3 kept", "End 90 1 2"],
            Run(OutputMessages.StreamStart(8, true), OutputMessages.StreamRelation(8, 3, "t", 'd', Columns),
                OutputMessages.StreamInsert(8, 3, "1", "kept"), OutputMessages.StreamInsert(9, 3, "2", "dropped"),
                OutputMessages.StreamStop(), OutputMessages.StreamStart(50, true),
                OutputMessages.StreamRelation(50, 3, "t", 'd', Columns),
                OutputMessages.StreamInsert(50, 3, "7", "dropped"), OutputMessages.StreamStop(),
                OutputMessages.StreamAbort4(8, 9, 60), OutputMessages.StreamAbort4(50, 50, 70),
                OutputMessages.StreamStart(8, false), OutputMessages.StreamInsert(8, 3, "3", "kept"),
                OutputMessages.StreamStop(), OutputMessages.StreamCommit(8, 80, 90)));
    }

    [Fact]
    public void Generated_columns_are_columns_as_version_18_publishes_them()
    {
        Assert.Equal(
            ["Schema app.t Key 0", "Insert 1 a", "Schema app.t Key 0 after app.t", "Update 1 b bb", "End 30 1 2"],
            Run(Describe('d'), OutputMessages.Begin(10, 7), OutputMessages.Insert(3, "1", "a"),
                OutputMessages.Relation(3, "t", 'd', [.. Columns, ("twice", TypeOids.Text, false)]),
                OutputMessages.Update(3, ["1", "b", "bb"]), OutputMessages.Commit(10, 30)));
    }

    [Fact]
    public void What_was_committed_before_the_position_is_read_over()
    {
        using var assembler = new OutputAssembler(
            new LogHistory(1, 1), new Lsn(20), new ChangeSpools(Path.GetTempPath(), 1 << 20));
        foreach (var message in new[]
        {
            OutputMessages.Begin(10, 7), Describe('d'), OutputMessages.Insert(3, "1", "a"),
            OutputMessages.Commit(10, 20),
        })
            Assert.Equal(Assembled.Taken, assembler.Feed(message));
        Assert.False(assembler.HasChanges);
        assembler.Feed(OutputMessages.Begin(20, 8));
        Assert.Equal(Assembled.NeedsTable, assembler.Feed(OutputMessages.Insert(3, "1", "a")));
        Assert.Equal("t", assembler.Wanted!.Name);
        assembler.Open(RecordedStream.Raw(assembler.Wanted));
        assembler.Feed(OutputMessages.Insert(3, "1", "a"));
        assembler.Advance(new Lsn(99));
        Assert.Equal(new Lsn(20), assembler.Lsn);
        assembler.Feed(OutputMessages.Commit(20, 25));
        Assert.Equal(new Lsn(25), assembler.Lsn);
        assembler.Advance(new Lsn(99));
        Assert.Equal(new Lsn(99), assembler.Lsn);
    }

    [Fact]
    public void Messages_have_their_place_and_beats_are_none()
    {
        Assert.Equal(
            ["Message out=x 5", "End 0 0 0", "Message in=y 10 tx 7", "End 30 1 0"],
            Run(OutputMessages.Message(false, 5, "out", "x"), OutputMessages.Message(false, 6, "beat", ""),
                OutputMessages.Begin(10, 7), OutputMessages.Message(true, 8, "in", "y"), OutputMessages.Commit(10, 30)));
    }

    [Fact]
    public void Messages_out_of_place_are_faults()
    {
        byte[][][] faults =
        [
            [OutputMessages.Insert(3, "1", "a")],
            [OutputMessages.Commit(10, 20)],
            [OutputMessages.Begin(10, 7), OutputMessages.Begin(10, 7)],
            [OutputMessages.Begin(10, 7), OutputMessages.Commit(11, 20)],
            [OutputMessages.Begin(10, 7), OutputMessages.Insert(3, "1", "a")],
            [Describe('d'), OutputMessages.Begin(10, 7), OutputMessages.Insert(3, "1")],
            [OutputMessages.Begin(10, 7), OutputMessages.Truncate(0, 3)],
            [OutputMessages.StreamStop()],
            [OutputMessages.StreamStart(8, false)],
            [OutputMessages.StreamStart(8, true), OutputMessages.Prepare('P', 8, "x")],
            [OutputMessages.StreamStart(8, true), OutputMessages.StreamCommit(8, 1, 2)],
            [OutputMessages.StreamCommit(8, 1, 2)],
            [OutputMessages.Prepare('K', 8, "x")],
        ];
        Assert.All(faults, messages => Assert.Throws<WireException>(() => Run(messages)));
    }

    static byte[] Describe(char identity) => OutputMessages.Relation(
        3, "t", identity, identity == 'f' ? [("id", TypeOids.Int4, true), ("v", TypeOids.Text, true)] : Columns);

    /// <summary>The parts as texts; a value that is absent is <c>-</c>.</summary>
    static List<string> Run(params byte[][] messages)
    {
        var lines = new List<string>();
        using var assembler = new OutputAssembler(
            new LogHistory(1, 1), Lsn.None, new ChangeSpools(Path.GetTempPath(), 1 << 20))
        {
            BeatPrefix = "beat",
        };
        foreach (var message in messages)
        {
            while (assembler.Feed(message) == Assembled.NeedsTable) assembler.Open(Resolve(assembler.Wanted!));
            while (assembler.IsReplaying)
                if (assembler.Replay() == Assembled.NeedsTable) assembler.Open(Resolve(assembler.Wanted!));
            if (assembler.IsAtEnd && assembler.HasChanges) assembler.EndBatch();
            while (assembler.TryTakePart(out var part)) lines.AddRange(Lines(part));
        }

        return lines;
    }

    static ResolvedRelation Resolve(RelationMessage relation) => RecordedStream.Raw(relation) with
    {
        PrimaryKey = relation.Identity == ReplicaIdentity.Full && relation.Columns[0].Name == "id" ? [0] : [],
    };

    static IEnumerable<string> Lines(ChangePart part) => part switch
    {
        ChangePart.Schema schema =>
        [
            $"Schema {schema.Table} {schema.Table.Identity} {string.Join(',', schema.Table.Keys)}"
                + (schema.Previous is null ? "" : $" after {schema.Previous}"),
        ],
        ChangePart.Rows rows => ReplayedChange.Of(rows.Changes).Select(change =>
            $"{change.Operation} {Values(change.Values, change.IsAbsent)}"
            + (change.Before is null ? "" : $" was {Values(change.Before, change.IsAbsent)}")),
        ChangePart.Message message =>
        [
            $"Message {message.Prefix}={Encoding.UTF8.GetString(message.Content.Span)} "
                + $"{((LogPosition)message.Position).Lsn.Value}"
                + (message.Transaction is null ? "" : $" tx {message.Transaction}"),
        ],
        ChangePart.End end =>
            [$"End {((LogPosition)end.Position).Lsn.Value} {end.TransactionCount} {end.ChangeCount}"],
        _ => throw new NotSupportedException(),
    };

    static string Values(byte[]?[] values, bool[] isAbsent) => string.Join(
        ' ', values.Select((value, i) => isAbsent[i] ? "-" : value is null ? "NULL" : Encoding.UTF8.GetString(value)));
}
