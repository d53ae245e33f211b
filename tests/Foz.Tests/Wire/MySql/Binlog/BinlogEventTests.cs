using System.Buffers.Binary;
using Foz.Wire;
using Foz.Wire.MySql.Binlog;

namespace Foz.Tests.Wire.MySql.Binlog;

public sealed class BinlogEventTests
{
    [Fact]
    public void A_header_says_what_the_event_is()
    {
        var read = BinlogEvent.Read(Events.Make(BinlogEventType.Xid, new byte[8], flags: 0x20), hasChecksum: true);
        Assert.Equal(BinlogEventType.Xid, read.Type);
        Assert.Equal(1_700_000_000u, read.Timestamp);
        Assert.Equal(Events.ServerId, read.ServerId);
        Assert.Equal(4711u, read.EndsAt);
        Assert.Equal(31, read.Size);
        Assert.Equal(8, read.Body.Length);
        Assert.True(read.IsArtificial);
        Assert.False(read.IsIgnorable);
    }

    [Fact]
    public void Every_changed_byte_breaks_the_checksum()
    {
        var data = Events.Make(BinlogEventType.Xid, new byte[8]);
        for (var i = 0; i < data.Length; i++)
        {
            if (i is 4 or >= 9 and < 13) continue;
            var changed = (byte[])data.Clone();
            changed[i] ^= 0x10;
            var error = Assert.Throws<WireException>(() => { _ = BinlogEvent.Read(changed, hasChecksum: true); });
            Assert.Equal("Xid: its checksum is wrong", error.Message);
        }
    }

