using System.Globalization;
using Foz.Lake;

namespace Foz.Connectors.Http;

/// <summary>The cursor of an incremental stream: where rows have it, and how it is asked for.</summary>
sealed record CursorSetting
{
    /// <summary>Where a row has it.</summary>
    public required JsonPath Path { get; init; }

    /// <summary>The stream.</summary>
    public required StreamDefinition Stream { get; init; }

    /// <summary>The parameter that takes it; null where a template does, or nothing.</summary>
    public string? Param { get; init; }

    /// <summary>The cursor of the first batch; null to begin with all rows.</summary>
    public string? Start { get; init; }

    /// <summary>How a time is sent; null as the rows have it.</summary>
    public string? Format { get; init; }

    /// <summary>How far before the last cursor of times rows are asked for again.</summary>
    public TimeSpan LookbackTime { get; init; }

    /// <summary>How far before the last cursor of numbers rows are asked for again.</summary>
    public decimal LookbackNumber { get; init; }

    /// <summary>Gets its identity: <see cref="StreamInputs.OfCursor.Of"/>.</summary>
    public string Of => $"{Path.Text} of {Stream.Settings.Text("path") ?? Stream.Name}";

    /// <summary>Reads what a stream says of it.</summary>
    /// <returns>It; null for a snapshot.</returns>
    /// <exception cref="FozException">A setting is wrong.</exception>
    public static CursorSetting? Read(HttpStream stream)
    {
        var (definition, settings) = (stream.Definition, stream.Definition.Settings);
        string[] keys = ["cursor_param", "cursor_start", "cursor_format", "lookback"];
        if (definition.Mode is StreamMode.Snapshot || stream.AsksForChangedParents)
        {
            if (keys.FirstOrDefault(key => settings.Text(key) is not null) is { } stray)
                throw settings.Wrong(
                    stray,
                    stream.AsksForChangedParents
                        ? "left out with 'parent_mode: incremental'"
                        : "left out without 'mode: incremental'");
            if (stream.Templates.Any(t => t.TakesCursor))
                throw settings.Wrong(
                    "cursor",
                    $"set, with 'mode: "
                        + $"incremental'{(stream.AsksForChangedParents ? " and without 'parent_mode'" : "")}, where "
                        + $"{{cursor}} is");
            return null;
        }
        if (definition.Cursor is not { } cursor) throw settings.Wrong("cursor", "set where mode is incremental");
        var start = settings.Text("cursor_start");
        if (start is null && stream.Templates.Any(t => t.TakesCursor))
            throw settings.Wrong("cursor_start", "set where {cursor} is: the first batch has no other");
        var lookback = settings.Text("lookback");
        var isNumber = decimal.TryParse(
            lookback, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number);
        return new()
        {
            Path = JsonPath.Parse(cursor),
            Stream = definition,
            Param = settings.Text("cursor_param"),
            Start = start,
            Format = settings.Text("cursor_format"),
            LookbackTime = isNumber ? TimeSpan.Zero : settings.Duration("lookback", TimeSpan.Zero),
            LookbackNumber = isNumber ? number : 0,
        };
    }

    /// <summary>The cursor from which rows are wanted: the last one less the lookback.</summary>
    /// <param name="last">The last one; null at the beginning.</param>
    public string? From(string? last)
    {
        if (last is null) return Start;
        if (LookbackNumber > 0 && CursorValue.Parse(last).Number is { } number)
            return (number - LookbackNumber).ToString(CultureInfo.InvariantCulture);
        return LookbackTime > TimeSpan.Zero && CursorValue.Parse(last) is { Time: { } time, IsDate: var isDate }
            ? (time - LookbackTime).ToString(
                isDate ? "yyyy-MM-dd" : "yyyy-MM-ddTHH:mm:ss.FFFFFFFZ", CultureInfo.InvariantCulture)
            : last;
    }

    /// <summary>The error of cursors that have no order among them, such as a text and numbers.</summary>
    public FozException NotAlike(CursorValue cursor, CursorValue other) => new(
        ErrorKind.Data,
        $"stream '{Stream.Name}': the cursor '{Path.Text}' is {cursor.Kind} "
            + $"'{cursor.Text}' in one row and {other.Kind} "
        + $"'{other.Text}' in another, and they have no order: nothing is written")
    {
        Place = Stream.Place,
        Hint = "take a field as cursor that is of one kind in every row; where it became another kind, foz run "
            + "--full-refresh begins again",
    };

    /// <summary>Returns a cursor as it is sent.</summary>
    public string? ToSend(string? cursor)
    {
        if (cursor is null || Format is null || CursorValue.Parse(cursor).Time is not { } time) return cursor;
        return Format switch
        {
            "iso" => time.ToString("yyyy-MM-ddTHH:mm:ss.FFFFFFFZ", CultureInfo.InvariantCulture),
            "date" => time.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
            "epoch" => time.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture),
            _ => time.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture),
        };
    }
}

/// <summary>A cursor by its value, to be compared.</summary>
/// <param name="Text">As the row has it.</param>
/// <param name="Number">As a number; null where it is none.</param>
/// <param name="Time">As an instant; null where it is none.</param>
readonly record struct CursorValue(string Text, decimal? Number, DateTimeOffset? Time)
{
    const int DateLength = 10;

    /// <summary>Whether it is a day without a time.</summary>
    public bool IsDate => Time is not null && Text.Length == DateLength;

    /// <summary>Its kind in words.</summary>
    public string Kind => Number is not null ? "the number" : Time is not null ? "the time" : "the text";

    /// <summary>Whether two are of one kind.</summary>
    public bool IsLike(CursorValue other) =>
        Number.HasValue == other.Number.HasValue && Time.HasValue == other.Time.HasValue;

    /// <summary>Reads a cursor: a number, an instant (in UTC unless it says otherwise), or text.</summary>
    public static CursorValue Parse(string text)
    {
        if (decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
            return new(text, number, null);
        return text.Length >= DateLength && char.IsAsciiDigit(text[0])
            && DateTimeOffset.TryParse(
                text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
                out var time)
            ? new(text, null, time)
            : new(text, null, null);
    }

    /// <summary>Returns less than 0 if it comes before the other, more than 0 if it comes after it.</summary>
    public int Compare(CursorValue other) =>
        Number is { } a && other.Number is { } b ? a.CompareTo(b)
        : Time is { } x && other.Time is { } y ? x.CompareTo(y)
        : string.CompareOrdinal(Text, other.Text);
}
