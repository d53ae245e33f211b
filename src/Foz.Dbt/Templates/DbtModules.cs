using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Foz.Dbt.Jinja;
using Foz.Lake;

namespace Foz.Dbt.Templates;

/// <summary>
/// <c>modules</c> in templates: of Python's, <c>datetime</c>, <c>pytz</c>, <c>re</c> and <c>itertools</c> as far as
/// projects use them.
/// </summary>
/// <param name="session">The rendering.</param>
sealed partial class DbtModules(DbtSession session) : JinjaObject
{
    static readonly TimeSpan RegexTime = TimeSpan.FromSeconds(1);

    /// <inheritdoc/>
    public override IEnumerable<string> Names => ["datetime", "pytz", "re", "itertools"];

    /// <inheritdoc/>
    public override string ToString() => "<modules>";

    /// <inheritdoc/>
    public override bool TryGet(string name, out object? value)
    {
        value = name switch
        {
            "datetime" => new DbtMembers(
                ("datetime", Times(isDate: false)), ("date", Times(isDate: true)),
                ("timedelta", new JinjaCallable("timedelta", DbtDuration.Of)),
                ("timezone", new DbtMembers(("utc", "UTC")))),
            "pytz" =>
                new DbtMembers(
                    ("utc", "UTC"), ("UTC", "UTC"),
                    ("timezone", new JinjaCallable("timezone", a => JinjaValue.ToText(a.Single())))),
            "re" => new DbtMembers(
                ("match", new JinjaCallable("match", a => Match(a, @"\A(?:{0})"))),
                ("search", new JinjaCallable("search", a => Match(a, "{0}"))),
                ("fullmatch", new JinjaCallable("fullmatch", a => Match(a, @"\A(?:{0})\z"))),
                ("findall", new JinjaCallable("findall", FindAll)),
                ("sub", new JinjaCallable("sub", Replace)),
                ("split", new JinjaCallable("split", a => a.Bind(2, "pattern", "string") is var v
                    ? new JinjaList(RegexOf(a, JinjaValue.ToText(v[0])).Split(JinjaValue.ToText(v[1]))) : null)),
                ("compile",
                    new JinjaCallable(
                        "compile",
                        a => throw a.Error(
                            "re.compile() is not supported", "hand the pattern to the function that uses it"))),
                ("escape", new JinjaCallable("escape", a => Regex.Escape(JinjaValue.ToText(a.Single())))),
                ("IGNORECASE", 2L)),
            "itertools" => new DbtMembers(
                ("product", new JinjaCallable("product", Product)),
                ("chain", new JinjaCallable("chain", a => new JinjaList(a.Positional.SelectMany(a.Items))))),
            _ => null,
        };
        return value is not null;
    }

    DbtMembers Times(bool isDate) => new DbtMembers(
        ("__call__", new JinjaCallable("datetime", a => Make(a, isDate))),
        ("now", new JinjaCallable("now", _ => Now(isDate))),
        ("utcnow", new JinjaCallable("utcnow", _ => Now(isDate))),
        ("today", new JinjaCallable("today", _ => Now(isDate))),
        ("strptime", new JinjaCallable("strptime", Parse)),
        ("fromisoformat", new JinjaCallable("fromisoformat", a => FromIso(a, isDate))));

    DbtTime Now(bool isDate)
    {
        session.IsVolatile = true;
        return new(session.Request.Executes ? session.Context.StartedAt : DateTimeOffset.UnixEpoch)
        {
            IsDate = isDate,
        };
    }

    static DbtTime Make(JinjaArguments arguments, bool isDate)
    {
        var given = arguments.Bind(3, "year", "month", "day", "hour", "minute", "second", "microsecond");
        var parts = given.Select(value => (int)arguments.Integer(value, 0)).ToArray();
        try
        {
            return new(
                new DateTimeOffset(
                    parts[0], parts[1], parts[2], parts[3], parts[4], parts[5],
                    TimeSpan.Zero).AddMicroseconds(parts[6]))
            { IsDate = isDate };
        }
        catch (ArgumentOutOfRangeException e)
        {
            throw new FozException(ErrorKind.Configuration, "there is no such date", e) { Place = arguments.Place };
        }
    }

