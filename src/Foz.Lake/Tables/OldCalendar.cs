using System.Globalization;
using System.Runtime.CompilerServices;
using Foz.Delta.Log;
using Foz.Delta.Scans;
using Foz.Lake.Engine;
using Foz.Lake.Sql;

namespace Foz.Lake.Tables;

/// <summary>
/// How a file that Spark wrote counts old days and times: in the Julian calendar before 1582-10-15, as Spark 2 did, and
/// Spark 3 and 4 do where they are set to (<c>spark.sql.parquet.datetimeRebaseModeInWrite</c>). The file's footer says
/// so, and in which time zone the timestamps were; they are read as Spark reads them.
/// </summary>
/// <param name="File">The file's path, for messages.</param>
/// <param name="IsOfDates">Whether its dates are in that calendar.</param>
/// <param name="IsOfTimestamps">Whether its timestamps are, too.</param>
/// <param name="Zone">The time zone of its timestamps; null where the footer names none.</param>
public sealed record OldCalendar(string File, bool IsOfDates, bool IsOfTimestamps, string? Zone)
{
    const string VersionKey = "org.apache.spark.version", ZoneKey = "org.apache.spark.timeZone";
    const string DateTimeKey = "org.apache.spark.legacyDateTime", Int96Key = "org.apache.spark.legacyINT96";

    // Older versions count so without saying it; Spark compares the texts, too.
    const string DateTimeVersion = "3.0.0", Int96Version = "3.1.0";

    // How many footers one statement reads.
    const int FilesAtOnceMax = 500;

    static readonly OldCalendar none = new("", false, false, null);
    static readonly ConditionalWeakTable<AddFile, OldCalendar> known = [];

