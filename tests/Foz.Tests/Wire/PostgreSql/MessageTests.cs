using Foz.Wire;
using Foz.Wire.PostgreSql;

namespace Foz.Tests.Wire.PostgreSql;

public sealed class MessageTests
{
    const int FuzzRounds = 20_000;

    delegate void Reader(ReadOnlySpan<byte> payload);

    static readonly Reader[] Readers =
    [
        p => ParameterStatus.Read(p),
        p => BackendKeyData.Read(p),
        p => StatementEnd.ReadReadyForQuery(p),
        p => StatementEnd.ReadRowCount(p),
        p => CopyOutResponse.Read(p),
        p => RowDescription.Read(p),
        p => ServerMessage.Read(p),
        p => AuthenticationRequest.Read(p),
        p => FrontendMessages.ReadText(p),
        p => FrontendMessages.ReadSaslInitialResponse(p, out _),
        p => StartupPacket.TryRead(p, out _),
        p => BinaryCopy.ReadHeader(p),
        p => Message.TryRead(p, out _),
        ReadTuple,
        ReadArray,
        ReadNumeric,
    ];

    public static TheoryData<StartupPacket> StartupPackets { get; } =
    [
        new StartupPacket.SslRequest(),
        new StartupPacket.GssEncryptionRequest(),
        new StartupPacket.Cancel(new BackendKeyData(42, [1, 2, 3, 4])),
    ];

    public static TheoryData<AuthenticationRequest> AuthenticationRequests { get; } =
    [
        new AuthenticationRequest.Ok(),
        new AuthenticationRequest.CleartextPassword(),
        new AuthenticationRequest.Other(7),
    ];

    [Theory]
    [MemberData(nameof(StartupPackets))]
    public void First_packet_is_read_back(StartupPacket packet)
    {
        var bytes = Write(packet.Write);
        Assert.Equal(bytes.Length, StartupPacket.TryRead(bytes, out var read));
        Assert.Equal(packet, read);
        for (var length = 0; length < bytes.Length; length++)
            Assert.Equal(0, StartupPacket.TryRead(bytes.AsSpan(0, length), out _));
    }

    [Fact]
    public void Start_of_a_session_is_read_back()
    {
        var startup = new StartupPacket.Startup(3, 0, [new("user", "ana"), new("database", "loja ☂")]);
        StartupPacket.TryRead(Write(startup.Write), out var read);
        var back = Assert.IsType<StartupPacket.Startup>(read);
        Assert.Equal((3, 0), (back.MajorVersion, back.MinorVersion));
        Assert.Equal(startup.Parameters, back.Parameters);
    }

    [Theory]
    [MemberData(nameof(AuthenticationRequests))]
    public void Authentication_is_read_back(AuthenticationRequest request) =>
        Assert.Equal(request, AuthenticationRequest.Read(Payload(request.Write)));

    [Fact]
    public void Steps_of_authentication_are_read_back()
    {
        var sasl = new AuthenticationRequest.Sasl([AuthenticationRequest.ScramSha256Plus, "SCRAM-SHA-256"]);
        Assert.Equal(
            sasl.Mechanisms,
            Assert.IsType<AuthenticationRequest.Sasl>(AuthenticationRequest.Read(Payload(sasl.Write))).Mechanisms);
        var md5 = new AuthenticationRequest.Md5PasswordRequest(new byte[] { 1, 2, 3, 4 });
        Assert.Equal(
            [1, 2, 3, 4],
            Assert.IsType<AuthenticationRequest.Md5PasswordRequest>(
                AuthenticationRequest.Read(Payload(md5.Write))).Salt.ToArray());
        var next = new AuthenticationRequest.SaslContinue("r=abc"u8.ToArray());
        Assert.Equal(
            next.Data.ToArray(),
            Assert.IsType<AuthenticationRequest.SaslContinue>(
                AuthenticationRequest.Read(Payload(next.Write))).Data.ToArray());
        var last = new AuthenticationRequest.SaslFinal("v=abc"u8.ToArray());
        Assert.Equal(
            last.Data.ToArray(),
            Assert.IsType<AuthenticationRequest.SaslFinal>(
                AuthenticationRequest.Read(Payload(last.Write))).Data.ToArray());
        Assert.Equal(
            "SCRAM-SHA-256",
            FrontendMessages.ReadSaslInitialResponse(
                Payload(w => w.WriteSaslInitialResponse("SCRAM-SHA-256", "n,,n=,r=x"u8)), out var response));
        Assert.Equal("n,,n=,r=x"u8, response);
        Assert.Equal("v"u8, Payload(w => w.WriteSaslResponse("v"u8)));
    }