    static DbtTime FromIso(JinjaArguments arguments, bool isDate)
    {
        var text = JinjaValue.ToText(arguments.Single());
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? new(time) { IsDate = isDate }
            : throw arguments.Error($"'{text}' is no date and time of ISO 8601", hint: null);
    }

    static DbtTime Parse(JinjaArguments arguments)
    {
        var given = arguments.Bind(2, "string", "format");
        var (text, format) = (JinjaValue.ToText(given[0]), JinjaValue.ToText(given[1]));
        var pattern = DbtTime.PatternOf(format)
            ?? throw arguments.Error($"the format '{format}' is not supported by strptime()", hint: null);
        return DateTimeOffset.TryParseExact(
            text, pattern, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? new(time)
            : throw arguments.Error($"'{text}' is not of the format '{format}'", hint: null);
    }

    static Regex RegexOf(JinjaArguments arguments, string pattern)
    {
        try
        {
            return new(
                pattern.Replace("(?P<", "(?<", StringComparison.Ordinal), RegexOptions.CultureInvariant, RegexTime);
        }
        catch (ArgumentException e)
        {
            throw new FozException(ErrorKind.Configuration, $"'{pattern}' is no regular expression: {e.Message}", e)
            {
                Place = arguments.Place,
            };
        }
    }

    static DbtMembers? Match(JinjaArguments arguments, string shape)
    {
        var given = arguments.Bind(2, "pattern", "string", "flags");
        var pattern = shape.Replace("{0}", JinjaValue.ToText(given[0]), StringComparison.Ordinal);
        var match = RegexOf(arguments, given[2] is 2L ? "(?i)" + pattern : pattern).Match(JinjaValue.ToText(given[1]));
        if (!match.Success) return null;
        return new DbtMembers(
            ("group", new JinjaCallable("group", a => a.Bind(0, "group") is [string name] ? match.Groups[name].Value
                : match.Groups[(int)a.Integer(a.Bind(0, "group")[0], 0)].Value)),
            ("groups",
                new JinjaCallable(
                    "groups",
                    _ => new JinjaTuple(
                        [.. match.Groups.Values.Skip(1).Select(group => group.Success ? group.Value : null)]))),
            ("start", new JinjaCallable("start", _ => (long)match.Index)),
            ("end", new JinjaCallable("end", _ => (long)(match.Index + match.Length))));
    }

    static JinjaList FindAll(JinjaArguments arguments)
    {
        var given = arguments.Bind(2, "pattern", "string");
        return new(
            RegexOf(arguments, JinjaValue.ToText(given[0])).Matches(JinjaValue.ToText(given[1]))
                .Select(match => (object?)(match.Groups.Count switch
                {
                    1 => match.Value,
                    2 => match.Groups[1].Value,
                    _ => new JinjaTuple([.. match.Groups.Values.Skip(1).Select(group => group.Value)]),
                })));
    }

    static string Replace(JinjaArguments arguments)
    {
        var given = arguments.Bind(3, "pattern", "repl", "string", "count");
        var with = GroupName.Replace(
            JinjaValue.ToText(given[1]).Replace("$", "$$", StringComparison.Ordinal),
            match => $"${{{match.Groups["name"].Value}}}");
        var count = (int)arguments.Integer(given[3], 0);
        var regex = RegexOf(arguments, JinjaValue.ToText(given[0]));
        return count > 0
            ? regex.Replace(JinjaValue.ToText(given[2]), with, count)
            : regex.Replace(JinjaValue.ToText(given[2]), with);
    }

    /// <summary>Gets the pattern of group references in a replacement text.</summary>
    [GeneratedRegex(@"\\((?<name>\d)|g<(?<name>\w+)>)", RegexOptions.ExplicitCapture)]
    private static partial Regex GroupName { get; }

    static JinjaList Product(JinjaArguments arguments)
    {
        IEnumerable<IReadOnlyList<object?>> all = [[]];
        foreach (var list in arguments.Positional.Select(list => arguments.Items(list).ToList()))
            all = all.SelectMany(items => list, (items, item) => (IReadOnlyList<object?>)[.. items, item]);
        return new(all.Take(arguments.Rendering.Limits.ItemsMax).Select(items => (object?)new JinjaTuple(items)));
    }
}

/// <summary>A thing of Python with named parts; one that is called <c>__call__</c> makes it a function.</summary>
/// <param name="members">Its parts.</param>
sealed class DbtMembers(params IReadOnlyList<(string Name, object? Value)> members) : JinjaObject
{
    /// <inheritdoc/>
    public override IEnumerable<string> Names => members.Select(member => member.Name);

