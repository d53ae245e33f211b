using System.Text;
using Foz.Wire.PostgreSql;

namespace Foz.Tests.Server.PgWire;

public sealed class CopyReceiverTests
{
    const string Copy = "copy silver.orders (id, name) from stdin";
    const string Count = "select count(*) as n from silver.orders";

    [Fact]
    public async Task Rows_of_the_simple_protocol_are_taken_up_to_CopyDone()
    {
        await using var server = await PgTestServer.StartAsync();
        using var client = await server.ConnectAsync();
        await client.SendAsync(w =>
        {
            w.WriteQuery($"{Copy}; {Count}");
            w.WriteCopyData("6\tf\n7"u8);
            w.WriteAnswer(MessageType.Sync);
            w.WriteCopyData("\tg\n"u8);
            w.WriteCopyDone();
        });
        Assert.Equal(["G", "C COPY 2", "T n:20", "D 7", "C SELECT 1", "Z I"], await client.AnswersAsync());
    }

    [Fact]
    public async Task A_client_that_gives_up_has_written_nothing()
    {
        await using var server = await PgTestServer.StartAsync();
        using var client = await server.ConnectAsync();
        await client.SendAsync(w =>
        {
            w.WriteQuery(Copy);
            w.WriteCopyData("6\tf\n"u8);
            w.Begin(MessageType.CopyFail);
            w.WriteString("no more");
            w.End();
        });
        Assert.Equal(["G", "E ERROR 57014 COPY from stdin failed: no more", "Z I"], await client.AnswersAsync());
        Assert.Equal(["T n:20", "D 5", "C SELECT 1", "Z I"], await client.QueryAsync(Count));
    }

    [Fact]
    public async Task What_is_sent_behind_a_fault_is_passed_over()
    {
        await using var server = await PgTestServer.StartAsync();
        using var client = await server.ConnectAsync();
        await client.SendAsync(w =>
        {
            w.WriteQuery(Copy);
            w.WriteCopyData("x\tf\n"u8);
            w.WriteCopyData("6\tf\n"u8);
            w.WriteCopyDone();
            w.WriteQuery(Count);
        });
        Assert.Equal(
            ["G", "E ERROR 22P02 invalid input syntax for type bigint: \"x\"", "Z I"], await client.AnswersAsync());
        Assert.Equal(["T n:20", "D 5", "C SELECT 1", "Z I"], await client.AnswersAsync());
    }

    [Fact]
    public async Task Rows_of_the_extended_protocol_are_taken_and_faults_skip_to_Sync()
    {
        await using var server = await PgTestServer.StartAsync();
        using var client = await server.ConnectAsync();
        Assert.Equal(["1", "2", "n", "G", "C COPY 1", "Z I"], await client.ExtendedAsync(w => Send(w, "6\tf\n")));
        Assert.Equal(
            ["1", "2", "n", "G", "E ERROR 22P04 missing data for column \"name\"", "Z I"],
            await client.ExtendedAsync(w => Send(w, "7\n")));
        Assert.Equal(["T n:20", "D 6", "C SELECT 1", "Z I"], await client.QueryAsync(Count));

        static void Send(MessageWriter w, string rows)
        {
            new ParseMessage("", Copy, []).Write(w);
            new BindMessage("", "", [], [], []).Write(w);
            new NamedMessage(DescribedKind.Portal, "").Write(w, MessageType.Describe);
            new ExecuteMessage("", 0).Write(w);
            w.WriteCopyData(Encoding.UTF8.GetBytes(rows));
            w.WriteCopyDone();
        }
    }

    [Fact]
    public async Task A_copy_that_waits_for_rows_is_canceled_and_the_session_goes_on()
    {
        await using var server = await PgTestServer.StartAsync();
        using var client = await server.ConnectAsync(("statement_timeout", "300ms"));
        await client.SendAsync(w => w.WriteQuery(Copy));
        Assert.Equal(
            ["E ERROR 57014 canceling statement due to statement timeout", "Z I"],
            (await client.AnswersAsync()).Where(a => a != "G"));
        await client.SendAsync(w =>
        {
            w.WriteCopyData("6\tf\n"u8);
            w.WriteCopyDone();
            w.WriteQuery("set statement_timeout = 0");
        });
        Assert.Equal(["C SET", "Z I"], await client.AnswersAsync());
        Assert.Equal(["T n:20", "D 5", "C SELECT 1", "Z I"], await client.QueryAsync(Count));
    }

    [Fact]
    public async Task Another_message_ends_a_copy()
    {
        await using var server = await PgTestServer.StartAsync();
        using var client = await server.ConnectAsync();
        await client.SendAsync(w =>
        {
            w.WriteQuery(Copy);
            w.WriteQuery("select 1");
        });
        Assert.Equal(
            ["G", "E ERROR 08P01 unexpected message type 0x51 during COPY from stdin", "Z I"],
            await client.AnswersAsync());
    }
}
