using Foz.Lake;

namespace Foz.Tests.Lake.Tables;

/// <summary>Files whose footers say that Spark counted their old days in the Julian calendar.</summary>
public sealed class OldCalendarTests : IDisposable
{
    const string Types = """
        {"name":"d","type":"date","nullable":true,"metadata":{}},
        {"name":"t","type":"timestamp","nullable":true,"metadata":{}},
        {"name":"n","type":"timestamp_ntz","nullable":true,"metadata":{}},
        {"name":"l","type":{"type":"array","elementType":"date","containsNull":true},"nullable":true,"metadata":{}},
        {"name":"s","type":{"type":"struct","fields":[{"name":"d","type":"date","nullable":true,"metadata":{}}]},"nullable":true,"metadata":{}}
        """;
    const string Protocol =
        "\"minReaderVersion\":3,\"minWriterVersion\":7,\"readerFeatures\":[\"timestampNtz\"],\"writerFeatures\":[\"timestampNtz\"]";

    // The Julian 1000-02-29 and 1582-10-04 12:00, as the days and times that they are in the Gregorian calendar.
    const string Rows = """
        SELECT DATE '1000-03-06' AS d, TIMESTAMPTZ '1582-10-14 12:00:00+00' AS t, TIMESTAMP '1000-03-06 12:00:00' AS n,
            [DATE '1582-10-14', DATE '1582-10-15', NULL] AS l, {'d': DATE '1000-03-06'} AS s
        """;
    const string AsTheyAre =
        """{"d":"1000-03-06","t":"1582-10-14 12:00:00+00","n":"1000-03-06 12:00:00","l":["1582-10-14","1582-10-15",null],"s":{"d":"1000-03-06"}}""";
    const string Read =
        """{"d":"1000-03-01","t":"1582-10-04 12:00:00+00","n":"1000-03-06 12:00:00","l":["1582-10-04","1582-10-15",null],"s":{"d":"1000-03-01"}}""";

    readonly ScanTable table = new();

    public void Dispose() => table.Dispose();

    [Theory]
    [InlineData(
        "'org.apache.spark.version': '4.2.0', 'org.apache.spark.legacyDateTime': '', 'org.apache.spark.timeZone': 'UTC'", Read)]
    [InlineData(
        "'org.apache.spark.version': '4.2.0', 'org.apache.spark.legacyDateTime': '', 'org.apache.spark.timeZone': '+00:00'", Read)]
    [InlineData("'org.apache.spark.version': '2.4.8', 'org.apache.spark.timeZone': 'Etc/UTC'", Read)]
    [InlineData("'org.apache.spark.version': '4.2.0', 'org.apache.spark.timeZone': 'UTC'", AsTheyAre)]
    [InlineData(
        "'org.apache.spark.version': '4.2.0', 'org.apache.spark.legacyINT96': '', 'org.apache.spark.timeZone': 'UTC'",
        AsTheyAre)]
    [InlineData("'writer.model.name': 'another'", AsTheyAre)]
    public async Task A_footer_says_in_which_calendar_its_file_is(string footer, string expected)
    {
        table.Session.Execute("SET TimeZone = 'UTC'", TestContext.Current.CancellationToken);
        table.Write("a.parquet", Rows, $", KV_METADATA {{{footer}}}");
        table.Write("b.parquet", Rows);
        table.Create(Types, Protocol, ["a.parquet", "b.parquet"]);
        Assert.Equal(new[] { expected, AsTheyAre }.Order(StringComparer.Ordinal), await table.RowsAsync());
    }

    [Theory]
    [InlineData(", 'org.apache.spark.timeZone': 'Europe/Berlin'", "time zone Europe/Berlin")]
    [InlineData("", "names no time zone")]
    public async Task Timestamps_whose_offset_is_not_known_are_refused_and_dates_and_later_ones_are_read(
        string zone, string named)
    {
        var footer =
            $", KV_METADATA {{'org.apache.spark.version': '3.5.0', 'org.apache.spark.legacyDateTime': ''{zone}}}";
        table.Session.Execute("SET TimeZone = 'UTC'", TestContext.Current.CancellationToken);
        table.Write("a.parquet", "SELECT DATE '1000-03-06' AS d, TIMESTAMPTZ '1899-12-31 23:59:59+00' AS t", footer);
        table.Write("b.parquet", "SELECT DATE '1000-03-06' AS d, TIMESTAMPTZ '1900-01-01 00:00:00+00' AS t", footer);
        table.Create(Types, Protocol, ["a.parquet", "b.parquet"]);
        var error = await Assert.ThrowsAsync<FozException>(() => table.RowsAsync("t"));
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
        Assert.Contains("a.parquet", error.Message, StringComparison.Ordinal);
        Assert.Equal(["{\"d\":\"1000-03-01\"}", "{\"d\":\"1000-03-01\"}"], await table.RowsAsync("d"));
    }

    [Fact]
    public async Task Footers_are_not_read_where_statistics_show_that_all_is_later()
    {
        // The footer would change the day: it is not asked for what the log says.
        const string Day = """{"name":"d","type":"date","nullable":true,"metadata":{}}""";
        table.Write(
            "a.parquet", "SELECT DATE '1000-03-06' AS d", ", KV_METADATA {'org.apache.spark.version': '2.4.8'}");
        table.Create(Day, "\"minReaderVersion\":1,\"minWriterVersion\":2",
        [
            ScanTable.Add("a.parquet", more: """
                ,"stats":"{\"numRecords\":1,\"minValues\":{\"d\":\"1582-10-15\"},\"maxValues\":{\"d\":\"1600-01-01\"},\"nullCount\":{\"d\":0}}"
                """.Trim()),
        ]);
        Assert.Equal(["{\"d\":\"1000-03-06\"}"], await table.RowsAsync());
    }
}
