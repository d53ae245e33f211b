using System.Globalization;
using Foz.Lake.Tables.Maintenance;

namespace Foz.Cli.Terminal;

/// <summary>Sizes as people read them.</summary>
static class SizeText
{
    static readonly string[] Units = ["B", "KB", "MB", "GB", "TB", "PB"];

    /// <summary>Returns a number of bytes with a unit of powers of 1000 and one digit after the point.</summary>
    public static string Of(long bytes)
    {
        var (size, unit) = ((double)bytes, 0);
        while (size >= 999.95 && unit < Units.Length - 1) (size, unit) = (size / 1000, unit + 1);
        return string.Create(CultureInfo.InvariantCulture, $"{(unit == 0 ? $"{bytes}" : $"{size:0.0}")} {Units[unit]}");
    }
}

/// <summary>How far a work on files is, as text.</summary>
static class FileText
{
    /// <summary>Bytes, their share, and files.</summary>
    public static string Of(FileTotal done, FileTotal all) =>
        string.Create(CultureInfo.InvariantCulture, $"{SizeText.Of(done.Bytes)} of {SizeText.Of(all.Bytes)} ")
        + string.Create(CultureInfo.InvariantCulture, $"({(all.Bytes == 0 ? 100 : 100 * done.Bytes / all.Bytes)} %), ")
        + string.Create(CultureInfo.InvariantCulture, $"{done.Files:N0} of {all.Files:N0} files");
}

/// <summary>Instants as text.</summary>
static class TimeText
{
    /// <summary>Returns an instant in UTC: to the second for people, otherwise ISO 8601 with full precision.</summary>
    public static string Of(DateTimeOffset instant, bool isForPeople) => isForPeople
        ? instant.ToUniversalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) + "Z"
        : instant.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.FFFFFFF", CultureInfo.InvariantCulture) + "Z";
}
