using System.Net.Sockets;
using Foz.Wire.PostgreSql;

namespace Foz.Tests.Server.PgWire;

public sealed class PgFuzzTests
{
    const int Connections = 150;
    const int SoakConnections = 100_000;

    static readonly string[] Texts =
        ["select 1", "select $1", "begin", "commit", "copy (select 1) to stdout", "fetch all from c", "selec", "'", "select 1; select 2", "\u00E7"];

    [Fact]
    public async Task Malformed_and_unordered_messages_end_in_an_error_or_a_closed_connection()
    {
        var seed = Random.Shared.Next();
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var random = new Random(seed);
        await using var server = await PgTestServer.StartAsync(isOpen: true);
        var connections = Environment.GetEnvironmentVariable("FOZ_SOAK") is "1" ? SoakConnections : Connections;
        for (var i = 0; i < connections; i++)
        {
            using var client = await PgTestClient.OpenAsync(server.EndPoint);
            var messages = Messages(random, isSession: i % 2 == 0);
            try
            {
                // Half of them begin as a client does, the others with anything.
                if (i % 2 == 0) await client.StartAsync("ana", password: null);
                await client.SendAsync(messages);
                if (i % 4 > 1) await client.FinishAsync().WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
            }
            catch (Exception e) when (e is IOException or SocketException or InvalidOperationException)
            {
                // Closed ahead of the last byte.
            }
        }
        await server.WaitUntilIdleAsync();
        using var last = await PgTestClient.LogInAsync(server.EndPoint, "ana", password: null);
        Assert.Equal("D 1", (await last.QueryAsync("select 1"))[1]);
        Assert.DoesNotContain("failed inside of Foz", server.Log.ToString(), StringComparison.Ordinal);
    }

    static byte[] Messages(Random random, bool isSession)
    {
        var writer = new MessageWriter();
        for (var i = random.Next(1, 12); i > 0; i--) Write(writer, random);
        writer.WriteAnswer(MessageType.Sync);
        writer.WriteTerminate();
        var bytes = writer.Written.ToArray();
        // Some of the bytes change, and some are lost at the end.
        for (var changes = random.Next(4); changes > 0; changes--) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
        return isSession && random.Next(3) > 0 ? bytes : bytes[..random.Next(1, bytes.Length)];
    }

    static void Write(MessageWriter writer, Random random)
    {
        var text = Texts[random.Next(Texts.Length)];
        switch (random.Next(11))
        {
            case 0: writer.WriteQuery(text); break;
            case 1: new ParseMessage(Name(random), text, [.. Enumerable.Range(0, random.Next(3)).Select(_ => (uint)random.Next(3000))]).Write(writer); break;
            case 2:
                new BindMessage(
                    Name(random), Name(random), [], [.. Enumerable.Range(0, random.Next(3)).Select(_ => RandomBytes(random))],
                    [(ValueFormat)random.Next(2)]).Write(writer);
                break;
            case 3: new NamedMessage(random.Next(2) == 0 ? DescribedKind.Portal : DescribedKind.Statement, Name(random)).Write(writer, MessageType.Describe); break;
            case 4: new ExecuteMessage(Name(random), random.Next(-2, 3)).Write(writer); break;
            case 5: new NamedMessage(random.Next(2) == 0 ? DescribedKind.Portal : DescribedKind.Statement, Name(random)).Write(writer, MessageType.Close); break;
            case 6: writer.WriteAnswer(MessageType.Flush); break;
            case 7: writer.WriteAnswer(MessageType.Sync); break;
            case 8: writer.WriteCopyData(RandomBytes(random) ?? []); break;
            case 9: writer.WritePassword(text); break;
            default: writer.WriteBytes(RandomBytes(random) ?? []); break;
        }
    }

    static string Name(Random random) => random.Next(3) switch { 0 => "", 1 => "a", _ => "b" };

    static byte[]? RandomBytes(Random random)
    {
        if (random.Next(4) == 0) return null;
        var bytes = new byte[random.Next(20)];
        random.NextBytes(bytes);
        return bytes;
    }
}
