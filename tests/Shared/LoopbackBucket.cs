using System.Security.Cryptography;

namespace Foz.Tests;

/// <summary>An object in a loopback server's bucket.</summary>
sealed record LoopbackObject(byte[] Content, string Tag, DateTimeOffset Modified, string? WriteId);

/// <summary>The objects of a loopback server. One lock makes every request one step.</summary>
sealed class LoopbackBucket
{
    readonly SortedDictionary<string, LoopbackObject> objects = new(StringComparer.Ordinal);
    long generation;

    public Lock Gate { get; } = new();

    public Dictionary<string, SortedDictionary<int, byte[]>> Uploads { get; } = new(StringComparer.Ordinal);

    public LoopbackObject? Find(string key)
    {
        lock (Gate) return objects.GetValueOrDefault(key);
    }

    /// <summary>Writes an object if a condition on the existing one holds.</summary>
    public LoopbackObject? Put(
        string key, byte[] content, string? writeId, Func<LoopbackObject?, bool> condition, string? tag = null)
    {
        lock (Gate)
        {
            if (!condition(objects.GetValueOrDefault(key))) return null;
            var hash = Convert.ToHexStringLower(SHA256.HashData(content));
            var written = new LoopbackObject(
                content, tag ?? $"{++generation}{hash}"[..16], TimeProvider.System.GetUtcNow(), writeId);
            return objects[key] = written;
        }
    }

    public bool Delete(string key)
    {
        lock (Gate) return objects.Remove(key);
    }

    public List<KeyValuePair<string, LoopbackObject>> List(string prefix, Func<string, bool> isBehind, int max)
    {
        lock (Gate)
            return [.. objects.Where(item =>
                item.Key.StartsWith(prefix, StringComparison.Ordinal) && isBehind(item.Key))
                .Take(max)];
    }
}