    /// <inheritdoc/>
    public override string ToString() => "<object>";

    /// <inheritdoc/>
    public override bool TryGet(string name, out object? value)
    {
        value = members.FirstOrDefault(member => member.Name == name).Value;
        return value is not null;
    }
}

/// <summary>A date or time of Python.</summary>
/// <param name="time">The time.</param>
sealed class DbtTime(DateTimeOffset time) : JinjaObject, IJinjaArithmetic
{
    static readonly Dictionary<char, string> Patterns = new()
    {
        ['Y'] = "yyyy", ['y'] = "yy", ['m'] = "MM", ['d'] = "dd", ['H'] = "HH", ['I'] = "hh", ['M'] = "mm",
        ['S'] = "ss", ['f'] = "ffffff",
        ['p'] = "tt", ['b'] = "MMM", ['B'] = "MMMM", ['a'] = "ddd", ['A'] = "dddd", ['z'] = "zzz",
    };

    /// <summary>Whether it is a date only.</summary>
    public bool IsDate { get; init; }

    /// <summary>The time.</summary>
    public DateTimeOffset Time => IsDate ? new(time.Date, TimeSpan.Zero) : time;

    /// <inheritdoc/>
    public override string TypeName => IsDate ? "date" : "datetime";

    /// <inheritdoc/>
    public override IEnumerable<string> Names =>
        [
            "strftime", "isoformat", "date", "year", "month", "day", "hour", "minute", "second", "weekday",
            "isoweekday", "timestamp", "replace", "astimezone",
        ];

    /// <inheritdoc/>
    public override string ToString() => IsDate
        ? Time.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)
        : Time.ToString(
            Time.Microsecond + Time.Millisecond == 0 ? "yyyy-MM-dd HH:mm:sszzz" : "yyyy-MM-dd HH:mm:ss.ffffffzzz",
            CultureInfo.InvariantCulture);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is DbtTime other && other.Time == Time;

    /// <inheritdoc/>
    public override int GetHashCode() => Time.GetHashCode();

    /// <inheritdoc/>
    public int? Compare(object? other) => other is DbtTime time ? Time.CompareTo(time.Time) : null;

    /// <inheritdoc/>
    public object? Plus(object? other, Place place) => other is DbtDuration duration
        ? new DbtTime(Time + duration.Length) { IsDate = IsDate }
        : throw new FozException(
            ErrorKind.Configuration,
            $"only a timedelta can be added to a time, not {JinjaValue.ToCode(other)}")
        { Place = place };

    /// <inheritdoc/>
    public object? Minus(object? other, Place place) => other switch
    {
        DbtDuration duration => new DbtTime(Time - duration.Length) { IsDate = IsDate },
        DbtTime earlier => new DbtDuration(Time - earlier.Time),
        _ => throw new FozException(
            ErrorKind.Configuration,
            $"only a time or timedelta can be taken from a time, not {JinjaValue.ToCode(other)}")
        { Place = place },
    };

    /// <inheritdoc/>
    public override bool TryGet(string name, out object? value)
    {
        value = name switch
        {
            "strftime" => new JinjaCallable(name, a => Format(JinjaValue.ToText(a.Single("format")))),
            "isoformat" => new JinjaCallable(name, _ => ToString().Replace(' ', 'T')),
            "date" => new JinjaCallable(name, _ => new DbtTime(Time) { IsDate = true }),
            "replace" or "astimezone" => new JinjaCallable(name, _ => this),
            "weekday" => new JinjaCallable(name, _ => ((long)Time.DayOfWeek + 6) % 7),
            "isoweekday" => new JinjaCallable(name, _ => ((long)Time.DayOfWeek + 6) % 7 + 1),
            "timestamp" => new JinjaCallable(name, _ => Time.ToUnixTimeMilliseconds() / 1000.0),
            "year" => (long)Time.Year,
            "month" => (long)Time.Month,
            "day" => (long)Time.Day,
            "hour" => (long)Time.Hour,
            "minute" => (long)Time.Minute,
            "second" => (long)Time.Second,
            _ => null,
        };
        return value is not null;
    }

