using System.Text;
using Foz.Wire;
using Foz.Wire.PostgreSql;
using Foz.Wire.PostgreSql.Replication;

namespace Foz.Tests.Wire.PostgreSql.Replication;

public sealed class OutputMessageTests
{
    const int AbortBytes = 1 + 2 * sizeof(uint);

    [Fact]
    public void Transactions_are_read_with_their_places()
    {
        Assert.Equal(
            new BeginMessage(new Lsn(0x1_0000_0010), BinaryDate.EpochMicroseconds + 5, 7),
            BeginMessage.Read(Read(OutputMessages.Begin(0x1_0000_0010, 7))));
        Assert.Equal(
            new CommitMessage(8, new Lsn(0x10), new Lsn(0x20), BinaryDate.EpochMicroseconds + 5),
            CommitMessage.Read(Read(OutputMessages.StreamCommit(8, 0x10, 0x20))));
        Assert.Equal(
            new CommitMessage(0, new Lsn(0x10), new Lsn(0x20), BinaryDate.EpochMicroseconds + 5),
            CommitMessage.Read(Read(OutputMessages.Commit(0x10, 0x20))));
        Assert.Equal(new OriginMessage(new Lsn(9), "other"), OriginMessage.Read(Read(OutputMessages.Origin(9, "other"))));
        Assert.Equal(new StreamStartMessage(8, true), StreamStartMessage.Read(Read(OutputMessages.StreamStart(8, true))));
        var abort = StreamAbortMessage.Read(Read(OutputMessages.StreamAbort4(8, 9, 0x30)));
        Assert.Equal((8u, 9u, new Lsn(0x30), false), (abort.Xid, abort.SubtransactionXid, abort.Lsn, abort.IsWhole));
        Assert.Equal(
            new PrepareMessage(new Lsn(1), new Lsn(2), BinaryDate.EpochMicroseconds + 5, 8, "gid"),
            PrepareMessage.Read(Read(OutputMessages.BeginPrepare(8, "gid"))));
        Assert.Equal(
            new RollbackPreparedMessage(new Lsn(1), new Lsn(2), 8, "gid"),
            RollbackPreparedMessage.Read(Read(OutputMessages.RollbackPrepared(8, "gid"))));
    }

    [Fact]
    public void Relation_has_its_columns_in_order()
    {
        var relation = RelationMessage.Read(Read(
            OutputMessages.StreamRelation(8, 3, "t", 'i', ("id", 23, true), ("v", 25, false)), isInStream: true));
        Assert.Equal(
            new RelationMessage(3, "app", "t", ReplicaIdentity.Index, [new("id", 23, -1, true), new("v", 25, -1, false)]),
            relation);
    }

    [Fact]
    public void Rows_tell_null_unchanged_and_empty_apart()
    {
        var row = RowMessage.Read(Read(OutputMessages.Update(3, ["2", "u", null, ""], 'K', ["1", null, null, null])));
        Assert.Equal((3u, OldRowKind.Key), (row.RelationId, row.OldKind));
        var reader = row.New;
        Assert.Equal(4, reader.ValueCount);
        Assert.Equal(ColumnState.Text, reader.ReadValue(out var value));
        Assert.Equal("2", Encoding.UTF8.GetString(value));
        Assert.Equal(ColumnState.Unchanged, reader.ReadValue(out _));
        Assert.Equal(ColumnState.Null, reader.ReadValue(out _));
        Assert.Equal(ColumnState.Text, reader.ReadValue(out value));
        Assert.True(value.IsEmpty);
        reader.End();
        var old = row.Old;
        Assert.Equal(ColumnState.Text, old.ReadValue(out value));
        Assert.Equal("1", Encoding.UTF8.GetString(value));
    }

    [Fact]
    public void Truncate_and_messages_are_read()
    {
        var truncate = TruncateMessage.Read(Read(OutputMessages.Truncate(2, 3, 4)));
        Assert.Equal((false, true), (truncate.IsCascade, truncate.RestartsIdentity));
        Assert.True(truncate.TryReadTable(out var id) && id == 3);
        Assert.True(truncate.TryReadTable(out id) && id == 4);
        Assert.False(truncate.TryReadTable(out _));
        var logical = LogicalMessage.Read(Read(OutputMessages.Message(true, 5, "p", "content")));
        Assert.Equal((true, new Lsn(5), "p"), (logical.IsTransactional, logical.Lsn, logical.Prefix));
        Assert.Equal("content", Encoding.UTF8.GetString(logical.Content));
    }

    [Fact]
    public void A_fault_says_what_and_where()
    {
        AssertFault("Insert: at byte 13 it ends early: 4 bytes expected, 0 left", OutputMessages.Insert(3, "text")[..13]);
        AssertFault("Begin: at byte 21 it has 1 bytes too many", [.. OutputMessages.Begin(1, 2), 0]);
        AssertFault("a message of pgoutput: byte 0 is 0x7A, which is no type", [(byte)'z']);
        AssertFault("Delete: byte 5 is 0x4E, not one of 'KO'", OutputMessages.Delete(3, 'N', "1"));
        AssertFault("Truncate: at byte 6 it states 2 tables in 4 bytes", OutputMessages.Truncate(0, 3, 4)[..^4]);
    }

