using System.Globalization;

namespace Foz.Lake.Configuration;

/// <summary>Instants as people write them: in UTC unless they say otherwise.</summary>
public static class Instant
{
    /// <summary>How they are written, for hints.</summary>
    public const string Examples = "'2026-01-31' or '2026-01-31 08:30:00', in UTC unless it says otherwise";

    /// <summary>Reads an instant; false where the text is none.</summary>
    public static bool TryParse(string text, out DateTimeOffset instant) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out instant);

    /// <summary>Reads an instant in a statement.</summary>
    /// <exception cref="FozException">The text is none: of kind <see cref="ErrorKind.Sql"/>.</exception>
    public static DateTimeOffset ParseSql(string text) => TryParse(text, out var instant)
        ? instant
        : throw new FozException(ErrorKind.Sql, $"'{text}' is not a timestamp") { Hint = $"write {Examples}" };
}