    string Format(string format)
    {
        var written = new StringBuilder();
        for (var i = 0; i < format.Length; i++)
        {
            if (format[i] != '%' || i + 1 == format.Length) written.Append(format[i]);
            else if (format[++i] == 'j') written.Append(Time.DayOfYear.ToString("000", CultureInfo.InvariantCulture));
            else if (format[i] == 's') written.Append(Time.ToUnixTimeSeconds());
            // A pattern of one letter alone would be a format of its own.
            else if (Patterns.TryGetValue(format[i], out var pattern))
                written.Append(Time.ToString($"'' {pattern}", CultureInfo.InvariantCulture)[1..]);
            else written.Append(format[i]);
        }
        return written.ToString();
    }

    /// <summary>A format of Python as .NET has it; null where it has none.</summary>
    public static string? PatternOf(string format)
    {
        var written = new StringBuilder();
        for (var i = 0; i < format.Length; i++)
        {
            if (format[i] != '%') written.Append(char.IsLetter(format[i]) ? $"'{format[i]}'" : format[i].ToString());
            else if (++i < format.Length && Patterns.TryGetValue(format[i], out var pattern)) written.Append(pattern);
            else return null;
        }
        return written.ToString();
    }
}

/// <summary>A length of time of Python.</summary>
/// <param name="length">The length.</param>
sealed class DbtDuration(TimeSpan length) : JinjaObject, IJinjaArithmetic
{
    /// <summary>The length.</summary>
    public TimeSpan Length => length;

    /// <inheritdoc/>
    public override string TypeName => "timedelta";

    /// <inheritdoc/>
    public override IEnumerable<string> Names => ["days", "seconds", "total_seconds"];

    /// <summary>What <c>timedelta(…)</c> makes.</summary>
    public static DbtDuration Of(JinjaArguments arguments)
    {
        var given = arguments.Bind(0, "days", "seconds", "microseconds", "milliseconds", "minutes", "hours", "weeks");
        double[] units = [86_400, 1, 0.000_001, 0.001, 60, 3_600, 604_800];
        var seconds =
            given.Select((value, i) => JinjaValue.IsNumber(value) ? JinjaNumber.ToDouble(value!) * units[i] : 0).Sum();
        return Math.Abs(seconds) < TimeSpan.MaxValue.TotalSeconds / 2 ? new(TimeSpan.FromSeconds(seconds))
            : throw arguments.Error("the timedelta is too long", hint: null);
    }

    /// <inheritdoc/>
    public override string ToString() => length.Days != 0
        ? $"{length.Days} day{(Math.Abs(length.Days) == 1 ? "" : "s")}, "
            + $"{length.Hours}:{length.Minutes:00}:{length.Seconds:00}"
        : $"{length.Hours}:{length.Minutes:00}:{length.Seconds:00}";

    /// <inheritdoc/>
    public int? Compare(object? other) => other is DbtDuration duration ? length.CompareTo(duration.Length) : null;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is DbtDuration other && other.Length == length;

    /// <inheritdoc/>
    public override int GetHashCode() => length.GetHashCode();

    /// <inheritdoc/>
    public object? Plus(object? other, Place place) => other switch
    {
        DbtDuration more => new DbtDuration(length + more.Length),
        DbtTime time => time.Plus(this, place),
        _ => throw new FozException(
            ErrorKind.Configuration,
            $"only a time or timedelta can be added to a timedelta, not {JinjaValue.ToCode(other)}")
        { Place = place },
    };

    /// <inheritdoc/>
    public object? Minus(object? other, Place place) => other is DbtDuration less
        ? new DbtDuration(length - less.Length)
        : throw new FozException(
            ErrorKind.Configuration,
            $"only a timedelta can be taken from a timedelta, not {JinjaValue.ToCode(other)}")
        { Place = place };

    /// <inheritdoc/>
    public override bool TryGet(string name, out object? value)
    {
        value = name switch
        {
            "days" => (long)Math.Floor(length.TotalDays),
            "seconds" => (long)(length - TimeSpan.FromDays(Math.Floor(length.TotalDays))).TotalSeconds,
            "total_seconds" => new JinjaCallable(name, _ => length.TotalSeconds),
            _ => null,
        };
        return value is not null;
    }
}