    [Fact]
    public void Messages_of_a_server_are_read_back()
    {
        var status = new ParameterStatus("server_version", "15.18");
        Assert.Equal(status, ParameterStatus.Read(Payload(status.Write)));
        var key = new BackendKeyData(7, [9, 8, 7, 6, 5]);
        Assert.Equal(key, BackendKeyData.Read(Payload(key.Write)));
        var copy = new CopyOutResponse(ValueFormat.Binary, [ValueFormat.Binary, ValueFormat.Text]);
        var copyBack = CopyOutResponse.Read(Payload(copy.Write));
        Assert.Equal(copy.Format, copyBack.Format);
        Assert.Equal(copy.ColumnFormats, copyBack.ColumnFormats);
        RowColumn[] columns =
        [
            new("id", TypeOids.Int8) { TableOid = 5000, ColumnNumber = 1, TypeBytes = 8 },
            new("nome", TypeOids.Varchar) { TypeModifier = 24, Format = ValueFormat.Binary },
        ];
        Assert.Equal(columns, RowDescription.Read(Payload(w => RowDescription.Write(w, columns))));
        Assert.Equal(
            TransactionStatus.InTransaction,
            StatementEnd.ReadReadyForQuery(
                Payload(w => StatementEnd.WriteReadyForQuery(w, TransactionStatus.InTransaction))));
        Assert.Equal(
            120, StatementEnd.ReadRowCount(Payload(w => StatementEnd.WriteCommandComplete(w, "INSERT 0 120"))));
        Assert.Null(StatementEnd.ReadRowCount(Payload(w => StatementEnd.WriteCommandComplete(w, "BEGIN"))));
        Assert.Equal("select 'ç'", FrontendMessages.ReadText(Payload(w => w.WriteQuery("select 'ç'"))));
        Assert.Equal("secret", FrontendMessages.ReadText(Payload(w => w.WritePassword("secret"))));
        Assert.Equal("data"u8, Payload(w => w.WriteCopyData("data"u8)));
        Assert.Empty(Payload(w => w.WriteCopyDone()));
        Assert.Empty(Payload(w => w.WriteTerminate()));
    }

    [Fact]
    public void Error_of_a_server_is_read_back()
    {
        var error = new ServerMessage("FATAL", "28P01", "falhou")
        {
            Detail = "detalhe",
            Hint = "dica",
            Context = "onde",
            Others = System.Collections.Immutable.ImmutableSortedDictionary<char, string>.Empty
                .Add('S', "FATAL").Add('t', "orders"),
        };
        var back = ServerMessage.Read(Payload(w => error.Write(w, MessageType.ErrorResponse)));
        Assert.Equal(error with { Others = back.Others }, back);
        Assert.Equal(error.Others, back.Others);
    }

    [Fact]
    public void Message_is_read_once_it_is_there_in_full()
    {
        var bytes = Write(w =>
        {
            w.WriteQuery("select 1");
            w.WriteTerminate();
        });
        for (var length = 0; length < 14; length++) Assert.False(Message.TryRead(bytes.AsSpan(0, length), out _));
        Assert.True(Message.TryRead(bytes, out var message));
        Assert.Equal((MessageType.Query, 14), (message.Type, message.Bytes));
        Assert.True(Message.TryRead(bytes.AsSpan(14), out message));
        Assert.Equal((MessageType.Terminate, 5), (message.Type, message.Bytes));
    }

