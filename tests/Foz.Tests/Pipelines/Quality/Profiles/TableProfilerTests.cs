using Foz.Lake;
using Foz.Lake.Engine;
using Foz.Pipelines.Quality;
using Foz.Pipelines.Quality.Profiles;

namespace Foz.Tests.Pipelines.Quality.Profiles;

public sealed class TableProfilerTests : IDisposable
{
    readonly EnginePool pool = new(new() { MemoryBytes = 512L << 20, Threads = 2 });
    readonly EngineSession session;

    public TableProfilerTests() => session = pool.Open(Workload.Query);

    static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        session.Dispose();
        pool.Dispose();
    }

    TableProfile Profile(string table, params string[] columns) =>
        new TableProfiler(session, table).Run(columns, Token);

    [Fact]
    public void Columns_are_described_by_what_their_types_allow()
    {
        session.Execute(
            """
            CREATE TEMP TABLE t AS SELECT i AS id, i % 3 AS three, CASE WHEN i % 4 > 0 THEN 'v' || i % 2 END AS text,
                DATE '2024-01-01' + i::INT AS day, [i] AS list, i = 5 AS flag FROM range(12) r(i)
            """, Token);
        var profile = Profile("t");
        Assert.Equal(12, profile.Rows);
        var (id, three, text, day, list, flag) = (
            profile.Columns[0], profile.Columns[1], profile.Columns[2], profile.Columns[3], profile.Columns[4],
            profile.Columns[5]);
        Assert.Equal(("0", "11", 5.5, 12L, 0L), (id.Min, id.Max, id.Mean, id.Distinct, id.Nulls));
        Assert.Equal(Math.Sqrt(13), id.StandardDeviation!.Value, 9);
        Assert.Equal(["2.75", "5.5", "8.25"], id.Quartiles);
        Assert.Empty(id.Top);
        Assert.Equal(Enumerable.Repeat(1L, TableProfiler.HistogramParts), id.Histogram);
        Assert.Equal([new("0", 4), new("1", 4), new("2", 4)], three.Top);
        Assert.Equal(4, three.Histogram[0]);
        Assert.Equal(4, three.Histogram[^1]);
        Assert.Equal(("v0", "v1", 2.0, 2L, 3L), (text.Min, text.Max, text.Mean, text.Distinct, text.Nulls));
        Assert.Equal([new("v1", 6), new("v0", 3)], text.Top);
        Assert.Empty(text.Histogram);
        Assert.Equal(("2024-01-01", "2024-01-12"), (day.Min, day.Max));
        Assert.Equal(12, day.Histogram.Sum());
        Assert.Equal((null, null, 0L), (list.Distinct, list.Min, list.Nulls));
        Assert.Equal([new("false", 11), new("true", 1)], flag.Top);
    }

    [Fact]
    public void Random_numbers_are_described_as_a_list_of_them_is()
    {
        var seed = Soak.Seed();
        var random = new Random(seed);
        var values = Enumerable.Range(0, 500).Select(_ => random.Next(10) == 0 ? (int?)null : random.Next(-50, 50))
            .ToList();
        session.Execute(
            $"CREATE TEMP TABLE t AS FROM (VALUES "
                + $"{string.Join(", ", values.Select(v => v is null ? "(NULL::INT)" : $"({v})"))}) v(a)", Token);
        var column = Assert.Single(Profile("t").Columns);
        var known = values.OfType<int>().ToList();
        Assert.Equal(values.Count(v => v is null), column.Nulls);
        Assert.Equal(known.Distinct().Count(), column.Distinct);
        Assert.Equal(($"{known.Min()}", $"{known.Max()}"), (column.Min, column.Max));
        Assert.Equal(known.Average(), column.Mean!.Value, 9);
        Assert.Equal(known.Count, column.Histogram.Sum());
        Assert.Equal(
            known.GroupBy(v => v).Select(g => (long)g.Count()).OrderDescending().Take(5),
            column.Top.Select(top => top.Rows));
    }

    [Theory]
    [InlineData("VALUES (1), (2), (3), (4)", "1.75 2.5 3.25")]
    [InlineData("VALUES (1), (2), (3)", "1.5 2 2.5")]
    [InlineData("VALUES (1::DOUBLE), (2), (3)", "1.5 2.0 2.5")]
    [InlineData("VALUES (0.01), (0.02)", "0.0125 0.015 0.017499999999999998")]
    [InlineData("VALUES (DATE '2024-01-01'), (DATE '2024-01-02')", "2024-01-01 2024-01-01 2024-01-02")]
    public void Between_two_numbers_quartiles_are_interpolated_as_the_check_median_does(string rows, string expected)
    {
        session.Execute($"CREATE TEMP TABLE t AS FROM ({rows}) AS v(a)", Token);
        var column = Assert.Single(Profile("t").Columns);
        Assert.Equal(expected, string.Join(' ', column.Quartiles));
        if (column.Mean is null) return;
        Assert.Equal(
            session.QueryScalar<double>($"SELECT {new Measure.Quantile(0.5m).Sql("a", "")} FROM t", Token),
            double.Parse(column.Quartiles[1], System.Globalization.CultureInfo.InvariantCulture));
    }

    [Fact]
    public void What_is_no_number_or_infinite_is_told_and_has_no_place_in_the_histogram()
    {
        session.Execute(
            """
            CREATE TEMP TABLE t AS FROM (VALUES
                (1.0::DOUBLE, 1.0::DOUBLE, 1e300::DOUBLE, 'nan'::DOUBLE), (2, 'inf', -1e300, 'nan'), (3, 5, 0, 'inf'), (4, 'nan', 0, '-inf')
            ) AS v(plain, mixed, large, nothing)
            """, Token);
        var columns = Profile("t").Columns;
        Assert.Equal(Math.Sqrt(5.0 / 3), columns[0].StandardDeviation!.Value, 9);
        Assert.All(
            columns.Skip(1).Take(1).Append(columns[3]),
            column => Assert.True(double.IsNaN(column.StandardDeviation!.Value)));
        Assert.Equal(("1.0", "nan"), (columns[1].Min, columns[1].Max));
        Assert.Equal((1L, 1L, 2L), (columns[1].Histogram[0], columns[1].Histogram[^1], columns[1].Histogram.Sum()));
        Assert.Equal(4, columns[2].Histogram.Sum());
        Assert.False(double.IsFinite(columns[2].StandardDeviation!.Value));
        Assert.Equal(0, columns[3].Histogram.Sum());
    }

    [Fact]
    public void A_table_without_rows_or_values_has_a_profile_too()
    {
        session.Execute(
            "CREATE TEMP TABLE e (a INT, b VARCHAR); CREATE TEMP TABLE n AS SELECT NULL::DATE AS a FROM range(3)",
            Token);
        Assert.All(
            Profile("e").Columns,
            column => Assert.Equal((0L, 0L, null), (column.Nulls, column.Distinct!.Value, column.Min)));
        Assert.Equal((3L, 0L), (Profile("n").Columns[0].Nulls, Profile("n").Columns[0].Distinct));
    }

    [Fact]
    public void A_column_that_is_not_there_gets_the_nearest()
    {
        session.Execute("CREATE TEMP TABLE t AS SELECT 1 AS amount", Token);
        Assert.Equal("did you mean 'amount'?", Assert.Throws<FozException>(() => Profile("t", "amout")).Hint);
    }
}
