using System.Collections.Immutable;
using System.Text;
using Foz.Connectors.Changes;
using Foz.Connectors.MySql.Changes;
using Foz.Lake.Data;
using Foz.Tests.Wire.MySql.Binlog;
using Foz.Wire;
using Foz.Wire.MySql.Binlog;

namespace Foz.Tests.Connectors.MySql.Changes;

/// <summary>Transactions of MySQL 8, made as its documentation describes them.</summary>
public sealed class BinlogAssemblerTests : IDisposable
{
    const long CommittedAt = 1_700_000_000_123_456;

    readonly BinlogAssembler assembler = new(
        new BinlogFeed((database, _) => database == "shop", HasBefore: true),
        new BinlogPosition(false, Events.Uuid, "binlog.000001", 4, 0, $"{Events.Uuid}:1-22"));

    public void Dispose() => assembler.Dispose();

    [Fact]
    public void A_transaction_becomes_changes_and_a_position()
    {
        Feed(
            Events.Format(), Events.MySqlGtid(23, CommittedAt), Events.Query("shop", "BEGIN"), Events.MySqlTable(),
            Write([0, 7, 0, 0, 0, 2, (byte)'h', (byte)'i']), Update(7, 7), Update(7, 8), Delete(8), Xid());
        var parts = EndBatch();
        Assert.Collection(
            parts,
            part => Assert.Equal("shop.t", Assert.IsType<ChangePart.Schema>(part).Table.ToString()),
            part =>
            {
                var changes = Assert.IsType<ChangePart.Rows>(part).Changes;
                Assert.Equal("cuoid", Operations(changes, 5));
                Assert.Equal([7, 7, 7, 8, 8], Ids(changes.Rows, 5));
                Assert.Equal([1, 2, 3, 4, 5], changes.Marks.Ordinals.Take(5));
                Assert.All(changes.Marks.Transactions.Take(5), number => Assert.Equal(23, number));
                Assert.All(changes.Marks.CommittedAt.Take(5), at => Assert.Equal(CommittedAt, at));
                Assert.Equal([false, true, false, false, false],
                    Enumerable.Range(0, 5).Select(i => !changes.Before!.Columns[0].IsNull(i)));
                Assert.Null(changes.Absent);
            },
            part =>
            {
                var end = Assert.IsType<ChangePart.End>(part);
                Assert.Equal((1, 5), (end.TransactionCount, end.ChangeCount));
                Assert.Equal(
                    $"mysql:{Events.Uuid}:binlog.000001:4711:0:{Events.Uuid}:1-23", end.Position.ToString());
            });
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_compressed_transaction_is_read_as_one_that_is_not(bool isCompressed)
    {
        byte[] events =
        [
            .. Bare(Events.Query("shop", "BEGIN")), .. Bare(Events.MySqlTable()),
            .. Bare(Write([0, 7, 0, 0, 0, 2, (byte)'h', (byte)'i'])), .. Bare(Delete(7)), .. Bare(Xid()),
        ];
        Feed(Events.Format(), Events.MySqlGtid(23, CommittedAt), Events.Payload(events, isCompressed));
        Assert.True(assembler.IsAtEnd);
        var parts = EndBatch();
        Assert.Equal("cd", Operations(parts.OfType<ChangePart.Rows>().Single().Changes, 2));
        var end = Assert.IsType<ChangePart.End>(parts[^1]);
        Assert.EndsWith(":1-23", end.Position.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_minimal_image_says_what_is_absent()
    {
        Feed(
            Events.Format(), Events.MySqlGtid(23, CommittedAt), Events.Query("shop", "BEGIN"), Events.MySqlTable(),
            Events.MySqlRows(
                BinlogEventType.UpdateRows, [0, 7, 0, 0, 0, 0, 1, (byte)'x'], [0x01, 0x02]),
            Events.MySqlRows(BinlogEventType.UpdateRows, [0, 7, 0, 0, 0, 0, 9, 0, 0, 0], [0x01, 0x01]),
            Events.MySqlRows(BinlogEventType.DeleteRows, [0, 9, 0, 0, 0], [0x01]), Xid());
        var parts = EndBatch();
        Assert.Equal([true, false], parts.OfType<ChangePart.Schema>().Select(s => s.Table.HasBefore));
        var changes = parts.OfType<ChangePart.Rows>().Single().Changes;
        Assert.Equal("uoid", Operations(changes, 4));
        Assert.Equal([7, 7, 9, 9], Ids(changes.Rows, 4));
        Assert.Equal([false, true, true, true], Enumerable.Range(0, 4).Select(i => changes.Absent![i, 1]));
        Assert.All(Enumerable.Range(0, 4), i => Assert.False(changes.Absent![i, 0]));
    }

    [Theory]
    [InlineData("TRUNCATE t")]
    [InlineData("truncate table `t`")]
    [InlineData("/* x */ TRUNCATE TABLE shop . `t` -- y")]
    [InlineData("/*!50000 TRUNCATE */ TABLE `shop`.`t`")]
    public void A_table_that_is_emptied_is_a_change(string statement)
    {
        Feed(Events.Format(), Events.MySqlGtid(23, CommittedAt), Events.Query("shop", statement));
        var parts = EndBatch();
        Assert.Equal("t", Operations(parts.OfType<ChangePart.Rows>().Single().Changes, 1));
        Assert.Equal(1, ((ChangePart.End)parts[^1]).TransactionCount);
    }

    [Theory]
    [InlineData("TRUNCATE other.t")]
    [InlineData("ALTER TABLE t ADD c INT")]
    [InlineData("CREATE TABLE x (id INT)")]
    [InlineData("GRANT ALL ON *.* TO u")]
    public void A_statement_without_rows_moves_only_the_position(string statement)
    {
        Feed(Events.Format(), Events.MySqlGtid(23, CommittedAt), Events.Query("shop", statement));
        Assert.True(assembler.IsAtEnd);
        var end = Assert.IsType<ChangePart.End>(Assert.Single(EndBatch()));
        Assert.True(end.IsIdle);
        Assert.EndsWith(":1-23", end.Position.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_table_that_is_made_with_its_rows_is_one_transaction()
    {
        Feed(
            Events.Format(), Events.MySqlGtid(23, CommittedAt),
            Events.Query("shop", "CREATE TABLE `t` (`id` int) START TRANSACTION"), Events.MySqlTable(),
            Write([0, 7, 0, 0, 0, 0]), Xid());
        Assert.Equal(1, ((ChangePart.End)EndBatch()[^1]).ChangeCount);
    }

    [Theory]
    [InlineData("INSERT INTO t VALUES (1)", "binlog_format=ROW")]
    [InlineData("INSERT INTO t VALUES (2)", "foz stream reset")]
    [InlineData("/* x */ update t SET a = 1", "binlog_format=ROW")]
    [InlineData("LOAD DATA INFILE 'x' INTO TABLE t", "binlog_format=ROW")]
    [InlineData("SELECT `shop`.`f`(1)", "binlog_format=ROW")]
    public void Statements_that_change_rows_are_refused(string statement, string setting)
    {
        Feed(Events.Format(), Events.MySqlGtid(23, CommittedAt), Events.Query("shop", "BEGIN"));
        var error = Assert.Throws<WireException>(() => Feed(Events.Query("shop", statement)));
        Assert.Contains(setting, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_cannot_be_read_as_changes_is_refused()
    {
        Feed(Events.Format());
        foreach (var (type, message) in ((BinlogEventType, string)[])
        [
            (BinlogEventType.AnonymousGtid, "gtid_mode=ON"), (BinlogEventType.Incident, "foz stream reset"),
            (BinlogEventType.PartialUpdateRows, "binlog_row_value_options"), (BinlogEventType.GtidTagged, "tag"),
            ((BinlogEventType)99, "the type 99"),
        ])
        {
            var error = Assert.Throws<WireException>(() => Feed(Events.Make(type, new byte[40])));
            Assert.Contains(message, error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Rows_that_are_rolled_back_or_only_prepared_are_refused()
    {
        Feed(
            Events.Format(), Events.MySqlGtid(23, CommittedAt), Events.Query("shop", "BEGIN"), Events.MySqlTable(),
            Write([0, 7, 0, 0, 0, 0]));
        Assert.Throws<WireException>(() => Feed(Events.Query("shop", "ROLLBACK")));
        Assert.Throws<WireException>(() => Feed(Events.Make(BinlogEventType.XaPrepare, new byte[20])));
        Assert.Throws<WireException>(() => Feed(Events.MySqlGtid(24, CommittedAt)));
    }

    [Fact]
    public void A_file_that_follows_moves_the_position()
    {
        Feed(
            Events.Format(),
            Events.Make(BinlogEventType.Rotate, [4, 0, 0, 0, 0, 0, 0, 0, .. "binlog.000002"u8]), Events.Format());
        var end = Assert.IsType<ChangePart.End>(Assert.Single(EndBatch()));
        Assert.Equal($"mysql:{Events.Uuid}:binlog.000002:4:0:{Events.Uuid}:1-22", end.Position.ToString());
    }

    static byte[] Xid() => Events.Make(BinlogEventType.Xid, new byte[8]);

    static byte[] Write(byte[] row) => Events.MySqlRows(BinlogEventType.WriteRows, row, [0x03]);

    static byte[] Update(byte from, byte to) => Events.MySqlRows(
        BinlogEventType.UpdateRows, [2, from, 0, 0, 0, 2, to, 0, 0, 0], [0x03, 0x03]);

    static byte[] Delete(byte id) => Events.MySqlRows(BinlogEventType.DeleteRows, [2, id, 0, 0, 0], [0x03]);

    /// <summary>An event as it is in a payload: without checksum.</summary>
    static byte[] Bare(byte[] data)
    {
        var bare = data[..^4];
        BitConverter.TryWriteBytes(bare.AsSpan(9), bare.Length);
        return bare;
    }

    static string Operations(TableChanges changes, int count)
    {
        Assert.Equal(count, changes.Rows.RowCount);
        return Encoding.ASCII.GetString([.. changes.Marks.Operations.Take(count).Select(o => (byte)o)]);
    }

    static int[] Ids(ColumnBatch rows, int count) => ((FixedColumn<int>)rows.Columns[0]).Values[..count];

    void Feed(params byte[][] events)
    {
        foreach (var data in events)
        {
            var result = assembler.Feed(data);
            while (result == Assembled.NeedsTable)
            {
                assembler.Open(Resolve());
                result = assembler.IsReplaying ? assembler.Replay() : assembler.Feed(data);
            }

            while (assembler.IsReplaying) assembler.Replay();
        }
    }

    SourceTable Resolve()
    {
        var map = assembler.WantedMap
            ?? TableMapEvent.Read(BinlogEvent.Read(Events.MySqlTable(), hasChecksum: true), isMariaDb: false);
        return new SourceTable(
            map.Database, map.Name,
            [.. map.Columns.Select((c, i) => new SourceColumn(c, map.Metadata.Names[i], false, false))],
            ImmutableArray.Create(0));
    }

    List<ChangePart> EndBatch()
    {
        assembler.EndBatch();
        var parts = new List<ChangePart>();
        while (assembler.TryTakePart(out var part)) parts.Add(part);
        return parts;
    }
}
