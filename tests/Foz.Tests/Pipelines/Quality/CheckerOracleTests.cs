using System.Globalization;
using Foz.Lake.Engine;
using Foz.Lake.Sql;
using Foz.Pipelines.Quality;

namespace Foz.Tests.Pipelines.Quality;

/// <summary>Checks of random rows beside the same in C#.</summary>
public sealed class CheckerOracleTests : IDisposable
{
    readonly EnginePool pool = new(new() { MemoryBytes = 512L << 20, Threads = 2 });
    readonly EngineSession session;

    public CheckerOracleTests() => session = pool.Open(Workload.Query);

    static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        session.Dispose();
        pool.Dispose();
    }

    sealed record Row(int? A, int? B, string? Text, DateTime? Day);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void Violations_are_those_that_a_loop_over_the_rows_finds(int round)
    {
        var seed = Soak.Seed(round);
        TestContext.Current.TestOutputHelper!.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var rows = Enumerable.Range(0, random.Next(0, 200)).Select(_ => new Row(
            Maybe(() => random.Next(-5, 15)), Maybe(() => random.Next(-5, 15)),
            random.Next(6) == 0
                ? null
                : new string([.. Enumerable.Range(0, random.Next(4)).Select(_ => "ab1 "[random.Next(4)])]),
            Maybe(() => new DateTime(2024, 1, 1, 0, 0, 0, DateTimeKind.Utc).AddDays(random.Next(30))))).ToList();
        Load(rows);

        (CheckDefinition Check, Func<List<Row>, long> Expected)[] checks =
        [
            (new CheckDefinition.NotNull("a"), all => all.Count(r => r.A is null)),
            (new CheckDefinition.NotNull("a") { Where = "b > 3" }, all => all.Count(r => r.B > 3 && r.A is null)),
            (new CheckDefinition.Positive("a"), all => all.Count(r => r.A <= 0)),
            (new CheckDefinition.Min("a", new("3", true)), all => all.Count(r => r.A < 3)),
            (new CheckDefinition.Max("day", new("2024-01-20", false)), all => all.Count(r => r.Day?.Day > 20)),
            (new CheckDefinition.Range("a", new("0", true), new("9", true), true),
                all => all.Count(r => r.A is < 0 or > 9)),
            (new CheckDefinition.Range("a", new("0", true), null, false), all => all.Count(r => r.A <= 0)),
            (new CheckDefinition.AcceptedValues("a", ["1", "2", "3"]),
                all => all.Count(r => r.A is not (null or 1 or 2 or 3))),
            (new CheckDefinition.NotAcceptedValues("text", ["a", "b", ""]),
                all => all.Count(r => r.Text is "a" or "b" or "")),
            (new CheckDefinition.NotEmpty("text"), all => all.Count(r => r.Text?.Trim() is "")),
            (new CheckDefinition.Length("text", 1, 2), all => all.Count(r => r.Text?.Length is 0 or > 2)),
            (new CheckDefinition.Pattern("text", "^[ab]+$"),
                all => all.Count(r => r.Text is { } t && (t.Length == 0 || t.Any(c => c is not ('a' or 'b'))))),
            (new CheckDefinition.NotPattern("text", "1"),
                all => all.Count(r => r.Text?.Contains('1', StringComparison.Ordinal) is true)),
            (new CheckDefinition.Type("text", "INTEGER"),
                all => all.Count(r =>
                    r.Text is { } t
                        && !int.TryParse(
                            t, NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite,
                            CultureInfo.InvariantCulture, out _))),
            (new CheckDefinition.Compare("a", "<=", "b"), all => all.Count(r => r.A > r.B)),
            (new CheckDefinition.Compare("a", "<>", "b"), all => all.Count(r => r.A is not null && r.A == r.B)),
            (new CheckDefinition.Expression(null, "a + b > 0"), all => all.Count(r => r.A + r.B <= 0)),
            (new CheckDefinition.Unique(["a"]), all => TooMany(all, r => r.A)),
            (new CheckDefinition.Unique(["a", "b"]),
                all => TooMany<(int, int)>(all, r => r is { A: { } a, B: { } b } ? (a, b) : null)),
            (new CheckDefinition.Unique(["a"]) { Where = "b > 3" }, all => TooMany(all.Where(r => r.B > 3), r => r.A)),
            (new CheckDefinition.Relationships("a", new("silver", "t"), "b"),
                all => all.Count(r => r.A is not null && all.All(o => o.B != r.A))),
        ];
        var results = Checker().Run([.. checks.Select(check => check.Check)], Token);
        Assert.Equal(
            checks.Select(check => $"{check.Check.Title} {check.Expected(rows)} of {rows.Count}"),
            results.Select(result => $"{result.Check.Title} {result.Violations} of {result.RowsChecked}"));

        T? Maybe<T>(Func<T> value)
            where T : struct => random.Next(6) == 0 ? null : value();
    }

    /// <summary>What rows are taken out for is what is counted of them, and the rest keeps all checks.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void What_is_left_of_a_batch_keeps_the_checks_that_took_rows_out(int round)
    {
        var seed = Soak.Seed(round);
        TestContext.Current.TestOutputHelper!.WriteLine($"seed {seed}");
        var random = new Random(seed);
        Load([
            .. Enumerable.Range(0, 300)
                .Select(_ => new Row(random.Next(40), random.Next(40), $"v{random.Next(5)}", null)),
        ]);
        CheckDefinition[] checks =
        [
            new CheckDefinition.Range("a", new("3", true), null, true) { OnViolation = OnViolation.Quarantine },
            new CheckDefinition.Unique(["a", "text"]) { OnViolation = OnViolation.Drop },
            new CheckDefinition.Compare("a", "<>", "b") { OnViolation = OnViolation.Drop },
            new CheckDefinition.Unique(["b"]) { OnViolation = OnViolation.Quarantine },
        ];
        var before = Checker().Run(checks, Token);
        var screen = new ViolationFilter(session, "t") { RelationOf = name => name.Name };
        var taken = screen.Run(checks, Token);
        Assert.Equal(before[0].Violations, taken[0].Violations);
        Assert.Equal(before[2].Violations, taken[2].Violations);
        var quarantined = session.QueryScalar<long>($"SELECT count(*) FROM ({screen.Quarantined})", Token);
        Assert.InRange(quarantined, taken[0].Violations, 300);
        session.Execute(
            $"CREATE OR REPLACE TEMP TABLE left_over AS SELECT * FROM t WHERE {ViolationFilter.Stays("t")}", Token);
        var left = new Checker(session, "left_over") { RelationOf = name => name.Name, BindQuery = query => query };
        Assert.All(left.Run(checks, Token), result => Assert.Equal(0, result.Violations));
        // No row is missing that breaks nothing.
        Assert.Equal(
            before[3].RowsChecked, left.Run(checks, Token)[0].RowsChecked
                + session.QueryScalar<long>($"SELECT count(*) FROM t WHERE NOT ({ViolationFilter.Stays("t")})", Token));
    }

    static long TooMany<T>(IEnumerable<Row> rows, Func<Row, T?> key)
        where T : struct
    {
        var keys = rows.Select(key).Where(k => k is not null).ToList();
        return keys.Count - keys.Distinct().Count();
    }

    Checker Checker() =>
        new(session, "t") { RelationOf = name => SqlText.Identifier(name.Name), BindQuery = query => query };

    void Load(IReadOnlyList<Row> rows)
    {
        session.Execute("CREATE OR REPLACE TEMP TABLE t (a INT, b INT, text VARCHAR, day DATE)", Token);
        if (rows.Count == 0) return;
        var values = rows.Select(r =>
            $"({Sql(r.A)}, {Sql(r.B)}, {SqlText.LiteralOrNull(r.Text)}, "
                + $"{(r.Day is { } day ? $"DATE '{day:yyyy-MM-dd}'" : "NULL")})");
        session.Execute($"INSERT INTO t VALUES {string.Join(", ", values)}", Token);

        static string Sql(int? value) => value?.ToString(CultureInfo.InvariantCulture) ?? "NULL";
    }
}
