using Foz.Connectors.Changes;
using Foz.Connectors.MySql.Changes;
using Foz.Lake;

namespace Foz.Tests.Connectors.MySql.Changes;

public sealed class BinlogPositionTests
{
    const string First = "3e11fa47-71ca-11e1-9e33-c80aa9429562", Second = "aaaaaaaa-71ca-11e1-9e33-c80aa9429562";

    [Theory]
    [InlineData("mariadb:51:binlog.000001:325:0:0-51-12,1-7-3")]
    [InlineData("mariadb:51:binlog.000001:5000000000:7:")]
    [InlineData("mysql:" + First + ":binlog.000012:4:0:" + First + ":1-5:7," + Second + ":1")]
    public void A_position_is_read_as_it_is_written(string text) =>
        Assert.Equal(text, BinlogPosition.Parse(text).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("postgresql:7/1:0/1:0")]
    [InlineData("mariadb:51:binlog:325:0:")]
    [InlineData("mariadb:51:binlog.000001:-1:0:")]
    [InlineData("mariadb:51:binlog.000001:325:0:x")]
    [InlineData("mysql::binlog.000001:325:0:")]
    public void What_is_no_position_is_an_error(string text)
    {
        var error = Assert.Throws<FozException>(() => BinlogPosition.Parse(text));
        Assert.Contains($"'{text}' is no position", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("binlog.000001:325:0:0-51-12", "binlog.000001:326:0:0-51-13", -1)]
    [InlineData("binlog.000002:4:0:0-51-12", "binlog.000001:5000000000:0:0-51-12", 1)]
    [InlineData("binlog.000001:325:1:0-51-12", "binlog.000001:325:2:0-51-12", -1)]
    [InlineData("binlog.000001:325:0:0-51-12", "binlog.000001:325:0:0-51-12", 0)]
    public void Positions_of_one_server_are_in_the_order_of_its_logs(string first, string second, int sign)
    {
        var order = BinlogPosition.Parse($"mariadb:51:{first}")
            .CompareWith(BinlogPosition.Parse($"mariadb:51:{second}"));
        Assert.Equal(sign, Math.Sign(Assert.IsType<PositionOrder.Ordered>(order).Sign));
    }

    [Theory]
    [InlineData("mariadb:1:b.000009:9:0:0-1-5", "mariadb:2:b.000001:4:0:0-1-7", -1)]
    [InlineData("mariadb:1:b.000001:4:0:0-1-5,1-1-1", "mariadb:2:b.000009:9:0:0-1-5", 1)]
    [InlineData("mysql:a:b.000009:9:0:" + First + ":1-5", "mysql:b:b.000001:9:0:" + First + ":1-6", -1)]
    public void Positions_of_two_servers_are_in_the_order_of_their_transactions(string first, string second, int sign)
    {
        var order = BinlogPosition.Parse(first).CompareWith(BinlogPosition.Parse(second));
        Assert.Equal(sign, Math.Sign(Assert.IsType<PositionOrder.Ordered>(order).Sign));
    }

    [Theory]
    [InlineData("mariadb:1:b.000001:4:0:0-1-5", "mysql:a:b.000001:4:0:")]
    [InlineData("mariadb:1:b.000001:4:0:0-1-5", "mariadb:2:b.000001:4:0:1-1-5")]
    [InlineData("mysql:a:b.000009:9:0:" + First + ":1-5", "mysql:b:b.000001:9:0:" + Second + ":1-6")]
    public void Positions_that_no_log_has_both_of_are_unrelated(string first, string second) =>
        Assert.IsType<PositionOrder.Unrelated>(BinlogPosition.Parse(first).CompareWith(BinlogPosition.Parse(second)));
}
