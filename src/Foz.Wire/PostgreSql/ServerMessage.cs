using System.Collections.Immutable;

namespace Foz.Wire.PostgreSql;

/// <summary>
/// ErrorResponse and NoticeResponse: what the server reports (PostgreSQL documentation, "Error and Notice Message
/// Fields").
/// </summary>
/// <param name="Severity">Such as <c>ERROR</c> or <c>FATAL</c>, never translated.</param>
/// <param name="SqlState">The five letters of the SQLSTATE.</param>
/// <param name="Text">What is wrong, in the server's language.</param>
public sealed record ServerMessage(string Severity, string SqlState, string Text)
{
    /// <summary>More about it; null where there is nothing.</summary>
    public string? Detail { get; init; }

    /// <summary>What to do about it; null where there is nothing.</summary>
    public string? Hint { get; init; }

    /// <summary>Where in the server it happened, such as the row of a COPY; null where not said.</summary>
    public string? Context { get; init; }

    /// <summary>All other fields, by their letter.</summary>
    public ImmutableSortedDictionary<char, string> Others { get; init; } =
        ImmutableSortedDictionary<char, string>.Empty;

    /// <summary>Reads a payload.</summary>
    public static ServerMessage Read(ReadOnlySpan<byte> payload)
    {
        var reader = new PayloadReader(payload);
        var fields = ImmutableSortedDictionary.CreateBuilder<char, string>();
        for (var type = reader.ReadByte(); type != 0; type = reader.ReadByte())
            fields[(char)type] = reader.ReadString();
        reader.End();

        var severity = Take('V') ?? fields.GetValueOrDefault('S') ?? "ERROR";
        return new ServerMessage(severity, Take('C') ?? "XX000", Take('M') ?? "no message")
        {
            Detail = Take('D'),
            Hint = Take('H'),
            Context = Take('W'),
            Others = fields.ToImmutable(),
        };

        string? Take(char type) => fields.Remove(type, out var value) ? value : null;
    }

    /// <summary>Writes the message.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="type"><see cref="MessageType.ErrorResponse"/> or <see cref="MessageType.NoticeResponse"/>.</param>
    public void Write(MessageWriter writer, byte type)
    {
        writer.Begin(type);
        if (!Others.ContainsKey('S')) WriteField('S', Severity);
        WriteField('V', Severity);
        WriteField('C', SqlState);
        WriteField('M', Text);
        WriteField('D', Detail);
        WriteField('H', Hint);
        WriteField('W', Context);
        foreach (var (field, value) in Others) WriteField(field, value);
        writer.WriteByte(0);
        writer.End();

        void WriteField(char field, string? value)
        {
            if (value is null) return;
            writer.WriteByte((byte)field);
            writer.WriteString(value);
        }
    }
}
