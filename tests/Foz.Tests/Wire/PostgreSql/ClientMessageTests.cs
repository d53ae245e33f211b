using Foz.Wire;
using Foz.Wire.PostgreSql;

namespace Foz.Tests.Wire.PostgreSql;

public sealed class ClientMessageTests
{
    const int FuzzRounds = 20_000;

    delegate void Reader(ReadOnlySpan<byte> payload);

    static readonly Reader[] Readers =
    [
        p => ParseMessage.Read(p),
        p => BindMessage.Read(p),
        p => NamedMessage.Read(p),
        p => ExecuteMessage.Read(p),
        p => ClientMessageLimits.Session.LengthOf(p),
    ];

    [Fact]
    public void Parse_is_read_back()
    {
        var parse = new ParseMessage("s1", "select $1 -- ç", [TypeOids.Int4, 0]);
        var back = ParseMessage.Read(Payload(parse.Write));
        Assert.Equal((parse.Statement, parse.Sql), (back.Statement, back.Sql));
        Assert.Equal(parse.ParameterTypes, back.ParameterTypes);
    }

    [Fact]
    public void Bind_is_read_back()
    {
        var bind = new BindMessage(
            "p", "s", [ValueFormat.Binary, ValueFormat.Text], [[1, 2], null], [ValueFormat.Binary]);
        var back = BindMessage.Read(Payload(bind.Write));
        Assert.Equal((bind.Portal, bind.Statement), (back.Portal, back.Statement));
        Assert.Equal(bind.ParameterFormats, back.ParameterFormats);
        Assert.Equal(bind.Values, back.Values);
        Assert.Equal(bind.ResultFormats, back.ResultFormats);
    }

    [Fact]
    public void As_many_values_are_read_as_PostgreSQL_takes()
    {
        const int most = 65_535;
        var parse = new ParseMessage("", "select 1", [.. Enumerable.Repeat(TypeOids.Int4, most)]);
        Assert.Equal(most, ParseMessage.Read(Payload(parse.Write)).ParameterTypes.Length);
        var bind = new BindMessage(
            "", "", [.. Enumerable.Repeat(ValueFormat.Binary, most)], [.. Enumerable.Repeat<byte[]?>([1], most)], []);
        Assert.Equal(most, BindMessage.Read(Payload(bind.Write)).Values.Length);
    }

    [Fact]
    public void Other_messages_are_read_back()
    {
        var described = new NamedMessage(DescribedKind.Statement, "s");
        Assert.Equal(described, NamedMessage.Read(Payload(w => described.Write(w, MessageType.Describe))));
        var execute = new ExecuteMessage("p", 100);
        Assert.Equal(execute, ExecuteMessage.Read(Payload(execute.Write)));
        Assert.Equal(0, ExecuteMessage.Read(Payload(new ExecuteMessage("p", -5).Write)).RowsMax);
    }

    [Fact]
    public void Formats_are_for_all_values_or_for_each()
    {
        Assert.Equal(ValueFormat.Text, BindMessage.FormatOf([], 3));
        Assert.Equal(ValueFormat.Binary, BindMessage.FormatOf([ValueFormat.Binary], 3));
        Assert.Equal(ValueFormat.Binary, BindMessage.FormatOf([ValueFormat.Text, ValueFormat.Binary], 1));
        var bind = new BindMessage("", "", [ValueFormat.Binary, ValueFormat.Text, ValueFormat.Text], [[1], [2]], []);
        Assert.Equal(
            WireErrorKind.Malformed, Assert.Throws<WireException>(() => BindMessage.Read(Payload(bind.Write))).Kind);
    }

    [Theory]
    [InlineData('Q', 1 << 20, null)]
    [InlineData('Q', (64 << 20) + 5, WireErrorKind.TooLong)]
    [InlineData('S', 10_005, WireErrorKind.TooLong)]
    [InlineData('S', 3, WireErrorKind.Malformed)]
    [InlineData('S', -1, WireErrorKind.Malformed)]
    [InlineData('?', 4, WireErrorKind.Malformed)]
    public void Length_is_bounded_by_the_type(char type, int length, WireErrorKind? refused)
    {
        var header = new byte[5];
        header[0] = (byte)type;
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(1), length);
        if (refused is { } kind)
            Assert.Equal(
                kind, Assert.Throws<WireException>(() => ClientMessageLimits.Session.LengthOf(header)).Kind);
        else
            Assert.Equal(length + 1, ClientMessageLimits.Session.LengthOf(header));
        Assert.Throws<WireException>(() => ClientMessageLimits.BeforeAuthentication.LengthOf([header[0], 1, 0, 0, 0]));
    }

    [Fact]
    public void Text_that_is_no_UTF_8_is_refused()
    {
        byte[] payload = [0xC3, 0x28, 0, 0, 0, 0];
        Assert.Equal(WireErrorKind.Encoding, Assert.Throws<WireException>(() => ParseMessage.Read(payload)).Kind);
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
            if (round % 2 == 0) foreach (ref var b in bytes.AsSpan()) b = (byte)(b % 5);
            foreach (var reader in Readers) Try(reader, bytes);
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

    static byte[] Payload(Action<MessageWriter> write)
    {
        var writer = new MessageWriter();
        write(writer);
        var bytes = writer.Written.ToArray();
        Assert.Equal(bytes.Length, ClientMessageLimits.Session.LengthOf(bytes));
        return bytes[Message.HeaderBytes..];
    }
}
