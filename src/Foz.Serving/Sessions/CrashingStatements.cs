using System.Security.Cryptography;
using System.Text;
using Foz.Lake;
using Foz.Lake.Engine;
using Foz.Lake.Sql;

namespace Foz.Serving.Sessions;

/// <summary>A statement as it ended the engine.</summary>
/// <param name="Hash">
/// Of its text without values: SHA-256 of its words and signs, in which literals and the case of words do not count;
/// hexadecimal.
/// </param>
/// <param name="Times">How often statements of that hash did, as far as it is known.</param>
/// <param name="Error">What the engine said, without what it quoted.</param>
public sealed record CrashingStatement(string Hash, int Times, string Error);

/// <summary>
/// The statements that ended the engine. One that did twice is refused for an hour from then on, whatever values it
/// has: who repeats it would end the statements of all others each time. Safe for use by many threads.
/// </summary>
/// <param name="clock">The time.</param>
public sealed class CrashingStatements(TimeProvider clock)
{
    /// <summary>How often a statement may end the engine before it is refused.</summary>
    public const int TimesMax = 2;

    /// <summary>How many statements are remembered; the longest unused is forgotten for another.</summary>
    public const int KnownMax = 1_000;

    /// <summary>How long a statement is remembered.</summary>
    public static readonly TimeSpan Remembered = TimeSpan.FromHours(1);

    // Enough to find a line of a log by.
    const int HashShown = 16;

    readonly Lock gate = new();
    readonly Dictionary<string, (int Times, long LastAt)> known = new(StringComparer.Ordinal);
    volatile bool isAnyRefused;

    /// <summary>Receives each statement that ended the engine, when it did.</summary>
    public Action<CrashingStatement>? Noted { get; set; }

    /// <summary>Makes sure that a statement is none that is refused.</summary>
    /// <exception cref="FozException">It is.</exception>
    public void Check(string sql)
    {
        // Nearly always there is none that is refused: then nothing is to be read.
        if (!isAnyRefused) return;
        var hash = HashOf(sql);
        lock (gate)
        {
            if (!known.TryGetValue(hash, out var found) || found.Times < TimesMax) return;
            if (clock.GetElapsedTime(found.LastAt) >= Remembered)
            {
                known.Remove(hash);
                isAnyRefused = known.Values.Any(static other => other.Times >= TimesMax);
                return;
            }
        }
        throw new FozException(
            ErrorKind.Denied, $"the statement ended the engine {TimesMax} times, and is refused for an hour")
        {
            SqlState = "0A000",
            Hint = $"write it otherwise; the server's log has what the engine said, under the hash {hash[..HashShown]}",
        };
    }

    /// <summary>Notes how a statement failed, where that ended the engine.</summary>
    public void Note(string sql, Exception error)
    {
        if (!EngineErrors.IsFatal(error)) return;
        var (hash, times) = (HashOf(sql), 1);
        lock (gate)
        {
            if (known.TryGetValue(hash, out var found) && clock.GetElapsedTime(found.LastAt) < Remembered)
                times = found.Times + 1;
            else if (known.Count >= KnownMax && !known.ContainsKey(hash))
                known.Remove(known.MinBy(pair => pair.Value.LastAt).Key);
            known[hash] = (times, clock.GetTimestamp());
            isAnyRefused |= times >= TimesMax;
        }
        Noted?.Invoke(new(hash[..HashShown], times, EngineErrors.FatalMessage(error)));
    }

    static string HashOf(string sql)
    {
        var text = new StringBuilder(sql.Length);
        try
        {
            var tokens = SqlTokens.Read(sql);
            for (var i = 0; i < tokens.Count; i++)
            {
                if (tokens[i].Kind is SqlTokenKind.Text or SqlTokenKind.Number) text.Append('?');
                else text.Append(tokens.TextOf(i).ToString().ToLowerInvariant());
                text.Append(' ');
            }
        }
        catch (FozException)
        {
            // One that is too deep is not read, and is known by all of its text.
            text.Clear().Append(sql);
        }
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }
}
