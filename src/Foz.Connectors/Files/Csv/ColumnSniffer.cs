using System.Globalization;
using System.Text.RegularExpressions;
using Foz.Lake.Data;

namespace Foz.Connectors.Files.Csv;

/// <summary>What the values of a column of text look like.</summary>
sealed partial class ColumnSniffer
{
    const int DigitsUsual = 18, DigitsMax = 38;

    static readonly (string Type, DataType Field, Regex Like)[] Plain =
    [
        ("bigint", DataType.Long, Whole), ("boolean", DataType.Boolean, Truth), ("date", DataType.Date, IsoDate),
        ("timestamp", DataType.TimestampNtz, IsoTime), ("timestamptz", DataType.Timestamp, IsoInstant),
    ];

    readonly bool[] fits = [true, true, true, true, true];
    bool isDecimal = true, isComma = true, isDate = true, isMonthFirst, isDayFirst;
    char separator;
    int count, digits, scale;

    /// <summary>Whether no file has a value of it twice, or a row without one.</summary>
    public bool IsUnique { get; set; } = true;

    /// <summary>The type to declare, in SQL's words; null for text.</summary>
    public string? SqlType => Plain.Where((_, i) => count > 0 && fits[i]).Select(p => p.Type).FirstOrDefault()
        ?? (IsNumber ? $"decimal({Precision},{scale})" : HasPattern ? "date" : null);

    /// <summary>How the values are written where the type alone does not read them; null where it does.</summary>
    public string? Written => Plain.Where((_, i) => fits[i]).Any() || count == 0 ? null
        : IsNumber ? (isDecimal ? null : "format: decimal_comma")
        : HasPattern ? $"pattern: '{(isMonthFirst ? $"%m{separator}%d" : $"%d{separator}%m")}{separator}%Y'"
        : null;

    /// <summary>The column's settings in YAML.</summary>
    public string Setting => Written is { } written
        ? $"clean: [{{cast: {{type: {CsvProposal.Quoted(SqlType!)}, {written}}}}}]"
        : $"type: {CsvProposal.Quoted(SqlType!)}";

    /// <summary>The type of the column then.</summary>
    public DataType Field => Plain.Where((_, i) => count > 0 && fits[i]).Select(p => p.Field).FirstOrDefault()
        ?? (IsNumber ? new DataType.Decimal(Precision, scale) : HasPattern ? DataType.Date : DataType.String);

    bool IsNumber => count > 0 && (isDecimal || isComma) && digits + scale <= DigitsMax;

    bool HasPattern => count > 0 && isDate && !(isMonthFirst && isDayFirst);

    int Precision => digits + scale <= DigitsUsual ? DigitsUsual : DigitsMax;

    /// <summary>Takes a value; an empty one says nothing.</summary>
    public void Add(string value)
    {
        if (value.Length == 0) return;
        count++;
        for (var i = 0; i < fits.Length; i++) fits[i] &= Plain[i].Like.IsMatch(value);
        if (isDecimal || isComma)
        {
            isDecimal &= Point.IsMatch(value);
            isComma &= Comma.IsMatch(value);
            var mark = value.AsSpan().IndexOf(isDecimal ? '.' : ',');
            scale = Math.Max(scale, mark < 0 ? 0 : value.Length - mark - 1);
            digits = Math.Max(digits, value.AsSpan(0, mark < 0 ? value.Length : mark).CountAny("0123456789"));
        }
        if (!isDate) return;
        if (DayMonthYear.Match(value) is not { Success: true } date
            || (separator != default && separator != date.Groups["by"].Value[0]))
        {
            isDate = false;
            return;
        }
        separator = date.Groups["by"].Value[0];
        isDayFirst |= Number(date, "first") > 12;
        isMonthFirst |= Number(date, "second") > 12;
        isDate = Number(date, "first") <= 31 && Number(date, "second") <= 31;
    }

    static int Number(Match date, string name) =>
        int.Parse(date.Groups[name].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture);

    // A number has no leading zeros: texts that do are postcodes, or keys of other systems.
    [GeneratedRegex(@"^-?(0|[1-9]\d{0,17})$", RegexOptions.ECMAScript, -1)]
    private static partial Regex Whole { get; }

    [GeneratedRegex(
        @"^(true|false)$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, -1)]
    private static partial Regex Truth { get; }

    [GeneratedRegex(@"^\d{4}-\d{2}-\d{2}$", RegexOptions.ECMAScript, -1)]
    private static partial Regex IsoDate { get; }

    [GeneratedRegex(@"^\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?$", RegexOptions.ECMAScript, -1)]
    private static partial Regex IsoTime { get; }

    [GeneratedRegex(
        @"^\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}(:?\d{2})?)$", RegexOptions.ECMAScript, -1)]
    private static partial Regex IsoInstant { get; }

    [GeneratedRegex(@"^-?(0|[1-9]\d*)(\.\d+)?$", RegexOptions.ECMAScript, -1)]
    private static partial Regex Point { get; }

    [GeneratedRegex(@"^-?(0|[1-9]\d{0,2}(\.\d{3})+|[1-9]\d*)(,\d+)?$", RegexOptions.ECMAScript, -1)]
    private static partial Regex Comma { get; }

    [GeneratedRegex(@"^(?<first>[0-9]{1,2})(?<by>[./-])(?<second>[0-9]{1,2})\k<by>[0-9]{4}$", RegexOptions.None, -1)]
    private static partial Regex DayMonthYear { get; }
}
