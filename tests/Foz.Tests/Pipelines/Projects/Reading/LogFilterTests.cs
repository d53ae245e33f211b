using Foz.Pipelines.Projects.Reading;

namespace Foz.Tests.Pipelines.Projects.Reading;

/// <summary>What takes changes out of a SELECT over a log: the table <c>STREAM(bronze.t)</c>.</summary>
public sealed class LogFilterTests
{
    [Theory]
    [InlineData("SELECT * FROM STREAM(bronze.t)")]
    [InlineData("SELECT * FROM STREAM(bronze.t) WHERE _cdc_op <> 't' AND _cdc_commit_ts > TIMESTAMP '2026-01-01'")]
    [InlineData("SELECT * FROM STREAM(bronze.t) WHERE _cdc_lsn::varchar LIKE '1%' AND CAST(_cdc_seq AS bigint) % 2 = 0")]
    [InlineData("SELECT * FROM STREAM(bronze.t) WHERE _cdc_commit_ts > now() - INTERVAL 1 DAY")]
    [InlineData("SELECT *, (SELECT max(n) FROM dims WHERE k = 1) AS n FROM STREAM(bronze.t)")]
    [InlineData("SELECT *, count(*) FILTER (WHERE v > 1) OVER () FROM STREAM(bronze.t)")]
    [InlineData("SELECT t.*, d.n FROM STREAM(bronze.t) t LEFT OUTER JOIN (SELECT * FROM dims WHERE n > 1) d ON d.k = t.v")]
    [InlineData("WITH d AS (SELECT * FROM dims JOIN more USING (k) WHERE n > 1) SELECT * FROM STREAM(bronze.t) LEFT JOIN d ON v = k")]
    [InlineData("SELECT CASE WHEN v > 1 THEN 1 END AS w FROM STREAM(bronze.t)")]
    public void Conditions_on_the_change_and_what_keeps_all_rows_are_possible(string sql) => Assert.Null(Find(sql));

    [Theory]
    [InlineData("SELECT * FROM STREAM(bronze.t) WHERE v > 1", "v")]
    [InlineData("SELECT * FROM STREAM(bronze.t) WHERE id > 5", "id")]
    [InlineData("SELECT * FROM STREAM(bronze.t) WHERE _cdc_op <> 'd' AND CAST(id AS bigint) % 2 = 0", "id")]
    [InlineData("SELECT * FROM STREAM(bronze.t) AS t WHERE t.\"deleted at\" IS NULL", "deleted at")]
    [InlineData("SELECT * FROM STREAM(bronze.t) WHERE lower(city) = 'x' ORDER BY id", "city")]
    [InlineData("SELECT * FROM STREAM(bronze.t) WHERE _cdc_tx IN (SELECT k FROM dims)", "k")]
    [InlineData("SELECT * FROM (SELECT * FROM STREAM(bronze.t)) WHERE v > 1", "v")]
    [InlineData("SELECT * FROM (SELECT * FROM STREAM(bronze.t) WHERE v > 1)", "v")]
    [InlineData("WITH a AS (SELECT * FROM STREAM(bronze.t)), b AS (SELECT * FROM a WHERE v > 1) SELECT * FROM b", "v")]
    [InlineData("WITH a AS NOT MATERIALIZED (SELECT * FROM STREAM(bronze.t)) SELECT * FROM a WHERE v > 1 LIMIT 5", "v")]
    [InlineData("SELECT * FROM STREAM(bronze.t) QUALIFY row_number() OVER (PARTITION BY v) = 1", "v")]
    [InlineData("SELECT * FROM STREAM(bronze.t) WHERE date > DATE '2026-01-01'", "date")]
    [InlineData("SELECT * FROM STREAM(bronze.t) JOIN dims ON k = id", null)]
    [InlineData("SELECT * FROM STREAM(bronze.t) t SEMI JOIN dims ON k = id", null)]
    public void Conditions_on_other_columns_and_joins_that_drop_rows_are_found(string sql, string? column)
    {
        var found = Find(sql);
        Assert.NotNull(found);
        Assert.Equal(column, found.Column);
        Assert.Equal(column ?? "JOIN", sql[found.At..].Trim('"')[..(column ?? "JOIN").Length]);
    }

    static FilteredChanges? Find(string sql) =>
        LogFilter.Find(sql, [sql.IndexOf("STREAM", StringComparison.Ordinal)]);
}
