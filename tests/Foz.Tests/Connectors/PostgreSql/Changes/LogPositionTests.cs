using Foz.Connectors.Changes;
using Foz.Connectors.PostgreSql.Changes;
using Foz.Lake;
using Foz.Wire.PostgreSql.Replication;

namespace Foz.Tests.Connectors.PostgreSql.Changes;

public sealed class LogPositionTests
{
    static readonly LogPosition Position = new(new LogHistory(7_423_000_000_000_000_001, 2), new Lsn(0x16_B374_D848), 5);

    [Fact]
    public void Text_of_a_position_is_read_back()
    {
        const string Text = "postgresql:7423000000000000001/2:16/B374D848:5";
        Assert.Equal(Text, Position.ToString());
        Assert.Equal(Position, LogPosition.Parse(Text));
    }

    [Theory]
    [InlineData("")]
    [InlineData("16/B374D848")]
    [InlineData("mysql:7423000000000000001/2:16/B374D848:5")]
    [InlineData("postgresql:7423000000000000001:16/B374D848:5")]
    [InlineData("postgresql:-1/2:16/B374D848:5")]
    [InlineData("postgresql:1/2:16/B374D848:5:6")]
    public void Other_text_is_no_position(string text) =>
        Assert.Equal(ErrorKind.Data, Assert.Throws<FozException>(() => LogPosition.Parse(text)).Kind);

    [Fact]
    public void Only_positions_of_one_history_have_an_order()
    {
        Assert.Equal(new PositionOrder.Ordered(0), Position.CompareWith(Position with { }));
        Assert.Equal(-1, Sign(Position.CompareWith(Position with { Ordinal = 6 })));
        Assert.Equal(1, Sign(Position.CompareWith(Position with { Lsn = new Lsn(1), Ordinal = 99 })));
        Assert.Equal(
            "one is on timeline 2, the other on 3",
            Reason(Position.CompareWith(Position with { History = Position.History with { Timeline = 3 } })));
        Assert.Equal(
            "one is of the server 7423000000000000001, the other of 1",
            Reason(Position.CompareWith(Position with { History = new LogHistory(1, 2) })));
    }

    /// <summary>Whether a server's log continues from a position, by system, timeline and end.</summary>
    [Theory]
    [InlineData(1UL, 2U, 0x100UL, "", null)]
    [InlineData(9UL, 2U, 0x100UL, "", ChangeGapKind.OtherServer)]
    [InlineData(1UL, 1U, 0x100UL, "", ChangeGapKind.ServerBehind)]
    [InlineData(1UL, 2U, 0x4FUL, "", ChangeGapKind.ServerBehind)]
    [InlineData(1UL, 3U, 0x100UL, "1\t0/10\tno\n2\t0/50\tpromoted\n", null)]
    [InlineData(1UL, 3U, 0x100UL, "2\t0/4F\tpromoted\n", ChangeGapKind.HistoryParted)]
    [InlineData(1UL, 3U, 0x100UL, "1\t0/90\tpromoted\n", ChangeGapKind.HistoryParted)]
    public void A_server_proves_that_its_log_continues(
        ulong systemId, uint timeline, ulong current, string timelines, ChangeGapKind? expected)
    {
        var from = new LogPosition(new LogHistory(1, 2), new Lsn(0x50), 0);
        var server = new ServerHistory(new LogHistory(systemId, timeline), new Lsn(current));
        Assert.Equal(expected, server.Gap(from, timelines)?.Kind);
    }

    static int Sign(PositionOrder order) => Assert.IsType<PositionOrder.Ordered>(order).Sign;

    static string Reason(PositionOrder order) => Assert.IsType<PositionOrder.Unrelated>(order).Reason;
}