    [Theory]
    [InlineData('d', 0x7FFFFFFF, WireErrorKind.TooLong)]
    [InlineData('E', 0x00200000, WireErrorKind.TooLong)]
    [InlineData('d', 3, WireErrorKind.Malformed)]
    [InlineData('d', -1, WireErrorKind.Malformed)]
    public void Impossible_length_is_refused_before_the_message_arrives(char type, int length, WireErrorKind kind)
    {
        var header = new byte[5];
        header[0] = (byte)type;
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(1), length);
        Assert.Equal(kind, Assert.Throws<WireException>(() => Message.TryRead(header, out _)).Kind);
    }

    [Fact]
    public void Text_with_a_NUL_is_not_written() =>
        Assert.Throws<ArgumentException>(() => Write(w => w.WriteQuery("select 1\0; drop")));

    [Fact]
    public void Cleared_writer_forgets_the_password()
    {
        var writer = new MessageWriter();
        writer.WritePassword("hunter2");
        var written = writer.Written;
        writer.Clear();
        Assert.All(written.ToArray(), b => Assert.Equal(0, b));
    }

    [Fact]
    public void Random_bytes_give_a_value_or_a_typed_error()
    {
        var seed = Soak.Seed();
        var random = new Random(seed);
        for (var round = 0; round < FuzzRounds; round++)
        {
            var bytes = new byte[random.Next(64)];
            random.NextBytes(bytes);
            // Small numbers reach deeper than random ones.
            if (round % 2 == 0) foreach (ref var b in bytes.AsSpan()) b = (byte)(b % 5);
            foreach (var reader in Readers) Try(reader, bytes);
        }
    }

    [Fact]
    public void Message_cut_short_or_changed_gives_a_value_or_a_typed_error()
    {
        byte[][] samples =
        [
            Payload(new AuthenticationRequest.Sasl(["SCRAM-SHA-256"]).Write),
            Payload(new CopyOutResponse(ValueFormat.Binary, [ValueFormat.Binary]).Write),
            Payload(w => RowDescription.Write(w, [new RowColumn("id", 20), new RowColumn("x", 25)])),
            Payload(w => new ServerMessage("ERROR", "42P01", "no").Write(w, MessageType.ErrorResponse)),
            Write(new StartupPacket.Startup(3, 0, [new("user", "ana")]).Write),
            [0, 2, 0, 0, 0, 1, 5, 255, 255, 255, 255],
            [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 23, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 4, 0, 0, 0, 9],
            [0, 2, 0, 0, 0, 0, 0, 2, 0, 12, 13, 72],
        ];
        foreach (var sample in samples)
        {
            for (var length = 0; length < sample.Length; length++)
                foreach (var reader in Readers) Try(reader, sample.AsSpan(0, length));
            for (var at = 0; at < sample.Length; at++)
            {
                foreach (byte value in (byte[])[0, 1, 127, 128, 255])
                {
                    var changed = sample.ToArray();
                    changed[at] = value;
                    foreach (var reader in Readers) Try(reader, changed);
                }
            }
        }
    }

    static void Try(Reader reader, ReadOnlySpan<byte> bytes)
    {
        try
        {
            reader(bytes);
        }
        catch (WireException)
        {
            // The one error that may come.
        }
    }

    static void ReadTuple(ReadOnlySpan<byte> bytes)
    {
        var tuple = new TupleReader(bytes);
        for (var i = 0; i < tuple.ValueCount; i++) tuple.TryReadValue(out _);
    }

    static void ReadArray(ReadOnlySpan<byte> bytes)
    {
        var array = new BinaryArray(bytes);
        var count = 0;
        while (array.TryReadElement(out _, out _)) count++;
        Assert.Equal(array.ElementCount, count);
    }

    static void ReadNumeric(ReadOnlySpan<byte> bytes)
    {
        var numeric = new BinaryNumeric(bytes);
        if (numeric.FormattedBytesMax < 1000) _ = numeric.ToString();
        numeric.TryToUnscaled(38, 10, out _);
        numeric.TryToUnscaled(9, 2, out _);
    }

    static byte[] Write(Action<MessageWriter> write)
    {
        var writer = new MessageWriter();
        write(writer);
        return writer.Written.ToArray();
    }

    static byte[] Payload(Action<MessageWriter> write)
    {
        var bytes = Write(write);
        Assert.True(Message.TryRead(bytes, out var message));
        Assert.Equal(bytes.Length, message.Bytes);
        return message.Payload.ToArray();
    }
}
