using System.Globalization;
using System.Numerics;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Engine.Functions;
using Foz.Lake.Sql;

namespace Foz.Tests.Lake.Engine;

public sealed class LosslessTextTests
{
    static readonly EnginePool Engines = new(new EngineOptions());

    [Theory]
    [InlineData(
        "integer", "0 7 -7 +7 007 2147483647 7.0 7. 1e3 1E+05 1500e-2 0e-9 0.00e1",
        "7.5 7.05 15e-1 .5 0x10 1_000 1e1.5 1e99999999999 abc")]
    [InlineData(
        "decimal(10,2)", "1 1.5 1.50 1.5000 -.5 +12.34 1. 1.239e1 5e-2 500e-4",
        "1.239 1.2304 1e-5 1.239e0 5e-4 1.2.3 1,5 1e 1_0.5")]
    [InlineData(
        "double", "1 -1.5 1e300 1e-400 +.5e3 5.E+3 inf -Infinity nan 12345678901234567890123456789012345",
        "1e400 -1E999 1_0e400")]
    [InlineData("float", "1 1e38 16777217", "1e39 -1e300")]
    [InlineData(
        "date",
        "2024-02-29 1-1-1 9999/12/31 2024_02_29 2024\\2\\9 2024-02-29T00:00:00 2024-02-29_0:00 2024-02-29_00:00:00.000 2024-02-29T00:00:00.000Z 2024-02-29T00:00:00+00:00",
        "2024-02-29T00:00:01 2024-02-29T00:00:00-03:00 2024-02-29abc 10000-01-01 0000-01-01 -44-01-01 2024-02-29_(BC) infinity epoch 2024-02-29Z")]
    [InlineData(
        "timestamp_ntz",
        "2024-02-29 2024-02-29_10:00 2024-02-29T10:00:00 2024-02-29_10:00:00 2024-02-29_10:00:00.123456 2024-02-29_10:00:00.1234560 0001-01-01_00:00:00",
        "2024-02-29T10:00:00Z 2024-02-29_10:00:00+00 2024-02-29_10:00-03 2024-02-9__10:00:0Z -001-01-01_00:00:00 2024-02-29_10:00:00.1234567 infinity")]
    [InlineData(
        "timestamp",
        "2024-02-29 2024-02-29_10:00:00 2024-02-29T10:00:00Z 2024-02-29_10:00:00_UTC 2024-02-29_10:00:00.123456-03:00 2024-02-29_10:00+0330",
        "2024-02-29T10:00:00.1234567Z 2024-02-29_10:00_America/Sao_Paulo infinity")]
    public void A_text_is_lossless_in_a_type(string type, string lossless, string others)
    {
        foreach (var text in lossless.Split(' ')) Assert.True(Test(text.Replace('_', ' '), TypeOf(type)), text);
        foreach (var text in others.Split(' ')) Assert.False(Test(text.Replace('_', ' '), TypeOf(type)), text);
    }

    [Theory]
    [InlineData("string")]
    [InlineData("boolean")]
    [InlineData("binary")]
    public void Types_whose_casts_lose_nothing_need_no_test(string type) =>
        Assert.Null(LosslessText.Test("t", TypeOf(type)));

    [Fact]
    public void Null_is_neither() => Assert.Null(Test(null, DataType.Long));

