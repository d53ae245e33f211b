using System.Security.Cryptography;
using System.Text.Json;

namespace Foz.Core.Connectors.Http;

/// <summary>
/// Takes the rows behind a cursor, notes the largest, and leaves out those of the last cursor that were taken before: most
/// servers take "since" to mean "from". Safe for use by many threads.
/// </summary>
/// <param name="setting">The cursor.</param>
/// <param name="inputs">Where the batch begins.</param>
sealed class CursorFilter(CursorSetting setting, StreamInputs inputs)
{
    const int SeenMax = 10_000;
    const int HashBytes = 12;

    readonly Lock gate = new();
    readonly CursorValue? last = inputs.CursorFrom is { } text ? CursorValue.Parse(text) : null;
    readonly CursorValue? from = setting.From(inputs.CursorFrom) is { } start ? CursorValue.Parse(start) : null;
    readonly HashSet<string> known = [.. inputs.CursorSeen];
    CursorValue? largest = inputs.CursorFrom is { } before ? CursorValue.Parse(before) : null;
    HashSet<string> seen = [.. inputs.CursorSeen];
    long without;

    /// <summary>How far the rows went.</summary>
    public StreamInputs Reached => inputs with
    {
        CursorTo = largest?.Text,
        CursorSeen = seen.Count > SeenMax ? [] : [.. seen.Order(StringComparer.Ordinal)],
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
            if (from is { } least && cursor.IsLike(least) && cursor.Compare(least) < 0) return false;
            if (largest is not { } most || !cursor.IsLike(most) || cursor.Compare(most) > 0) (largest, seen) = (cursor, []);
            if (cursor.Compare(largest.Value) != 0) return true;
            var hash = Convert.ToHexStringLower(SHA256.HashData(row).AsSpan(0, HashBytes));
            if (seen.Count <= SeenMax) seen.Add(hash);
            return last is not { } end || cursor.Compare(end) != 0 || !known.Contains(hash);
        }
    }
}
