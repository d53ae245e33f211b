using System.Security.Cryptography;
using System.Text.Json;
using Foz.Lake;

namespace Foz.Connectors.Http;

/// <summary>
/// Takes the rows from a cursor on, notes the largest, and leaves out those of the last cursor that were taken before,
/// in whatever order rows come: most servers take "since" to mean "from". Safe for use by many threads.
/// </summary>
/// <param name="setting">The cursor.</param>
/// <param name="inputs">Where the batch begins; where it ended, of one that is read again.</param>
sealed class CursorFilter(CursorSetting setting, StreamInputs.OfCursor inputs)
{
    const int SeenMax = 10_000;
    const int HashBytes = 12;

    readonly Lock gate = new();
    readonly CursorValue? last = inputs.From is { } text ? CursorValue.Parse(text) : null;
    readonly CursorValue? from = setting.From(inputs.From) is { } start ? CursorValue.Parse(start) : null;
    // A batch that is read again knows the rows of its end, and not those that it began with.
    readonly HashSet<string> known = inputs.To is null ? [.. inputs.Seen] : [];
    CursorValue? largest = inputs.From is { } before ? CursorValue.Parse(before) : null;
    HashSet<string> seen = inputs.To is null ? [.. inputs.Seen] : [];
    bool rereads = inputs.Rereads;
    long without;

    /// <summary>
    /// How far the rows went; rows of the last cursor that are not known as they came may be rows that the table has,
    /// before their server wrote them in another way.
    /// </summary>
    public StreamInputs.OfCursor ActualInputs => inputs with
    {
        To = largest?.Text,
        Rereads = rereads,
        Seen = seen.Count > SeenMax ? [] : [.. seen.Order(StringComparer.Ordinal)],
    };

    /// <summary>What the user should know.</summary>
    public IReadOnlyList<Warning> Warnings => without == 0 ? [] :
    [
        new($"{without:N0} rows have no {setting.Path.Text}: each batch that the server sends them in takes them",
            "take a field as cursor that every row has"),
    ];

    string? CursorOf(ReadOnlySpan<byte> row)
    {
        try
        {
            return setting.Path.FindText(row);
        }
        catch (JsonException)
        {
            // A line that is not JSON is taken, to be rejected with its reason.
            return null;
        }
    }

    /// <summary>Whether a row is taken.</summary>
    /// <exception cref="FozException">Its cursor cannot be compared with those of other rows.</exception>
    public bool Takes(ReadOnlySpan<byte> row)
    {
        var text = CursorOf(row);
        lock (gate)
        {
            if (text is null)
            {
                without++;
                return true;
            }
            var cursor = CursorValue.Parse(text);
            if (largest is { } other && !cursor.IsLike(other)) throw setting.NotAlike(cursor, other);
            if (from is { } least && cursor.IsLike(least) && cursor.Compare(least) < 0) return false;
            var order = largest is { } most ? cursor.Compare(most) : 1;
            if (order > 0) (largest, seen) = (cursor, []);
            var isLast = last is { } end && cursor.Compare(end) == 0;
            if (order < 0 && !isLast) return true;
            var hash = Convert.ToHexStringLower(SHA256.HashData(row).AsSpan(0, HashBytes));
            if (order >= 0 && seen.Count <= SeenMax) seen.Add(hash);
            if (!isLast) return true;
            if (known.Contains(hash)) return false;
            return rereads = true;
        }
    }
}
