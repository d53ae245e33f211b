using System.Buffers;
using System.Text;

namespace Foz.Delta.Log;

/// <summary>
/// The path of a file as the log names it: a URI reference, relative to the table or absolute (PROTOCOL.md, "Add
/// File and Remove File"). Two paths are equal if they name the same file: <c>a%20b</c> and <c>a b</c>, or
/// <c>file:///x</c> and <c>/x</c>.
/// </summary>
public readonly struct FilePath : IEquatable<FilePath>
{
    // Everything else is percent-encoded. A colon is legal in a path but would make "a:b/c" look like a scheme.
    static readonly SearchValues<char> plainCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/!$&'()*+,;=@");

    static readonly SearchValues<char> schemeCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-.");

    FilePath(string value, string logged)
    {
        Value = value;
        Logged = logged;
    }

    /// <summary>The decoded path: below the table's root with forward slashes, or absolute. Absolute local files
    /// are plain paths without the scheme <c>file</c>.</summary>
    public string Value { get; }

    /// <summary>The encoded path, as written in the log.</summary>
    public string Logged { get; }

    /// <summary>True if the file is named by a full path or URI instead of relative to the table.</summary>
    public bool IsAbsolute => Logged.StartsWith('/') || HasScheme(Logged);

    /// <summary>The path that a log entry writes as <paramref name="logged"/>.</summary>
    public static FilePath FromLog(string logged)
    {
        var value = logged.Contains('%', StringComparison.Ordinal) ? Uri.UnescapeDataString(logged) : logged;
        return new FilePath(
            logged is ['f' or 'F', ..] && logged.StartsWith("file:", StringComparison.OrdinalIgnoreCase)
                ? LocalPath(value)
                : value, logged);
    }

    /// <summary>The path of a file below the table's root, not encoded.</summary>
    /// <exception cref="ArgumentException">The path is empty or begins with a slash.</exception>
    public static FilePath Relative(string path)
    {
        if (path.Length == 0 || path[0] == '/')
            throw new ArgumentException($"'{path}' is no path below the table's root", nameof(path));
        return new FilePath(path, Encode(path));
    }

    /// <inheritdoc/>
    public bool Equals(FilePath other) => string.Equals(Value, other.Value, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is FilePath other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => Value is null ? 0 : string.GetHashCode(Value, StringComparison.Ordinal);

    /// <summary>The decoded path.</summary>
    public override string ToString() => Value;

    /// <summary>Whether two paths name the same file.</summary>
    public static bool operator ==(FilePath left, FilePath right) => left.Equals(right);

    /// <summary>Whether two paths name different files.</summary>
    public static bool operator !=(FilePath left, FilePath right) => !left.Equals(right);

    static string Encode(string path)
    {
        if (!path.AsSpan().ContainsAnyExcept(plainCharacters)) return path;
        var encoded = new StringBuilder(path.Length + 16);
        Span<byte> utf8 = stackalloc byte[4];
        foreach (var rune in path.EnumerateRunes())
            if (rune.IsAscii && plainCharacters.Contains((char)rune.Value)) encoded.Append((char)rune.Value);
            else
                foreach (var octet in utf8[..rune.EncodeToUtf8(utf8)])
                    encoded.Append('%').Append(octet.ToString("X2", null));
        return encoded.ToString();
    }

    /// <summary><c>file:/x</c>, <c>file:///x</c> and <c>file://host/x</c> become <c>/x</c>.</summary>
    static string LocalPath(string uri)
    {
        var rest = uri.AsSpan("file:".Length);
        if (rest.StartsWith("//"))
        {
            var path = rest[2..].IndexOf('/');
            rest = path < 0 ? "/" : rest[(2 + path)..];
        }
        return rest.StartsWith('/') ? rest.ToString() : $"/{rest}";
    }

    /// <summary>Whether a URI reference begins with a scheme and its colon.</summary>
    static bool HasScheme(string uri)
    {
        var colon = uri.IndexOf(':', StringComparison.Ordinal);
        return colon > 0 && char.IsAsciiLetter(uri[0]) && !uri.AsSpan(0, colon).ContainsAnyExcept(schemeCharacters);
    }
}

/// <summary>What identifies a logical file: its path and its deletion vector (PROTOCOL.md, "Action
/// Reconciliation").</summary>
/// <param name="Path">The decoded path of the data file.</param>
/// <param name="DeletionVectorId">The unique id of the deletion vector; null without one.</param>
public readonly record struct FileKey(string Path, string? DeletionVectorId)
{
    /// <summary>By the path alone: a set has a path with one deletion vector, as a rule.</summary>
    public override int GetHashCode() => string.GetHashCode(Path, StringComparison.Ordinal);
}