    /// <summary>A message that is cut short is never taken for a whole one, and none makes another kind of error.</summary>
    [Fact]
    public void Malformed_messages_are_faults_and_nothing_else()
    {
        var random = new Random(Soak.Seed());
        var recorded = Directory.Exists(Path.Combine(Repository.Shared, "streams"))
            ? RecordedMessages.Of("pgoutput_v1").DistinctBy(m => (m[0], m.Length)).Select(m => (m, false)).ToList()
            : [];
        foreach (var (message, isInStream) in OutputMessages.All().Concat(recorded))
        {
            OutputMessages.ReadAll(message, isInStream);
            for (var length = Math.Max(0, message.Length - 400); length < message.Length; length++)
            {
                // What version 4 adds to it may be missing, as in version 2.
                if (message[0] == 'A' && length == AbortBytes) continue;
                Assert.Throws<WireException>(() => OutputMessages.ReadAll(message.AsSpan(0, length), isInStream));
            }

            for (var i = 0; i < 300 * Soak.Factor; i++)
            {
                var changed = (byte[])message.Clone();
                for (var flips = random.Next(1, 4); flips > 0; flips--)
                    changed[random.Next(changed.Length)] ^= (byte)(1 << random.Next(8));
                try
                {
                    OutputMessages.ReadAll(changed, isInStream);
                }
                catch (WireException)
                {
                    // The one kind of error that there may be.
                }
            }
        }
    }

    [Fact]
    public void Reading_rows_allocates_nothing()
    {
        var insert = OutputMessages.Insert(3, "1", null, "some text");
        var update = OutputMessages.Update(3, ["2", "u"], 'K', ["1", null]);
        ReadMany(10);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var bytes = ReadMany(1_000);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(1_000 * 11, bytes);

        long ReadMany(int count)
        {
            long sum = 0;
            for (var i = 0; i < count; i++)
                sum += OutputMessages.ReadRows(OutputMessage.Read(insert, false))
                    + OutputMessages.ReadRows(OutputMessage.Read(update, false));
            return sum;
        }
    }

    [Fact]
    public void Frames_are_read_and_status_is_written()
    {
        byte[] data = [(byte)'w', .. Number(0x10), .. Number(0x20), .. Number(5), 1, 2, 3];
        var frame = ReplicationFrame.Read(data);
        Assert.Equal(
            (ReplicationFrameType.Data, new Lsn(0x10), new Lsn(0x20), BinaryDate.EpochMicroseconds + 5, 3),
            (frame.Type, frame.Start, frame.WalEnd, frame.SentAt, frame.Payload.Length));
        byte[] keepalive = [(byte)'k', .. Number(0x20), .. Number(5), 1];
        frame = ReplicationFrame.Read(keepalive);
        Assert.Equal(
            (ReplicationFrameType.Keepalive, new Lsn(0x20), true), (frame.Type, frame.WalEnd, frame.WantsReply));
        for (var length = 0; length < keepalive.Length; length++)
            Assert.Throws<WireException>(() => ReplicationFrame.Read(keepalive.AsSpan(0, length)));
        for (var length = 0; length < ReplicationFrame.DataHeaderBytes; length++)
            Assert.Throws<WireException>(() => ReplicationFrame.Read(data.AsSpan(0, length)));
        Assert.Throws<WireException>(() => ReplicationFrame.Read([.. keepalive, 0]));

        var writer = new MessageWriter();
        new StandbyStatus(new Lsn(0x20), new Lsn(0x10)).Write(writer, BinaryDate.EpochMicroseconds + 5, wantsReply: true);
        Assert.Equal(
            [(byte)'d', 0, 0, 0, 38, (byte)'r', .. Number(0x20), .. Number(0x10), .. Number(0x10), .. Number(5), 1],
            writer.Written.ToArray());
    }

    [Theory]
    [InlineData("16/B374D848", 0x16_B374_D848UL)]
    [InlineData("0/0", 0UL)]
    public void Lsn_is_read_and_written(string text, ulong value)
    {
        Assert.True(Lsn.TryParse(text, out var lsn));
        Assert.Equal(new Lsn(value), lsn);
        Assert.Equal(text, lsn.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("/1")]
    [InlineData("1/1/1")]
    [InlineData("-1/1")]
    [InlineData("123456789/0")]
    public void Other_text_is_no_lsn(string text) => Assert.False(Lsn.TryParse(text, out _));

    static byte[] Number(long value)
    {
        var bytes = BitConverter.GetBytes(value);
        Array.Reverse(bytes);
        return bytes;
    }

    static OutputMessage Read(byte[] data, bool isInStream = false) => OutputMessage.Read(data, isInStream);

    static void AssertFault(string expected, byte[] data) =>
        Assert.Equal(expected, Assert.Throws<WireException>(() => OutputMessages.ReadAll(data, false)).Message);
}