    /// <summary>The files, of those of a scan, that count so; empty for most tables, at little cost.</summary>
    /// <param name="session">The session that reads footers.</param>
    /// <param name="table">The table.</param>
    /// <param name="files">The files.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static IReadOnlyDictionary<AddFile, OldCalendar> Find(
        EngineSession session, TableSnapshot table, IReadOnlyCollection<AddFile> files,
        CancellationToken cancellationToken)
    {
        var found = new Dictionary<AddFile, OldCalendar>(ReferenceEqualityComparer.Instance);
        if (OldTimes.In(table.Schema) is not { } times) return found;
        var unknown = new List<AddFile>();
        foreach (var file in files)
        {
            if (!known.TryGetValue(file, out var calendar))
            {
                if (times.MayBeIn(file)) unknown.Add(file);
                else known.AddOrUpdate(file, none);
            }
            else if (!ReferenceEquals(calendar, none)) found[file] = calendar;
        }
        foreach (var some in unknown.Chunk(FilesAtOnceMax))
        {
            var calendars = Read(
                session, [.. some.Select(file => TableFiles.LocalPath(table, file))], cancellationToken);
            foreach (var file in some)
            {
                var calendar = calendars.GetValueOrDefault(TableFiles.LocalPath(table, file), none);
                known.AddOrUpdate(file, calendar);
                if (!ReferenceEquals(calendar, none)) found[file] = calendar;
            }
        }
        return found;
    }

    /// <summary>The calendars of those files, by their paths, that have another than the engine.</summary>
    public static IReadOnlyDictionary<string, OldCalendar> Read(
        EngineSession session, IReadOnlyList<string> paths, CancellationToken cancellationToken)
    {
        var footers = new Dictionary<string, Dictionary<string, string>>(StringComparer.Ordinal);
        using (var rows = session.Query(
            $"""
            SELECT file_name, decode(key), decode(value) FROM parquet_kv_metadata([{string.Join(", ", paths.Select(SqlText.Literal))}])
            WHERE key IN ({string.Join(", ", new[] { VersionKey, ZoneKey, DateTimeKey, Int96Key }.Select(key => $"encode('{key}')"))})
            """, cancellationToken))
            foreach (var row in rows.Rows(cancellationToken))
            {
                var path = (string)row[0]!;
                if (!footers.TryGetValue(path, out var footer)) footers[path] = footer = new(StringComparer.Ordinal);
                footer[(string)row[1]!] = (string?)row[2] ?? "";
            }
        var found = new Dictionary<string, OldCalendar>(StringComparer.Ordinal);
        foreach (var (path, footer) in footers)
        {
            // Without a version no Spark wrote the file.
            if (footer.GetValueOrDefault(VersionKey) is not { } version) continue;
            var dates = IsOld(version, DateTimeVersion, footer, DateTimeKey);
            var int96 = IsOld(version, Int96Version, footer, Int96Key);
            var timestamps = dates == int96 ? dates : HasInt96(session, path, cancellationToken) ? int96 : dates;
            if (dates || timestamps) found[path] = new(path, dates, timestamps, footer.GetValueOrDefault(ZoneKey));
        }
        return found;
    }

    /// <summary>Equal for calendars that are read in the same way.</summary>
    public object Rules => IsOfTimestamps && Offset(Zone) is null ? this : (IsOfDates, IsOfTimestamps, Zone);

    /// <summary>A date of the file in the engine's calendar.</summary>
    public string Date(string value) => IsOfDates
        ? $"CASE WHEN {value} < DATE '1582-10-15' THEN foz_julian_date({value}) ELSE {value} END"
        : value;

    /// <summary>
    /// A timestamp of the file in the engine's calendar. What no offset is known for is an error, and no guess: a zone
    /// that followed the sun before 1900, and none at all, where Spark takes the reader's own.
    /// </summary>
    public string Timestamp(string value)
    {
        if (!IsOfTimestamps) return value;
        if (Offset(Zone) is not { } offset)
            return $"CASE WHEN {value} < TIMESTAMPTZ '1900-01-01 00:00:00+00' "
                + $"THEN error({SqlText.Literal(Refusal)}) ELSE {value} END";
        var micros = (offset.Ticks / TimeSpan.TicksPerMicrosecond).ToString(CultureInfo.InvariantCulture);
        // A day before the change of calendars, so that no offset matters.
        return $"CASE WHEN {value} < TIMESTAMPTZ '1582-10-16 00:00:00+00' "
            + $"THEN foz_julian_time({value}, {micros}) ELSE {value} END";
    }

    string Refusal =>
        $"{File} holds timestamps before 1900 in Spark's old calendar and "
            + $"{(Zone is null ? "names no time zone" : $"the time zone {Zone}")}, "
        + "which is not supported; rewrite the table in Spark with "
        + "spark.sql.parquet.datetimeRebaseModeInWrite=CORRECTED";

    static bool IsOld(string version, string first, Dictionary<string, string> footer, string key) =>
        string.CompareOrdinal(version, first) < 0 || footer.ContainsKey(key);

    static bool HasInt96(EngineSession session, string path, CancellationToken cancellationToken) =>
        session.QueryScalar<long>(
            $"SELECT count(*) FROM parquet_schema({SqlText.Literal(path)}) WHERE type = 'INT96'",
            cancellationToken) > 0;

    // The offset of a zone whose clocks never changed; null for other zones.
    static TimeSpan? Offset(string? zone)
    {
        if (zone is null) return null;
        if (zone is "UTC" or "Z" or "GMT" or "Etc/UTC" or "Etc/GMT" or "Etc/UCT" or "UCT" or "Etc/Universal"
            or "Etc/Zulu")
            return TimeSpan.Zero;
        var text = zone.StartsWith("GMT", StringComparison.Ordinal) || zone.StartsWith("UTC", StringComparison.Ordinal)
            ? zone[3..]
            : zone;
        if (text is not ['+' or '-', ..]) return null;
        var isOffset = TimeSpan.TryParseExact(
            text[1..], [@"hh\:mm\:ss", @"hh\:mm", "hhmm", "hh", "%h"], CultureInfo.InvariantCulture, out var offset);
        return isOffset ? text[0] == '-' ? -offset : offset : null;
    }
}
