using System.Collections.Frozen;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace Foz.Lake.Data.Formats;

/// <summary>How values of a kind are written: what is one, and how it is written in one way.</summary>
/// <param name="name">Its name in YAML.</param>
/// <param name="normalize">Writes a value in one way; null where it is none.</param>
public sealed class ValueFormat(string name, Func<string, string?> normalize)
{
    const int EmailMax = 254, LocalPartMax = 64;

    /// <summary>Its name in YAML.</summary>
    public string Name { get; } = name;

    /// <summary>A value written in one way; null where it is none of the format.</summary>
    public string? Normalize(string text) => normalize(text.Trim());

    /// <summary>Whether a value is one of the format, however it is written.</summary>
    public bool IsValid(string text) => Normalize(text) is not null;

    /// <summary>All formats by their names.</summary>
    public static FrozenDictionary<string, ValueFormat> ByName { get; } = new ValueFormat[]
    {
        new("cpf", BrazilianNumbers.Cpf),
        new("cnpj", BrazilianNumbers.Cnpj),
        new("cep", BrazilianNumbers.Cep),
        new("phone", PhoneNumber.Normalize),
        new("email", Email),
        new("url", Url),
        new("uuid", static text => Guid.TryParse(text, out var id) ? id.ToString("D") : null),
        new("ipv4", static text => Address(text, AddressFamily.InterNetwork)),
        new("ipv6", static text => Address(text, AddressFamily.InterNetworkV6)),
        new("json", Json),
        new("date",
            static text =>
                DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _)
                    ? text
                    : null),
        new("date_br", static text =>
            DateOnly.TryParseExact(
                text, ["dd/MM/yyyy", "d/M/yyyy"], CultureInfo.InvariantCulture, DateTimeStyles.None, out var date)
                ? date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)
                : null),
        new("timestamp", Timestamp),
        new("decimal_comma", DecimalComma),
        new("decimal", Decimal),
    }.ToFrozenDictionary(format => format.Name, StringComparer.Ordinal);

    /// <summary>The names of all formats.</summary>
    public static IReadOnlyCollection<string> Names => ByName.Keys;

    /// <summary>
    /// A format's name, and that of the one in which it writes values, where that is another: a value that was written
    /// in one way is one of either.
    /// </summary>
    public static IEnumerable<string> NamesOfWritten(string name) => name switch
    {
        "date_br" => [name, "date"],
        "decimal_comma" => [name, "decimal"],
        _ => [name],
    };

    static string? Email(string text)
    {
        var at = text.LastIndexOf('@');
        if (at is < 1 or > LocalPartMax || text.Length > EmailMax) return null;
        var (local, domain) = (text[..at], text[(at + 1)..]);
        var isLocal =
            local.All(c => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+/=?^_`{|}~-.".Contains(c, StringComparison.Ordinal))
                && local[0] != '.' && local[^1] != '.' && !local.Contains("..", StringComparison.Ordinal);
        return isLocal && domain.Contains('.', StringComparison.Ordinal) && IsHost(domain)
            ? text.ToLowerInvariant()
            : null;
    }

    static bool IsHost(string domain) => domain.Split('.').All(label =>
        label.Length is > 0 and <= 63 && label[0] != '-' && label[^1] != '-'
        && label.All(c => c == '-' || char.IsLetterOrDigit(c)));

    static string? Url(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" or "ftp"
        && url!.Host.Length > 0 && !text.Any(char.IsWhiteSpace)
            ? text
            : null;

    static string? Address(string text, AddressFamily family) =>
        // Shorter writings such as 10.1 are addresses for the library, and mistakes in data.
        (family is AddressFamily.InterNetworkV6 || text.Count(c => c == '.') == 3)
        && IPAddress.TryParse(text, out var address) && address.AddressFamily == family
        && (family is AddressFamily.InterNetworkV6 || address.ToString() == text)
            ? address.ToString()
            : null;

    static string? Json(string text)
    {
        try
        {
            using var _ = JsonDocument.Parse(text);
            return text;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    static string? Timestamp(string text) =>
        text.Length >= 10 && char.IsAsciiDigit(text[0])
        && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out _)
        && DateOnly.TryParseExact(
            text.AsSpan(0, 10), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _)
            ? text
            : null;

    /// <summary>1234567.89, with digits on both sides of the point where there is one.</summary>
    static string? Decimal(string text)
    {
        var parts = text[(text.StartsWith('-') ? 1 : 0)..].Split('.');
        return parts.Length <= 2 && parts.All(part => part.Length > 0 && part.All(char.IsAsciiDigit)) ? text : null;
    }

    /// <summary>1.234.567,89 and 1234567,89 as 1234567.89.</summary>
    static string? DecimalComma(string text)
    {
        var sign = text.StartsWith('-') ? "-" : "";
        var parts = text[sign.Length..].Split(',');
        if (parts.Length > 2 || (parts.Length == 2 && (parts[1].Length == 0 || !parts[1].All(char.IsAsciiDigit))))
            return null;
        var groups = parts[0].Split('.');
        if (groups.Any(group => group.Length == 0 || !group.All(char.IsAsciiDigit))) return null;
        if (groups.Length > 1 && (groups[0].Length > 3 || groups.Skip(1).Any(group => group.Length != 3))) return null;
        return sign + string.Concat(groups) + (parts.Length == 2 ? "." + parts[1] : "");
    }
}
