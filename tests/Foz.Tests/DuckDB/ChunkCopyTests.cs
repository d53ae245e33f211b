using Foz.DuckDB;
using Foz.DuckDB.Connections;

namespace Foz.Tests.DuckDB;

public class ChunkCopyTests
{
    const string Rows =
        """
        SELECT i % 3 = 0 AS b, i::SMALLINT AS s, CASE WHEN i % 7 > 0 THEN i END AS l, i / 3 AS d, (i / 100)::DECIMAL(30,2) AS w,
            CASE WHEN i % 5 > 0 THEN 'short' || i END AS short, repeat('long ', (i % 9)::INTEGER) || i AS long, DATE '2026-01-01' + i::INTEGER AS day,
            TIMESTAMPTZ '2026-01-01 00:00:00+00' + to_seconds(i) AS at, i::HUGEINT AS h, ('x' || i)::BLOB AS blob,
            md5(i::VARCHAR)::UUID AS id, (['a', 'b', 'c'][1 + i % 3])::ENUM('a', 'b', 'c') AS e, to_days(i::INTEGER) AS p
        FROM range(2500) r(i)
        """;

    [Theory]
    [InlineData(0, 2048)]
    [InlineData(0, 1)]
    [InlineData(1, 63)]
    [InlineData(130, 64)]
    [InlineData(2000, 48)]
    public void Rows_are_the_same_and_outlive_the_result_and_the_database(int start, int count)
    {
        object?[][] expected;
        DataChunk copy;
        using (var database = Database.OpenInMemory(new Dictionary<string, string>()))
        using (var connection = database.Connect())
        using (var result = connection.Query(Rows))
        using (var chunk = result.Fetch()!)
        {
            expected = chunk.GetRows()[start..(start + count)];
            copy = chunk.Copy(start, count);
        }

        using (copy)
        {
            Assert.Equal(count, copy.RowCount);
            Assert.Equal(expected, copy.GetRows());
            Assert.InRange(copy.ByteCount, count * 100, count * 250 + 100);
        }
        Assert.Throws<ObjectDisposedException>(() => copy[0].Count);
    }

    [Fact]
    public void Nested_values_are_not_copied()
    {
        using var database = Database.OpenInMemory(new Dictionary<string, string>());
        using var connection = database.Connect();
        foreach (var sql in new[]
        {
            "SELECT [1]", "SELECT {'a': 1}", "SELECT MAP {'a': 1}", "SELECT [1, 2]::INTEGER[2]",
        })
        {
            using var result = connection.Query(sql);
            using var chunk = result.Fetch()!;
            Assert.False(DataChunk.CanCopy(chunk.TypeOf(0)), sql);
            Assert.Throws<InvalidOperationException>(() => chunk.Copy(0, 1));
        }
    }
}
