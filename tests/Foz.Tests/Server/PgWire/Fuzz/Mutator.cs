using System.Buffers.Binary;
using System.Text;

namespace Foz.Tests.Server.PgWire.Fuzz;

/// <summary>What is sent over one connection, made from a conversation.</summary>
/// <param name="Name">The conversation that it began with.</param>
/// <param name="Bytes">The bytes.</param>
/// <param name="Messages">How many messages they were made from.</param>
readonly record struct Mutation(string Name, byte[] Bytes, int Messages);

/// <summary>
/// Makes malformed, oversized and unordered messages of conversations; the same ones for the same seed.
/// </summary>
sealed class Mutator(Random random, IReadOnlyList<Conversation> corpus)
{
    const int RepeatsMax = 30;

    static readonly int[] Lengths =
    [
        0, 1, 3, 4, 5, 8, -1, 10_000, 0x0100_0000, 0x4000_0001, int.MaxValue, int.MinValue,
    ];

    static readonly string[] Fragments =
    [
        "'", "\"", "(", ")", "[", "]", "{", "}", ";", ",", "::", "$1", "$$", "--", "/*", "*/", "\\", " select ",
        " from ", " where ", " case when ",
        " not ", " null ", " union all ", " with a as ", "e'\\", "::int[]", "::json", " as ", " at ", " over () ",
        "silver.orders", "pg_catalog.", " fetch ",
        " copy ", " 1e999 ", "-9223372036854775809", "\u00e7", "\ud83c\udf0a", "\u0001", " explain ",
        " at (version => 0) ", "{1,{2}}", " interval '1 day' ",
    ];

    /// <summary>The next one.</summary>
    public Mutation Next()
    {
        var conversation = corpus[random.Next(corpus.Count)];
        var messages = conversation.Messages.Select(m => (byte[])m.Clone()).ToList();
        // Most of them begin as a client does, so that what follows is not refused at the door.
        var first = random.Next(8) == 0 ? 0 : Math.Min(1, messages.Count - 1);
        for (var changes = random.Next(4); changes > 0; changes--) Reorder(messages, first);
        for (var changes = random.Next(3); changes > 0; changes--) ChangeText(messages, first);
        for (var changes = random.Next(3); changes > 0; changes--) ChangeBytes(messages, first);
        var bytes = messages.SelectMany(m => m).ToArray();
        return new(
            conversation.Name, random.Next(6) == 0 ? bytes[..random.Next(bytes.Length + 1)] : bytes, messages.Count);
    }

    void Reorder(List<byte[]> messages, int first)
    {
        var (at, other) = (Index(messages, first), Index(messages, first));
        switch (random.Next(5))
        {
            case 0 when messages.Count > 1: messages.RemoveAt(at); break;
            case 1: (messages[at], messages[other]) = (messages[other], messages[at]); break;
            case 2: messages.InsertRange(at, Enumerable.Repeat(messages[other], random.Next(1, RepeatsMax))); break;
            case 3:
                var donor = corpus[random.Next(corpus.Count)].Messages;
                messages.Insert(at, (byte[])donor[random.Next(donor.Count)].Clone());
                break;
            default: messages.Reverse(at, messages.Count - at); break;
        }
    }

    /// <summary>Puts a fragment into the text of a Query or Parse, whose length stays right.</summary>
    void ChangeText(List<byte[]> messages, int first)
    {
        var at = Index(messages, first);
        var message = messages[at];
        if (message.Length < 7 || message[0] is not ((byte)'Q' or (byte)'P')) return;
        var start = message[0] == 'Q' ? 5 : Math.Max(5, message.AsSpan(5).IndexOf((byte)0) + 6);
        var length = message.AsSpan(start).IndexOf((byte)0);
        if (length <= 0) return;
        var text = Encoding.UTF8.GetString(message, start, length);
        var fragment = Fragments[random.Next(Fragments.Length)];
        if (random.Next(20) == 0) fragment = string.Concat(Enumerable.Repeat(fragment, random.Next(5_000)));
        var position = random.Next(text.Length + 1);
        var cut = random.Next(3) == 0 ? Math.Min(text.Length, position + random.Next(10)) : position;
        byte[] changed =
        [
            .. message[..start],
            .. Encoding.UTF8.GetBytes(string.Concat(text.AsSpan(0, position), fragment, text.AsSpan(cut))),
            .. message[(start + length)..],
        ];
        BinaryPrimitives.WriteInt32BigEndian(changed.AsSpan(1), changed.Length - 1);
        messages[at] = changed;
    }

    void ChangeBytes(List<byte[]> messages, int first)
    {
        var at = Index(messages, first);
        var message = messages[at];
        switch (random.Next(6))
        {
            case 0: message[0] = (byte)random.Next(256); break;
            case 1 when message.Length >= 5:
                BinaryPrimitives.WriteInt32BigEndian(
                    message.AsSpan(random.Next(message.Length - 3)), Lengths[random.Next(Lengths.Length)]);
                break;
            case 2 when message.Length >= 5:
                BinaryPrimitives.WriteInt32BigEndian(message.AsSpan(1), Lengths[random.Next(Lengths.Length)]);
                break;
            case 3:
                var more = new byte[random.Next(40)];
                random.NextBytes(more);
                messages[at] = [.. message, .. more];
                break;
            case 4: messages[at] = message[..random.Next(message.Length + 1)]; break;
            default: message[random.Next(message.Length)] ^= (byte)(1 << random.Next(8)); break;
        }
        if (messages[at].Length == 0) messages[at] = [0];
    }

    int Index(List<byte[]> messages, int first) => random.Next(Math.Min(first, messages.Count - 1), messages.Count);
}
