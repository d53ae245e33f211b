using System.Buffers.Binary;

namespace Foz.Tests.Server.PgWire.Fuzz;

/// <summary>What a client sends over one connection: its first packets, then its messages.</summary>
/// <param name="Name">Whose it is.</param>
/// <param name="Messages">They, in order.</param>
sealed record Conversation(string Name, IReadOnlyList<byte[]> Messages)
{
    const int ProtocolVersion = 3;

    /// <summary>Cuts what was sent into messages; what is cut off at the end is the last one.</summary>
    public static Conversation Of(string name, byte[] sent)
    {
        var messages = new List<byte[]>();
        var hasStarted = false;
        for (var rest = sent.AsSpan(); rest.Length > 0;)
        {
            var header = hasStarted ? 1 : 0;
            var length = rest.Length < header + sizeof(int)
                ? rest.Length
                : Math.Clamp(
                    header + BinaryPrimitives.ReadInt32BigEndian(rest[header..]), header + sizeof(int), rest.Length);
            var message = rest[..length].ToArray();
            messages.Add(message);
            if (!hasStarted && length >= 2 * sizeof(int))
                hasStarted = BinaryPrimitives.ReadInt32BigEndian(message.AsSpan(sizeof(int))) >> 16 == ProtocolVersion;
            rest = rest[length..];
        }
        return new(name, messages);
    }
}
