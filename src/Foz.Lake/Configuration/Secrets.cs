using System.Collections.Immutable;
using System.Net;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Foz.Lake.Configuration;

/// <summary>
/// The secret values in use, so that no text that leaves the process holds one. Safe to use by many threads.
/// </summary>
public sealed partial class Secrets
{
    const string Masked = "***";

    /// <summary>A value shorter than this is masked only where it is a word of its own.</summary>
    const int LengthMin = 4;

    static readonly string[] secretWords = ["token", "key", "secret", "password", "credential"];

    /// <summary>The values in all the ways they are written, the longest first.</summary>
    ImmutableArray<string> values = [];

    /// <summary>
    /// Makes a value a secret, also in the forms that it has inside of URLs, forms, JSON and SQL, in Base64, and as the
    /// password of users in a header of HTTP (RFC 7617); empty values are not.
    /// </summary>
    /// <param name="value">The value.</param>
    /// <param name="users">Whose password it may be.</param>
    public void Add(string value, params IEnumerable<string> users)
    {
        if (string.IsNullOrWhiteSpace(value)) return;
        IEnumerable<string> spellings =
        [
            .. InUrls(value), JsonEncodedText.Encode(value).ToString(),
            JsonEncodedText.Encode(value, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).ToString(),
            value.Replace("'", "''", StringComparison.Ordinal),
            .. InBase64(value), .. InBase64($"{value}:"),
            .. users.Append("").SelectMany(user => InBase64($"{user}:{value}")),
            // OAuth 2 has both escaped (RFC 6749, 2.3.1).
            .. users.SelectMany(user => InBase64($"{Uri.EscapeDataString(user)}:{Uri.EscapeDataString(value)}")),
        ];
        ImmutableInterlocked.Update(
            ref values,
            (known, added) => [.. known.Union(added, StringComparer.Ordinal).OrderByDescending(v => v.Length)],
            spellings);
    }

    /// <summary>Makes secrets of the variables whose names say that they are.</summary>
    public void AddOf(IReadOnlyDictionary<string, string> variables)
    {
        foreach (var (name, value) in variables)
            if (secretWords.Any(word => name.Contains(word, StringComparison.OrdinalIgnoreCase))) Add(value);
    }

    /// <summary>The text with every secret in it, and every password inside a URL, replaced by <c>***</c>.</summary>
    public string Mask(string text)
    {
        foreach (var value in values)
        {
            if (text.Contains(value, StringComparison.Ordinal)) text = Mask(text, value);
        }
        return text.Contains("://", StringComparison.Ordinal)
            ? UrlPassword.Replace(text, "${before}" + Masked + "@")
            : text;
    }

    /// <summary>
    /// An error whose message, context and hint hold no secret; of one that held some, what caused it is left out.
    /// </summary>
    public FozException Mask(FozException error)
    {
        var (message, context, hint) = (Mask(error.Message), MaskAny(error.Context), MaskAny(error.Hint));
        return message == error.Message && context == error.Context && hint == error.Hint
            ? error
            : new(error.Kind, message)
            {
                Place = error.Place, Context = context, Hint = hint, SqlState = error.SqlState,
                IsTransient = error.IsTransient,
            };
    }

    /// <summary>A warning that holds no secret.</summary>
    public Warning Mask(Warning warning) => new(Mask(warning.Message), MaskAny(warning.Hint));

    /// <summary>Returns the password in a URL (<c>scheme://user:password@host</c>); null where there is none.</summary>
    public static string? PasswordInUrl(string text) =>
        UrlPassword.Match(text) is { Success: true } match ? match.Groups["password"].Value : null;

    /// <summary>
    /// Returns the user before a password in a URL, as written there; null where there is no password.
    /// </summary>
    public static string? UserInUrl(string text) =>
        UrlPassword.Match(text) is { Success: true } match ? match.Groups["user"].Value : null;

    /// <summary>
    /// The first value of a password in a connection string (<c>password=…;</c>); null where there is none.
    /// </summary>
    public static string? PasswordInConnectionString(string text) =>
        ConnectionStringPassword.Match(text) is { Success: true } match
            ? match.Groups["password"].Value.Trim('\'')
            : null;

    string? MaskAny(string? text) => text is null ? null : Mask(text);

    /// <summary>
    /// The ways to write a value in a URL or form: escapes differ in what they leave out, and in their letters.
    /// </summary>
    static IEnumerable<string> InUrls(string value)
    {
        foreach (var written in new[] { value, Uri.EscapeDataString(value), WebUtility.UrlEncode(value) })
        {
            yield return written;
            yield return Escape.Replace(written, match => match.Value.ToLowerInvariant());
        }
    }

    /// <summary>A value in Base64, and in that of URLs, without what fills it up.</summary>
    static IEnumerable<string> InBase64(string value)
    {
        var written = Convert.ToBase64String(Encoding.UTF8.GetBytes(value)).TrimEnd('=');
        return [written, Uri.EscapeDataString(written), written.Replace('+', '-').Replace('/', '_')];
    }

    /// <summary>
    /// Masks a value. What Foz itself writes by a rule, whatever the secrets are, stays: a mask in its place would say
    /// what the secret is, and no user could run the command.
    /// </summary>
    static string Mask(string text, string value)
    {
        var own = OwnWords.Matches(text);
        var masked = new StringBuilder();
        var (start, from) = (0, 0);
        while (text.IndexOf(value, from, StringComparison.Ordinal) is >= 0 and var at)
        {
            var end = at + value.Length;
            if (IsMasked(at, end))
            {
                masked.Append(text, start, at - start).Append(Masked);
                (start, from) = (end, end);
            }
            else from = at + 1;
        }
        return masked.Append(text, start, text.Length - start).ToString();

        bool IsMasked(int at, int end) =>
            (value.Length >= LengthMin
                || (at == 0 || !char.IsLetterOrDigit(text[at - 1]))
                    && (end == text.Length || !char.IsLetterOrDigit(text[end])))
            && !own.Any(words => words.Index <= at && end <= words.Index + words.Length);
    }

    /// <summary>A command of Foz with what it is for, and the names under which sources keep changes for it.</summary>
    [GeneratedRegex(
        @"\bfoz (alter|backfill|build|doctor|fsck|incidents|intervals|ls|plan|promote|run|schedule|serve|source|status|"
            + @"stream|upgrade|user|vacuum|validate)\b( (forget|ls|compare|reset|resume|snapshot|start|stop)\b)?"
            + @"( [A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)?)?|\bfoz_[a-z0-9_]+_[0-9a-f]{8}(_[a-z]+)?\b",
        RegexOptions.ExplicitCapture)]
    private static partial Regex OwnWords { get; }

    [GeneratedRegex(
        @"(?<before>\b[A-Za-z][A-Za-z0-9+.\-]{0,30}://(?<user>[^\s:/@]*):)(?<password>[^\s/]+)@",
        RegexOptions.ExplicitCapture)]
    private static partial Regex UrlPassword { get; }

    [GeneratedRegex("%[0-9A-F]{2}")]
    private static partial Regex Escape { get; }

    [GeneratedRegex(
        @"\b(password|pwd)\s*=\s*(?<password>'[^']*'|[^;&\s]+)",
        RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase)]
    private static partial Regex ConnectionStringPassword { get; }
}
