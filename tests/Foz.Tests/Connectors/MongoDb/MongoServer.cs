using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Foz.Wire;
using Foz.Wire.PostgreSql;
using MongoDB.Bson;
using MongoDB.Bson.Serialization;

namespace Foz.Tests.Connectors.MongoDb;

/// <summary>What a test's server does instead of answering a command.</summary>
sealed record MongoFault
{
    /// <summary>Whether the connection is cut, in the middle of the answer.</summary>
    public static MongoFault Cut { get; } = new();

    /// <summary>Whether nothing is sent.</summary>
    public bool Hangs { get; init; }

    /// <summary>The error that is answered; null for none.</summary>
    public MongoServerError? Error { get; init; }
}

/// <summary>
/// A server on the loopback address that speaks MongoDB's protocol (OP_MSG, and OP_QUERY for the first greeting), as
/// its public documentation describes it. It is no MongoDB: it knows the commands that the source sends.
/// </summary>
sealed class MongoServer : IDisposable
{
    const int HeaderBytes = 16, OpReply = 1, OpQuery = 2004, OpMsg = 2013;
    readonly TcpListener listener = new(IPAddress.Loopback, 0);
    readonly CancellationTokenSource stop = new();
    readonly MongoCommands commands;
    int requests;

    public MongoServer(MongoCommands commands)
    {
        this.commands = commands;
        listener.Start();
        _ = AcceptAsync();
    }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    /// <summary>The address, with a short wait for a server.</summary>
    public string Url => $"mongodb://127.0.0.1:{Port}/shop";

    /// <summary>The user and the password that may log in; null where none is needed.</summary>
    public (string User, string Password)? LogIn { get; init; }

    /// <summary>What goes wrong with a command; null where nothing does.</summary>
    public Func<BsonDocument, MongoFault?> Fault { get; set; } = static _ => null;

    /// <summary>All commands but those of the driver's own watch.</summary>
    public ConcurrentQueue<BsonDocument> Commands { get; } = [];

    public void Dispose()
    {
        stop.Cancel();
        listener.Dispose();
        stop.Dispose();
    }

