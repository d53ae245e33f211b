using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Foz.Core.Configuration;

/// <summary>
/// The secret values in use, so that no text that leaves the process holds one. Safe to use by many threads.
/// </summary>
public sealed partial class Secrets
{
    const string Masked = "***";

    /// <summary>A value shorter than this is masked only where it stands as a word of its own.</summary>
    const int LengthMin = 4;

    /// <summary>The values in all the ways they are written, the longest first.</summary>
    ImmutableArray<string> values = [];

    /// <summary>Makes a value a secret, also as it is written inside of URLs and JSON; empty values are not.</summary>
    public void Add(string value)
    {
        if (string.IsNullOrWhiteSpace(value)) return;
        string[] spellings =
        [
            value, Uri.EscapeDataString(value), JsonEncodedText.Encode(value).ToString(),
            JsonEncodedText.Encode(value, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).ToString(),
            value.Replace("'", "''", StringComparison.Ordinal),
        ];
        ImmutableInterlocked.Update(
            ref values,
            (known, added) => [.. known.Union(added, StringComparer.Ordinal).OrderByDescending(v => v.Length)],
            spellings);
    }

    /// <summary>The text with every secret in it, and every password inside a URL, replaced by <c>***</c>.</summary>
    public string Mask(string text)
    {
        foreach (var value in values)
        {
            if (!text.Contains(value, StringComparison.Ordinal)) continue;
            text = value.Length < LengthMin
                ? MaskWord(text, value)
                : text.Replace(value, Masked, StringComparison.Ordinal);
        }
        return text.Contains("://", StringComparison.Ordinal)
            ? UrlPassword.Replace(text, "${before}" + Masked + "@")
            : text;
    }

    /// <summary>An error whose message and hint hold no secret.</summary>
    public FozException Mask(FozException error)
    {
        var (message, hint) = (Mask(error.Message), error.Hint is null ? null : Mask(error.Hint));
        return message == error.Message && hint == error.Hint
            ? error
            : new(error.Kind, message) { Place = error.Place, Hint = hint, IsTransient = error.IsTransient };
    }

    /// <summary>
    /// The password that stands in a URL (<c>scheme://user:password@host</c>); null where there is none.
    /// </summary>
    public static string? PasswordInUrl(string text) =>
        UrlPassword.Match(text) is { Success: true } match ? match.Groups["password"].Value : null;

    /// <summary>
    /// The first value of a password in a connection string (<c>password=…;</c>); null where there is none.
    /// </summary>
    public static string? PasswordInConnectionString(string text) =>
        ConnectionStringPassword.Match(text) is { Success: true } match ? match.Groups["password"].Value.Trim('\'') : null;

    static string MaskWord(string text, string value)
    {
        var start = 0;
        while (text.IndexOf(value, start, StringComparison.Ordinal) is >= 0 and var at)
        {
            var end = at + value.Length;
            var isWord = (at == 0 || !char.IsLetterOrDigit(text[at - 1]))
                && (end == text.Length || !char.IsLetterOrDigit(text[end]));
            if (isWord) text = string.Concat(text.AsSpan(0, at), Masked, text.AsSpan(end));
            start = isWord ? at + Masked.Length : end;
        }
        return text;
    }

    [GeneratedRegex(
        @"(?<before>\b[A-Za-z][A-Za-z0-9+.\-]*://[^\s:/@]*:)(?<password>[^\s/]+)@", RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex UrlPassword { get; }

    [GeneratedRegex(
        @"\b(password|pwd)\s*=\s*(?<password>'[^']*'|[^;&\s]+)",
        RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ConnectionStringPassword { get; }
}
