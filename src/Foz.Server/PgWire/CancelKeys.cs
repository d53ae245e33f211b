using System.Collections.Concurrent;
using System.Security.Cryptography;
using Foz.Wire.PostgreSql;

namespace Foz.Server.PgWire;

/// <summary>The keys by which other connections cancel what a connection runs. Safe for use by many threads.</summary>
sealed class CancelKeys
{
    const int SecretBytes = 4;
    const int LongSecretBytes = 32;

    readonly ConcurrentDictionary<int, (byte[] Secret, Action Cancel)> keys = new();

    /// <summary>Makes a key.</summary>
    /// <param name="id">The session's number.</param>
    /// <param name="isLong">Whether the client takes long secrets: from protocol 3.2 on.</param>
    /// <param name="cancel">Cancels what the session runs.</param>
    public BackendKeyData Add(int id, bool isLong, Action cancel)
    {
        var secret = RandomNumberGenerator.GetBytes(isLong ? LongSecretBytes : SecretBytes);
        keys[id] = (secret, cancel);
        return new(id, secret);
    }

    /// <summary>Takes the key of a session away.</summary>
    public void Remove(int id) => keys.TryRemove(id, out _);

    /// <summary>Cancels what the session with this key runs; a wrong key does nothing and reports no error.</summary>
    public void Cancel(BackendKeyData key)
    {
        if (keys.TryGetValue(key.ProcessId, out var known)
            && CryptographicOperations.FixedTimeEquals(known.Secret, key.SecretKey)) known.Cancel();
    }
}
