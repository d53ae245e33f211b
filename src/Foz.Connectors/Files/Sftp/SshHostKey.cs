using System.Security.Cryptography;
using Foz.Lake;
using Foz.Connectors.Processes;

namespace Foz.Connectors.Files.Sftp;

/// <summary>The key by which an SSH server proves its identity, as a project states it.</summary>
static class SshHostKey
{
    /// <summary>What a stated key is kept under in a file of known hosts.</summary>
    public const string Alias = "foz-stated";

    const string FingerprintMark = "SHA256:";
    const int FingerprintChars = 43;

    /// <summary>Returns the text, if it is a fingerprint or a key; otherwise null.</summary>
    public static string? Check(string text) => IsFingerprint(text)
        ? text.Length == FingerprintMark.Length + FingerprintChars ? text : null
        : text.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var type, var key, ..]
            && type.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '@') && FingerprintOf(key) is not null
            ? text
            : null;

    /// <summary>
    /// The lines of a file of known hosts that has the stated key alone; asks the server where that is a fingerprint.
    /// </summary>
    /// <exception cref="FozException">The server cannot be reached, or has no key of this fingerprint.</exception>
    public static async Task<string> KnownHostsAsync(
        SftpOptions options, TimeProvider clock, CancellationToken cancellationToken)
    {
        var stated = options.HostKey!;
        if (!IsFingerprint(stated)) return $"{Alias} {stated}\n";
        var keys = await ScanAsync(options, clock, cancellationToken);
        if (keys.Count == 0)
            throw new FozException(ErrorKind.Source, $"{options.Host} does not tell its key: is an SSH server there?")
            {
                IsTransient = true,
            };
        if (keys.Where(k => FingerprintOf(k.Key) == stated).Select(k => $"{Alias} {k.Type} {k.Key}\n")
            .ToList() is { Count: > 0 } known)
            return string.Concat(known);
        throw new FozException(
            ErrorKind.Source,
            $"the key of {options.Host} is not {stated}: it has "
                + $"{string.Join(", ", keys.Select(k => $"{FingerprintOf(k.Key)} ({k.Type})"))}")
        {
            Hint = "another server may answer in its place: ask who runs it for its "
                + "fingerprint before you change 'host_key'",
        };
    }

    static bool IsFingerprint(string text) => text.StartsWith(FingerprintMark, StringComparison.Ordinal);

    static string? FingerprintOf(string key)
    {
        var bytes = new byte[key.Length];
        return Convert.TryFromBase64String(key, bytes, out var count) && count > 0
            ? FingerprintMark + Convert.ToBase64String(SHA256.HashData(bytes.AsSpan(0, count))).TrimEnd('=')
            : null;
    }

    /// <summary>Returns the keys of a server. An impostor may send any keys: only the fingerprint counts.</summary>
    static async Task<List<(string Type, string Key)>> ScanAsync(
        SftpOptions options, TimeProvider clock, CancellationToken cancellationToken)
    {
        var seconds = FormattableString.Invariant($"{Math.Max(1, (int)options.Timeout.TotalSeconds)}");
        string[] port = options.Port is { } number ? ["-p", FormattableString.Invariant($"{number}")] : [];
        await using var scan = ChildProcess.Start(
            new()
            {
                Program = "ssh-keyscan", Arguments = ["-T", seconds, .. port, "--", options.Host],
                Folder = Path.GetTempPath(),
                OutputIsData = true, Timeout = options.Timeout + options.Timeout,
            }, clock);
        scan.CloseInput();
        var keys = new List<(string, string)>();
        await foreach (var line in scan.ReadLinesAsync(cancellationToken))
            if (line.Split(' ') is [not "#", var type, var key] && FingerprintOf(key) is not null)
                keys.Add((type, key));
        await scan.WaitAsync(cancellationToken);
        return keys;
    }
}
