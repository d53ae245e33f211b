using System.Collections.Concurrent;

namespace Foz.Lake.Engine;

/// <summary>
/// What was found out about the last texts, where it follows from the text and from nothing else: clients send the same
/// ones again and again. What was asked for lately stays. Safe for use by many threads.
/// </summary>
public sealed class TextCache<T>
    where T : class
{
    const int TextsMax = 256;
    const int CharactersMax = 16 << 10;

    readonly Lock gate = new();
    volatile ConcurrentDictionary<string, T> recent = new(StringComparer.Ordinal);
    volatile ConcurrentDictionary<string, T> before = new(StringComparer.Ordinal);

    /// <summary>What is known of a text; null where it was not asked for lately.</summary>
    public T? Find(string text)
    {
        if (recent.TryGetValue(text, out var known)) return known;
        if (!before.TryGetValue(text, out known)) return null;
        Add(text, known);
        return known;
    }

    /// <summary>Keeps what is known of a text, unless that is very long.</summary>
    public void Add(string text, T known)
    {
        if (text.Length > CharactersMax) return;
        if (recent.Count >= TextsMax)
            lock (gate)
                if (recent.Count >= TextsMax) (before, recent) = (recent, new(StringComparer.Ordinal));
        recent[text] = known;
    }
}