    [Fact]
    public void A_size_that_is_not_the_packets_is_malformed()
    {
        var data = Events.Make(BinlogEventType.Xid, new byte[8]);
        data[9]++;
        Assert.Equal(
            "an event: its header states 32 bytes, not 31",
            Assert.Throws<WireException>(() => { _ = BinlogEvent.Read(data, true); }).Message);
        Assert.Equal(
            "an event: it has 18 bytes, fewer than a header",
            Assert.Throws<WireException>(() => { _ = BinlogEvent.Read(data.AsSpan(0, 18), true); }).Message);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_rotation_before_the_format_has_a_checksum_or_none(bool hasChecksum)
    {
        var body = Events.Content(writer =>
        {
            writer.Write(4UL);
            writer.Write("binlog.000012"u8);
        });
        var data = Events.Make(BinlogEventType.Rotate, body, hasChecksum);
        Assert.Equal(new RotateEvent(4, "binlog.000012"), RotateEvent.Read(BinlogEvent.Read(data, hasChecksum: null)));
    }

    [Fact]
    public void The_format_names_server_and_checksum()
    {
        Assert.Equal(
            new FormatDescriptionEvent("8.0.36", HasChecksum: true),
            FormatDescriptionEvent.Read(BinlogEvent.Read(Events.Format(), hasChecksum: null)));
        var without = FormatDescriptionEvent.Read(
            BinlogEvent.Read(Events.Format("10.11.6-MariaDB-log", checksum: 0), hasChecksum: null));
        Assert.Equal((true, false), (without.IsMariaDb, without.HasChecksum));
    }

    [Fact]
    public void The_checksum_of_a_format_leaves_out_the_flag_of_a_file_in_use()
    {
        var data = Events.Format();
        data[17] |= 1;
        Assert.True(FormatDescriptionEvent.Read(BinlogEvent.Read(data, hasChecksum: null)).HasChecksum);
        data[30] ^= 1;
        Assert.Throws<WireException>(() => { _ = BinlogEvent.Read(data, hasChecksum: null); });
    }

    [Theory]
    [InlineData(BinlogEventType.Query)]
    [InlineData(BinlogEventType.QueryCompressed)]
    public void A_statement_has_its_database(BinlogEventType type)
    {
        var text = "ALTER TABLE tëst ADD c INT" + new string(' ', 300);
        Assert.Equal(
            new QueryEvent("shop", text),
            QueryEvent.Read(BinlogEvent.Read(Events.Query("shop", text, type), hasChecksum: true)));
    }

    [Fact]
    public void A_compressed_statement_that_lies_about_its_length_is_malformed()
    {
        var data = Events.Query("shop", new string('x', 400), BinlogEventType.QueryCompressed);
        // Length, and after it the bytes of zlib.
        var at = data.AsSpan().IndexOf((byte)0x82) + 1;
        foreach (var (high, low) in ((byte, byte)[])[(1, 0x8F), (1, 0x91), (255, 255)])
        {
            (data[at], data[at + 1]) = (high, low);
            BinaryPrimitives.WriteUInt32LittleEndian(
                data.AsSpan(data.Length - 4), System.IO.Hashing.Crc32.HashToUInt32(data.AsSpan(0, data.Length - 4)));
            Assert.Throws<WireException>(() => { _ = QueryEvent.Read(BinlogEvent.Read(data, hasChecksum: true)); });
        }
    }

    [Fact]
    public void Identifiers_of_MariaDB_name_their_kind()
    {
        var data = Events.Make(
            BinlogEventType.MariaGtid,
            Events.Content(writer =>
            {
                writer.Write(100UL);
                writer.Write(3u);
                writer.Write((byte)1);
                writer.Write(new byte[6]);
            }));
        var read = MariaGtidEvent.Read(BinlogEvent.Read(data, hasChecksum: true));
        Assert.Equal(new MariaGtid(3, Events.ServerId, 100), read.Gtid);
        Assert.Equal((true, false, false), (read.IsStandalone, read.IsPrepared, read.IsCompleted));
        Assert.Equal("3-51-100", read.Gtid.ToString());
        Assert.True(MariaGtid.TryParse("3-51-100", out var parsed));
        Assert.Equal(read.Gtid, parsed);
        Assert.All(["", "1-2", "1-2-3-4", "1-2-x", "-1-2-3"], text => Assert.False(MariaGtid.TryParse(text, out _)));
    }

    [Fact]
    public void A_list_of_identifiers_of_MariaDB_is_bounded()
    {
        byte[] List(uint count) => Events.Make(
            BinlogEventType.MariaGtidList,
            Events.Content(writer =>
            {
                writer.Write(count | 0x1000_0000u);
                writer.Write(0u);
                writer.Write(51u);
                writer.Write(7UL);
            }));
        Assert.Equal(
            [new MariaGtid(0, 51, 7)], MariaGtidListEvent.Read(BinlogEvent.Read(List(1), hasChecksum: true)).Gtids);
        Assert.Throws<WireException>(
            () => MariaGtidListEvent.Read(BinlogEvent.Read(List(0x0FFF_FFFF), hasChecksum: true)));
    }

    [Fact]
    public void Identifiers_of_MySQL_have_the_time_of_the_commit()
    {
        var read = GtidEvent.Read(BinlogEvent.Read(Events.MySqlGtid(23, 1_700_000_000_123_456), hasChecksum: true));
        Assert.Equal(new GtidEvent(Guid.Parse(Events.Uuid), 23, 1_700_000_000_123_456), read);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_payload_has_the_events_of_a_transaction(bool isCompressed)
    {
        byte[] events =
        [
            .. Events.Make(BinlogEventType.Query, new byte[9000], hasChecksum: false),
            .. Events.Make(BinlogEventType.Xid, new byte[8], hasChecksum: false),
        ];
        using var payload = TransactionPayload.Open(
            BinlogEvent.Read(Events.Payload(events, isCompressed), hasChecksum: true));
        Assert.True(payload.TryRead(out var read));
        Assert.Equal((BinlogEventType.Query, 9000), (read.Type, read.Body.Length));
        Assert.True(payload.TryRead(out read));
        Assert.Equal((BinlogEventType.Xid, 8), (read.Type, read.Body.Length));
        Assert.False(payload.TryRead(out _));
    }

    [Fact]
    public void A_payload_that_ends_in_an_event_is_malformed()
    {
        var events = Events.Make(BinlogEventType.Query, new byte[90], hasChecksum: false)[..^1];
        using var payload = TransactionPayload.Open(
            BinlogEvent.Read(Events.Payload(events, isCompressed: false), hasChecksum: true));
        Assert.Throws<WireException>(() => { payload.TryRead(out _); });
    }
}
