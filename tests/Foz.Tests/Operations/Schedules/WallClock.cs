using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Foz.Tests.Operations.Schedules;

/// <summary>
/// What clocks show in a time zone, read from the machine's tz database (RFC 9636) without the framework's own reader.
/// </summary>
sealed partial class WallClock
{
    const string Database = "/usr/share/zoneinfo";
    const int HeaderBytes = 44, CountsAt = 20, TypeBytes = 6;

    readonly long[] changes;
    readonly int[] offsets;
    readonly int first;
    readonly Rule last;

    WallClock(byte[] file)
    {
        // The first part has times of four bytes, for readers of long ago.
        var counts = Counts(file);
        var at = HeaderBytes + LengthOf(counts, timeBytes: 4);
        var part = file.AsSpan(at);
        counts = Counts(part);
        var (times, types) = (counts[3], counts[4]);
        var data = part[HeaderBytes..];
        changes = new long[times];
        offsets = new int[times];
        var ofTypes = data[(times * 9)..];
        for (var i = 0; i < times; i++)
        {
            changes[i] = BinaryPrimitives.ReadInt64BigEndian(data[(i * 8)..]);
            offsets[i] = OffsetOf(ofTypes, data[times * 8 + i]);
        }
        first = types > 0 ? OffsetOf(ofTypes, 0) : 0;
        last = Rule.Parse(Encoding.ASCII.GetString(data[LengthOf(counts, timeBytes: 8)..]).Trim('\n'));
    }

    /// <summary>The names of all zones of the database, and of those that are the same under an older name.</summary>
    public static IReadOnlyList<string> Names { get; } = File.Exists(Path.Combine(Database, "tzdata.zi"))
        ?
        [
            .. File.ReadLines(Path.Combine(Database, "tzdata.zi"))
                .Where(line => line.StartsWith("Z ", StringComparison.Ordinal)
                    || line.StartsWith("L ", StringComparison.Ordinal))
                .Select(line => line.Split(' ')[line[0] == 'Z' ? 1 : 2]).Order(StringComparer.Ordinal),
        ]
        : [];

    /// <summary>Reads a zone.</summary>
    public static WallClock Of(string zone) => new(File.ReadAllBytes(Path.Combine(Database, zone)));

    /// <summary>What clocks show at a moment.</summary>
    public DateTime At(DateTimeOffset moment) => moment.UtcDateTime.AddSeconds(OffsetAt(moment.ToUnixTimeSeconds()));

    int OffsetAt(long second)
    {
        if (changes.Length == 0 || second >= changes[^1])
            return last.HasSummer || changes.Length == 0 ? last.OffsetAt(second) : offsets[^1];
        var index = Array.BinarySearch(changes, second);
        if (index < 0) index = ~index - 1;
        return index < 0 ? first : offsets[index];
    }

    static int[] Counts(ReadOnlySpan<byte> header)
    {
        var counts = new int[6];
        for (var i = 0; i < counts.Length; i++)
            counts[i] = BinaryPrimitives.ReadInt32BigEndian(header[(CountsAt + i * 4)..]);
        return counts;
    }

    /// <summary>The bytes of a part after its header: times, types, names, leap seconds and marks.</summary>
    static int LengthOf(int[] counts, int timeBytes) =>
        counts[3] * (timeBytes + 1) + counts[4] * TypeBytes + counts[5] + counts[2] * (timeBytes + 4) + counts[1]
        + counts[0];

    static int OffsetOf(ReadOnlySpan<byte> types, int type) =>
        BinaryPrimitives.ReadInt32BigEndian(types[(type * TypeBytes)..]);

    /// <summary>What holds after the last change that the file lists, as POSIX writes it in TZ.</summary>
    sealed partial class Rule
    {
        readonly int standard, summer;
        readonly (int Month, int Week, int Day, int Second) begins, ends;
        (int Year, long Begins, long Ends) known;

        Rule(Match match)
        {
            standard = -Seconds(match.Groups["standard"].Value);
            HasSummer = match.Groups["begins"].Success;
            if (!HasSummer) return;
            summer = match.Groups["summer"].Success ? -Seconds(match.Groups["summer"].Value) : standard + 3600;
            begins = Change(match, "begins");
            ends = Change(match, "ends");
        }

        public bool HasSummer { get; }

        public static Rule Parse(string text) => Text.Match(text) is { Success: true } match
            ? new(match)
            : throw new FormatException($"a rule of clocks: {text}");

        public int OffsetAt(long second)
        {
            if (!HasSummer) return standard;
            var year = DateTimeOffset.FromUnixTimeSeconds(second + standard).Year;
            if (known.Year != year)
                known = (year, Moment(year, begins) - standard, Moment(year, ends) - summer);
            var isSummer = known.Begins < known.Ends
                ? second >= known.Begins && second < known.Ends
                : second >= known.Begins || second < known.Ends;
            return isSummer ? summer : standard;
        }

        /// <summary>The moment of a change as if clocks showed UTC: week 5 is the last one of the month.</summary>
        static long Moment(int year, (int Month, int Week, int Day, int Second) change)
        {
            var day = new DateTime(year, change.Month, 1, 0, 0, 0, DateTimeKind.Utc);
            while ((int)day.DayOfWeek != change.Day) day = day.AddDays(1);
            for (var week = 1; week < change.Week && day.AddDays(7).Month == change.Month; week++) day = day.AddDays(7);
            return new DateTimeOffset(day).ToUnixTimeSeconds() + change.Second;
        }

        static (int, int, int, int) Change(Match match, string name)
        {
            var parts = match.Groups[name].Value.Split('.').Select(Number).ToList();
            var at = match.Groups[name + "At"];
            return (parts[0], parts[1], parts[2], at.Success ? Seconds(at.Value) : 2 * 3600);
        }

        static int Seconds(string text)
        {
            var parts = text.TrimStart('-', '+').Split(':').Select(Number).ToList();
            var seconds = parts[0] * 3600 + parts.ElementAtOrDefault(1) * 60 + parts.ElementAtOrDefault(2);
            return text.StartsWith('-') ? -seconds : seconds;
        }

        static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

        [GeneratedRegex(
            @"^([A-Za-z]+|<[^>]+>)(?<standard>[-+\d:]+)"
                + @"(([A-Za-z]+|<[^>]+>)(?<summer>[-+\d:]+)?"
                + @",M(?<begins>[\d.]+)(/(?<beginsAt>[-+\d:]+))?,M(?<ends>[\d.]+)(/(?<endsAt>[-+\d:]+))?)?$",
            RegexOptions.ExplicitCapture)]
        private static partial Regex Text { get; }
    }
}
