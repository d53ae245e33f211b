using Foz.Delta.Log;
using Foz.Delta.Schema;

namespace Foz.Delta.Scans;

/// <summary>
/// Which files may hold days and times so old that a writer may have counted them in the Julian calendar: dates before
/// 1582-10-15, timestamps before 1900, when time zones still followed the sun. Not for use by two threads at once.
/// </summary>
public sealed class OldTimes
{
    static readonly DeltaValue firstDay = Parse("1582-10-15", DeltaType.Date);
    static readonly DeltaValue firstTime = Parse("1900-01-01T00:00:00Z", DeltaType.Timestamp);

    readonly StatisticsColumn[] columns;
    readonly ColumnBounds[] bounds;
    readonly StatisticsReader reader;
    readonly bool hasUncounted;

    OldTimes(StatisticsColumn[] columns, bool hasUncounted)
    {
        (this.columns, this.hasUncounted) = (columns, hasUncounted);
        bounds = new ColumnBounds[columns.Length];
        reader = new(columns);
    }

    /// <summary>
    /// Reads the columns of a table; null where it has no days and times that a calendar matters for.
    /// </summary>
    public static OldTimes? In(TableSchema schema)
    {
        var counted = new List<StatisticsColumn>();
        var hasOthers = false;
        foreach (var (path, field) in new StructType([.. schema.DataColumns]).Leaves())
            if (IsTime(field.Type)) counted.Add(new(schema.PhysicalPath(path)!, field.Type));
            // Statistics say nothing about values in lists and maps.
            else hasOthers |= HasTimes(field.Type);
        return counted.Count == 0 && !hasOthers ? null : new([.. counted], hasOthers);
    }

    /// <summary>Whether a file may hold one, by its statistics.</summary>
    public bool MayBeIn(FileAction file)
    {
        if (hasUncounted) return true;
        reader.Read(file.Stats.Utf8.Span, bounds);
        for (var i = 0; i < columns.Length; i++)
        {
            var first = columns[i].Type == DeltaType.Date ? firstDay : firstTime;
            if (bounds[i].MayHaveValues && !(bounds[i].Min >= first)) return true;
        }
        return false;
    }

    static bool IsTime(DeltaType type) => type == DeltaType.Date || type == DeltaType.Timestamp;

    static bool HasTimes(DeltaType type) => IsTime(type) || type switch
    {
        StructType parent => parent.Fields.Any(field => HasTimes(field.Type)),
        ArrayType array => HasTimes(array.Element),
        MapType map => HasTimes(map.Key) || HasTimes(map.Value),
        _ => false,
    };

    static DeltaValue Parse(string text, DeltaType type) =>
        DeltaValue.TryParse(text, type, out var value) ? value : throw new FormatException(text);
}
