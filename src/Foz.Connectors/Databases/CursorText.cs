using System.Globalization;
using Foz.Lake;

namespace Foz.Connectors.Databases;

/// <summary>Cursors as text, for manifests, and back as values of the column's own type.</summary>
static class CursorText
{
    /// <summary>A value as text.</summary>
    public static string Of(object value) => ReaderColumn.Text(value);

    /// <summary>The value of a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="type">.NET's type of the column.</param>
    /// <exception cref="FozException">The text is none of the type.</exception>
    public static object ToValue(string text, Type type)
    {
        var culture = CultureInfo.InvariantCulture;
        try
        {
            return type == typeof(DateTime) ? DateTime.Parse(text, culture, DateTimeStyles.AdjustToUniversal)
                : type == typeof(DateTimeOffset) ? DateTimeOffset.Parse(text, culture, DateTimeStyles.AssumeUniversal)
                : type == typeof(DateOnly) ? DateOnly.Parse(text, culture)
                : type == typeof(Guid) ? Guid.Parse(text)
                : type == typeof(string) || type == typeof(object) ? text
                : type == typeof(byte[]) ? Convert.FromHexString(text)
                : Convert.ChangeType(text, type, culture);
        }
        catch (Exception e) when (e is FormatException or InvalidCastException or OverflowException)
        {
            throw new FozException(
                ErrorKind.Data, $"the cursor '{text}' of the last batch is no {type.Name}, as the column is now")
            {
                Hint = "run the stream once with --full-refresh",
            };
        }
    }
}
