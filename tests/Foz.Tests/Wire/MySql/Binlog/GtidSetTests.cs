using Foz.Wire;
using Foz.Wire.MySql.Binlog;

namespace Foz.Tests.Wire.MySql.Binlog;

public sealed class GtidSetTests
{
    const string Other = "aaaaaaaa-71ca-11e1-9e33-c80aa9429562";

    [Theory]
    [InlineData("", "")]
    [InlineData(Events.Uuid + ":1-5:7", Events.Uuid + ":1-5:7")]
    [InlineData(Events.Uuid + ":7:1-3:4-5", Events.Uuid + ":1-5:7")]
    [InlineData(Other + ":1,\n" + Events.Uuid + ":2-2", Events.Uuid + ":2," + Other + ":1")]
    public void A_set_is_read_and_written(string text, string expected)
    {
        Assert.True(GtidSet.TryParse(text, out var set));
        Assert.Equal(expected, set.ToString());
        Assert.Equal(expected.Length == 0, set.IsEmpty);
    }

    [Theory]
    [InlineData("x")]
    [InlineData(Events.Uuid)]
    [InlineData(Events.Uuid + ":0")]
    [InlineData(Events.Uuid + ":5-3")]
    [InlineData(Events.Uuid + ":1-")]
    [InlineData(Events.Uuid + ":tag:1")]
    public void What_is_no_set_is_not_read(string text) => Assert.False(GtidSet.TryParse(text, out _));

    [Fact]
    public void Transactions_join_to_intervals()
    {
        var server = Guid.Parse(Events.Uuid);
        var set = GtidSet.Empty;
        foreach (var number in (ulong[])[5, 1, 3, 2, 4, 4, 9]) set = set.Add(server, number);
        Assert.Equal($"{Events.Uuid}:1-5:9", set.ToString());
        Assert.True(GtidSet.TryParse($"{Events.Uuid}:2-4:9", out var part));
        Assert.True(set.Contains(part));
        Assert.False(part.Contains(set));
        Assert.False(set.Contains(part.Add(Guid.Parse(Other), 1)));
        Assert.NotEqual(set, part);
        Assert.Equal(set, part.Add(server, 1).Add(server, 5));
    }

    [Fact]
    public void A_set_is_sent_as_it_is_received()
    {
        Assert.True(GtidSet.TryParse($"{Events.Uuid}:1-5:9,{Other}:3", out var set));
        var packet = ReplicaPackets.DumpGtid(7, set);
        const int SetAt = 1 + 2 + 4 + 4 + 8 + 4;
        var received = Events.Make(BinlogEventType.PreviousGtids, packet[SetAt..]);
        Assert.Equal(set, GtidSet.Read(BinlogEvent.Read(received, hasChecksum: true)));
        Assert.Equal(packet.Length - SetAt, BitConverter.ToInt32(packet, SetAt - 4));
    }

    [Fact]
    public void An_interval_without_transactions_is_malformed()
    {
        var data = Events.Make(
            BinlogEventType.PreviousGtids,
            Events.Content(writer =>
            {
                writer.Write(1UL);
                writer.Write(Guid.Parse(Events.Uuid).ToByteArray(bigEndian: true));
                writer.Write(1UL);
                writer.Write(5UL);
                writer.Write(5UL);
            }));
        Assert.Throws<WireException>(() => GtidSet.Read(BinlogEvent.Read(data, hasChecksum: true)));
    }
}