    async Task AcceptAsync()
    {
        try
        {
            while (true) _ = ServeAsync(await listener.AcceptTcpClientAsync(stop.Token));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    async Task ServeAsync(TcpClient client)
    {
        using var _ = client;
        var session = new Session(LogIn is null);
        try
        {
            var stream = client.GetStream();
            var header = new byte[HeaderBytes];
            while (true)
            {
                await stream.ReadExactlyAsync(header, stop.Token);
                var body = new byte[BinaryPrimitives.ReadInt32LittleEndian(header) - HeaderBytes];
                await stream.ReadExactlyAsync(body, stop.Token);
                var isQuery = BinaryPrimitives.ReadInt32LittleEndian(header.AsSpan(12)) == OpQuery;
                var command = isQuery ? OfQuery(body) : OfMessage(body);
                var isWatch = command.GetElement(0).Name.ToLowerInvariant() is "hello" or "ismaster";
                if (!isWatch) Commands.Enqueue(command);
                var fault = isWatch ? null : Fault(command);
                if (fault is { Hangs: true }) await Task.Delay(Timeout.Infinite, stop.Token);
                var answer = fault?.Error is { } error ? ErrorOf(error) : Answer(session, command);
                var message = Message(BinaryPrimitives.ReadInt32LittleEndian(header.AsSpan(4)), isQuery, answer);
                if (ReferenceEquals(fault, MongoFault.Cut))
                {
                    await stream.WriteAsync(message.AsMemory(0, message.Length / 2), stop.Token);
                    return;
                }
                await stream.WriteAsync(message, stop.Token);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The other side is gone, or the test is over.
        }
    }

    byte[] Answer(Session session, BsonDocument command)
    {
        try
        {
            var name = command.GetElement(0).Name;
            return name.ToLowerInvariant() switch
            {
                "hello" or "ismaster" => Hello(command).ToBson(),
                "saslstart" => SaslStart(session, command).ToBson(),
                "saslcontinue" => SaslContinue(session, command).ToBson(),
                _ when !session.IsLoggedIn =>
                    throw new MongoServerError(13, "Unauthorized", $"Command {name} requires authentication"),
                _ => commands.Answer(command),
            };
        }
        catch (MongoServerError e)
        {
            return ErrorOf(e);
        }
    }

    static byte[] ErrorOf(MongoServerError error) => new BsonDocument
    {
        ["ok"] = 0.0, ["errmsg"] = error.Message, ["code"] = error.Code, ["codeName"] = error.Name,
    }.ToBson();

    BsonDocument Hello(BsonDocument command)
    {
        var answer = new BsonDocument
        {
            ["helloOk"] = true, ["ismaster"] = true, ["isWritablePrimary"] = true, ["maxBsonObjectSize"] = 16 << 20,
            ["maxMessageSizeBytes"] = 48_000_000, ["maxWriteBatchSize"] = 100_000, ["localTime"] = new BsonDateTime(0),
            ["logicalSessionTimeoutMinutes"] = 30, ["connectionId"] = 1, ["minWireVersion"] = 0,
            ["maxWireVersion"] = 21, ["readOnly"] = false, ["ok"] = 1.0,
        };
        if (command.Contains("saslSupportedMechs")) answer["saslSupportedMechs"] = new BsonArray { "SCRAM-SHA-256" };
        return answer;
    }

    BsonDocument SaslStart(Session session, BsonDocument command)
    {
        var first = command["payload"].AsByteArray;
        var user = LogIn?.User ?? "";
        if (command["mechanism"] != "SCRAM-SHA-256"
            || !Encoding.UTF8.GetString(first).StartsWith($"n,,n={user},", StringComparison.Ordinal)) throw Refused();
        session.Scram = new ScramServer(ScramVerifier.Of(LogIn!.Value.Password, iterations: 4096));
        return new()
        {
            ["conversationId"] = 1, ["done"] = false, ["payload"] = session.Scram.First(first),
            ["ok"] = 1.0
        };
    }

    static BsonDocument SaslContinue(Session session, BsonDocument command)
    {
        try
        {
            var last = session.Scram!.Final(command["payload"].AsByteArray);
            session.IsLoggedIn = true;
            return new() { ["conversationId"] = 1, ["done"] = true, ["payload"] = last, ["ok"] = 1.0 };
        }
        catch (WireException)
        {
            throw Refused();
        }
    }

    static MongoServerError Refused() => new(18, "AuthenticationFailed", "Authentication failed.");

    static BsonDocument OfQuery(byte[] body)
    {
        var name = Array.IndexOf(body, (byte)0, sizeof(int));
        return BsonSerializer.Deserialize<BsonDocument>(body[(name + 1 + 2 * sizeof(int))..]);
    }

    /// <summary>The command of a message, which has it as its section of kind 0.</summary>
    static BsonDocument OfMessage(byte[] body)
    {
        Assert.Equal(0, body[sizeof(int)]);
        return BsonSerializer.Deserialize<BsonDocument>(body[(sizeof(int) + 1)..]);
    }

    byte[] Message(int request, bool isQuery, byte[] answer)
    {
        using var message = new MemoryStream();
        using var writer = new BinaryWriter(message);
        writer.Write(0);
        writer.Write(Interlocked.Increment(ref requests));
        writer.Write(request);
        writer.Write(isQuery ? OpReply : OpMsg);
        writer.Write(0);
        if (isQuery)
        {
            writer.Write(0L);
            writer.Write(0);
            writer.Write(1);
        }
        else
        {
            writer.Write((byte)0);
        }
        writer.Write(answer);
        writer.Seek(0, SeekOrigin.Begin);
        writer.Write((int)message.Length);
        return message.ToArray();
    }

    sealed class Session(bool isLoggedIn)
    {
        public bool IsLoggedIn { get; set; } = isLoggedIn;

        public ScramServer? Scram { get; set; }
    }
}
