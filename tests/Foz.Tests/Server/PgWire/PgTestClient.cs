using System.Net;
using System.Net.Sockets;
using System.Text;
using Foz.Wire.PostgreSql;

namespace Foz.Tests.Server.PgWire;

/// <summary>A client that sends and shows messages one by one.</summary>
sealed class PgTestClient : IDisposable
{
    readonly TcpClient tcp = new();
    readonly MessageWriter writer = new();
    byte[] buffer = new byte[1 << 16];
    int start;
    int end;

    PgTestClient()
    {
    }

    /// <summary>What cancels the session's statements.</summary>
    public BackendKeyData? Key { get; private set; }

    /// <summary>The settings that the server reported.</summary>
    public Dictionary<string, string> Settings { get; } = [];

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static async Task<PgTestClient> OpenAsync(IPEndPoint endPoint)
    {
        var client = new PgTestClient();
        await client.tcp.ConnectAsync(endPoint, Cancel);
        return client;
    }

    /// <summary>Begins a session, and waits until it is ready.</summary>
    public static async Task<PgTestClient> LogInAsync(
        IPEndPoint endPoint, string user, string? password, params (string Name, string Value)[] parameters)
    {
        var client = await OpenAsync(endPoint);
        var answers = await client.StartAsync(user, password, parameters);
        Assert.True(answers[^1] == "Z I", string.Join('\n', answers));
        return client;
    }

    /// <summary>Begins a session.</summary>
    /// <returns>What the server says up to where it is ready, or gives up.</returns>
    public async Task<List<string>> StartAsync(
        string user, string? password, params (string Name, string Value)[] parameters)
    {
        await SendAsync(w => new StartupPacket.Startup(
            3, 0,
            [
                new("user", user), new("database", "lake"),
                .. parameters.Select(p => KeyValuePair.Create(p.Name, p.Value)),
            ]).Write(w));
        if (password is null) return await AnswersAsync();
        var (type, payload) = await ReadAsync() ?? ((byte)0, []);
        if (type is not MessageType.Authentication) return [Show(type, payload)];
        var scram = new ScramClient(password, ChannelBinding.None);
        await SendAsync(w => w.WriteSaslInitialResponse(AuthenticationRequest.ScramSha256, scram.First()));
        (type, payload) = await ReadAsync() ?? ((byte)0, []);
        var challenge = Assert.IsType<AuthenticationRequest.SaslContinue>(AuthenticationRequest.Read(payload));
        await SendAsync(w => w.WriteSaslResponse(scram.Final(challenge.Data.Span)));
        return await AnswersAsync();
    }

    /// <summary>Sends messages.</summary>
    public async Task SendAsync(Action<MessageWriter> write)
    {
        write(writer);
        var bytes = writer.Written.ToArray();
        writer.Clear();
        await SendAsync(bytes);
    }

    public async Task SendAsync(byte[] bytes) => await tcp.GetStream().WriteAsync(bytes, Cancel);

    /// <summary>Sends a text of statements.</summary>
    /// <returns>What the server answers.</returns>
    public async Task<List<string>> QueryAsync(string sql)
    {
        await SendAsync(w => w.WriteQuery(sql));
        return await AnswersAsync();
    }

    /// <summary>Sends messages of the extended protocol, and a Sync after them.</summary>
    public async Task<List<string>> ExtendedAsync(Action<MessageWriter> write)
    {
        await SendAsync(w =>
        {
            write(w);
            w.WriteAnswer(MessageType.Sync);
        });
        return await AnswersAsync();
    }

    /// <summary>What the server says up to where it is ready, or closes the connection.</summary>
    public async Task<List<string>> AnswersAsync()
    {
        var answers = new List<string>();
        while (await ReadAsync() is var (type, payload))
        {
            if (type is MessageType.ParameterStatus) Note(ParameterStatus.Read(payload));
            else if (type is MessageType.BackendKeyData) Key = BackendKeyData.Read(payload);
            else if (type is MessageType.Authentication) continue;
            else answers.Add(Show(type, payload));
            if (type is MessageType.ReadyForQuery) break;
        }

        return answers;
    }

    /// <summary>The next message; null where the server has closed the connection.</summary>
    public async Task<(byte Type, byte[] Payload)?> ReadAsync()
    {
        int? length;
        while ((length = Message.LengthOf(buffer.AsSpan(start, end - start))) is null || length > end - start)
        {
            if (start > 0) buffer.AsSpan(start, end - start).CopyTo(buffer);
            (start, end) = (0, end - start);
            if (length > buffer.Length) Array.Resize(ref buffer, length.Value);
            int read;
            try
            {
                read = await tcp.GetStream().ReadAsync(buffer.AsMemory(end), Cancel);
            }
            catch (IOException)
            {
                return null;
            }

            if (read == 0) return null;
            end += read;
        }

        var message = buffer.AsSpan(start, length.Value).ToArray();
        start += length.Value;
        return (message[0], message[Message.HeaderBytes..]);
    }

    /// <summary>Says that nothing more comes, and reads until the server closes the connection.</summary>
    public async Task FinishAsync()
    {
        tcp.Client.Shutdown(SocketShutdown.Send);
        while (await ReadAsync() is not null)
        {
            // Whatever it says: it has to end.
        }
    }

    /// <summary>The next byte, which is no message: the answer to a request for encryption.</summary>
    public async Task<char> ReadByteAsync()
    {
        var answer = new byte[1];
        await tcp.GetStream().ReadExactlyAsync(answer, Cancel);
        return (char)answer[0];
    }

    public void Dispose()
    {
        tcp.LingerState = new(enable: true, seconds: 0);
        tcp.Dispose();
    }

    /// <summary>A message as tests show it: its letter and what matters of it.</summary>
    static string Show(byte type, byte[] payload) => type switch
    {
        MessageType.DataRow => $"D {Row(payload)}",
        MessageType.RowDescription =>
            $"T {string.Join(", ", RowDescription.Read(payload).Select(c => $"{c.Name}:{c.TypeOid}"))}",
        MessageType.CommandComplete => $"C {FrontendMessages.ReadText(payload)}",
        MessageType.ReadyForQuery => $"Z {(char)payload[0]}",
        MessageType.ErrorResponse => Error(ServerMessage.Read(payload)),
        MessageType.CopyData => $"d {Encoding.Latin1.GetString(payload)}",
        _ => $"{(char)type}",
    };

    static string Error(ServerMessage error) =>
        $"E {error.Severity} "
            + $"{error.SqlState}{(error.Others.TryGetValue('P', out var position) ? $" at {position}" : "")} "
            + $"{error.Text}";

    static string Row(byte[] payload)
    {
        var tuple = new TupleReader(payload);
        var values = new string[tuple.ValueCount];
        foreach (ref var value in values.AsSpan())
            value = tuple.TryReadValue(out var bytes)
                ? bytes.ContainsAnyInRange((byte)0, (byte)31)
                    ? Convert.ToHexStringLower(bytes)
                    : Encoding.UTF8.GetString(bytes)
                : "NULL";
        return string.Join('|', values);
    }

    void Note(ParameterStatus status) => Settings[status.Name] = status.Value;
}