    [Fact]
    public void A_zone_by_its_name_would_move_the_rows_after_it()
    {
        using var session = Engines.Open(Workload.Query);
        using var rows = session.Query(
            "SELECT CAST(CAST(t AS TIMESTAMPTZ) AS VARCHAR) FROM (SELECT unnest(['2024-01-01 10:00:00 Asia/Tokyo', "
                + "'2024-01-01 10:00:00']) AS t)",
            TestContext.Current.CancellationToken);
        Assert.Equal(
            ["2024-01-01 01:00:00+00", "2024-01-01 01:00:00+00"],
            rows.Rows(TestContext.Current.CancellationToken).Select(row => (string)row[0]!));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Numbers_that_pass_the_test_come_back_from_the_cast_and_others_do_not(int seed)
    {
        var random = new Random(seed);
        var texts = Enumerable.Range(0, 2_000).Select(_ => Number(random)).ToList();
        foreach (var type in (DataType[])[
            new DataType.Decimal(38, 2), new DataType.Decimal(38, 0), new DataType.Decimal(38, 12), DataType.Long,
        ])
        {
            var scale = (type as DataType.Decimal)?.Scale ?? 0;
            foreach (var (text, cast, isLossless) in Cast(texts, type))
            {
                var (digits, exponent) = Exact(text);
                var isExact = digits.IsZero || exponent >= -scale;
                if (cast is null && isExact) continue; // More digits than the type has.
                Assert.True(isExact == isLossless, $"{text} as {type}: {isLossless}");
                if (isExact) Assert.True(Exact(cast!) == (digits, exponent), $"{text} as {type}: {cast}");
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Days_and_times_that_pass_the_test_come_back_from_the_cast_and_others_do_not(int seed)
    {
        var random = new Random(seed);
        var texts = Enumerable.Range(0, 3_000).Select(_ => Moment.Next(random)).DistinctBy(m => m.Text)
            .ToDictionary(m => m.Text);
        foreach (var type in (DataType[])[DataType.Date, DataType.TimestampNtz, DataType.Timestamp])
        {
            foreach (var (text, cast, isLossless) in Cast(texts.Keys, type))
            {
                var moment = texts[text];
                var isExact = type == DataType.Date ? moment is { Ticks: 0, OffsetMinutes: null or 0 }
                    : moment.Ticks % TimeSpan.TicksPerMicrosecond == 0
                        && (type == DataType.Timestamp || moment.OffsetMinutes is null);
                Assert.True(isExact == isLossless, $"{text} as {type}: {isLossless}");
                if (!isExact) continue;
                Assert.True(cast is not null, $"'{text}' as {type}");
                var at = moment.Day.ToDateTime(default).AddTicks(moment.Ticks)
                    .AddMinutes(type == DataType.Timestamp ? -moment.OffsetMinutes ?? 0 : 0);
                Assert.True(
                    DateTime.Parse(cast!.Replace("+00", "", StringComparison.Ordinal), CultureInfo.InvariantCulture)
                        == at, $"{text} as {type}: {cast}");
            }
        }
    }

    /// <summary>What a text of a moment means.</summary>
    /// <param name="Text">The text.</param>
    /// <param name="Day">Its day.</param>
    /// <param name="Ticks">The time of the day.</param>
    /// <param name="OffsetMinutes">How far its zone is from UTC; null where it has none.</param>
    sealed record Moment(string Text, DateOnly Day, long Ticks, int? OffsetMinutes)
    {
        public static Moment Next(Random random)
        {
            var day = new DateOnly(random.Next(2, 9999), random.Next(1, 13), random.Next(1, 29));
            var separator = "--/"[random.Next(3)];
            var isPadded = random.Next(3) > 0;
            var text = isPadded
                ? $"{day.Year:0000}{separator}{day.Month:00}{separator}{day.Day:00}"
                : $"{day.Year}{separator}{day.Month}{separator}{day.Day}";
            if (random.Next(4) == 0) return new(text, day, 0, null);
            var time = random.Next(3) == 0
                ? TimeSpan.Zero
                : new TimeSpan(random.Next(24), random.Next(60), random.Next(60));
            text += "  T"[random.Next(3)]
                + (isPadded
                    ? $"{time.Hours:00}:{time.Minutes:00}:{time.Seconds:00}"
                    : $"{time.Hours}:{time.Minutes}:{time.Seconds}");
            var ticks = time.Ticks;
            if (random.Next(2) == 0)
            {
                var digits = string.Concat(
                    Enumerable.Range(0, random.Next(8)).Select(_ => random.Next(2) * random.Next(10)));
                text += "." + digits;
                ticks += digits.Length == 0 ? 0 : long.Parse(digits.PadRight(7, '0'), CultureInfo.InvariantCulture);
            }
            var offset = random.Next(4) switch { 0 => 0, 1 => random.Next(-12 * 60, 12 * 60), _ => (int?)null };
            if (offset is { } minutes)
                text += (minutes, random.Next(3)) switch
                {
                    (0, 0) => "Z",
                    (_, 1) =>
                        string.Create(
                            CultureInfo.InvariantCulture,
                            $"{(minutes < 0 ? '-' : '+')}{Math.Abs(minutes) / 60:00}{Math.Abs(minutes) % 60:00}"),
                    _ => string.Create(
                        CultureInfo.InvariantCulture,
                        $"{(minutes < 0 ? '-' : '+')}{Math.Abs(minutes) / 60:00}:{Math.Abs(minutes) % 60:00}"),
                };
            return new(Pad(text, random), day, ticks, offset);
        }
    }

    static string Pad(string text, Random random) => random.Next(8) == 0 ? $" {text} " : text;

    static string Number(Random random)
    {
        var whole = random.NextInt64(
            100_000_000_000, 1_000_000_000_000).ToString(CultureInfo.InvariantCulture)[..random.Next(1, 12)];
        if (random.Next(3) == 0) whole = whole[..1] + new string('0', random.Next(6));
        var fraction = random.Next(3) == 0
            ? ""
            : "." + string.Concat(Enumerable.Range(0, random.Next(6)).Select(_ => random.Next(3) * random.Next(4)));
        var exponent = random.Next(4) > 0
            ? ""
            : $"{"eE"[random.Next(2)]}{(random.Next(2) == 0 ? "+" : "-")}{random.Next(9)}";
        return (random.Next(4) switch { 0 => "-", 1 => "+", _ => "" })
            + Pad(whole + fraction + exponent, random).TrimStart();
    }

    /// <summary>The value of a number: digits without zeros at their end, and their power of ten.</summary>
    static (BigInteger Digits, int Exponent) Exact(string text)
    {
        var parts = text.Trim().Split('e', 'E');
        var point = parts[0].IndexOf('.', StringComparison.Ordinal);
        var exponent = parts.Length > 1 ? int.Parse(parts[1], CultureInfo.InvariantCulture) : 0;
        if (point >= 0) exponent -= parts[0].Length - point - 1;
        var digits = BigInteger.Parse(
            parts[0].Replace(".", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);
        if (digits.IsZero) return (digits, 0);
        for (; digits % 10 == 0; exponent++) digits /= 10;
        return (digits, exponent);
    }

    /// <summary>Texts, what the engine makes of them, and what the test says.</summary>
    static List<(string Text, string? Cast, bool IsLossless)> Cast(IEnumerable<string> texts, DataType type)
    {
        using var session = Engines.Open(Workload.Query);
        using var rows = session.Query(
            $"""
            SELECT t, CAST(TRY_CAST(t AS {ColumnTypes.NameOf(type)}) AS VARCHAR), {LosslessText.Test("t", type)}
            FROM (SELECT unnest([{string.Join(", ", texts.Select(SqlText.Literal))}]) AS t)
            """, TestContext.Current.CancellationToken);
        return
        [
            .. rows.Rows(TestContext.Current.CancellationToken)
                .Select(r => ((string)r[0]!, (string?)r[1], (bool)r[2]!)),
        ];
    }

    static bool? Test(string? text, DataType type)
    {
        using var session = Engines.Open(Workload.Query);
        return session.QueryScalar<bool?>(
            $"SELECT {LosslessText.Test("t", type)} FROM (SELECT {SqlText.LiteralOrNull(text)} AS t)",
            TestContext.Current.CancellationToken);
    }

    static DataType TypeOf(string name) => name switch
    {
        "decimal(10,2)" => new DataType.Decimal(10, 2),
        _ => new DataType.Primitive(name),
    };
}
