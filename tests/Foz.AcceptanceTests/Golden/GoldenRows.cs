using Foz.Core.Engine;

namespace Foz.AcceptanceTests.Golden;

/// <summary>Compares rows as multisets, nested values by their JSON, floating-point numbers as doubles.</summary>
static class GoldenRows
{
    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Asserts that a relation has the rows of the Parquet files in a folder.</summary>
    public static void AssertEqual(EngineSession session, string relation, string folder, string what)
    {
        var files = $"read_parquet({SqlText.Literal(folder + "/*.parquet")}, hive_partitioning = false)";
        var expected = session.Describe($"SELECT * FROM {files}", Cancel);
        var actual = session.Describe($"SELECT * FROM {relation}", Cancel);
        Assert.Equal(expected.Select(c => c.Name).Order(), actual.Select(c => c.Name).Order());
        var columns = string.Join(", ", expected.Select(c => Comparable(c)));
        foreach (var (left, right) in new[] { (relation, files), (files, relation) })
        {
            using var rows = session.Query(
                $"SELECT {columns} FROM {left} EXCEPT ALL SELECT {columns} FROM {right} LIMIT 3", Cancel);
            var difference = rows.Rows(Cancel).Select(row => string.Join(" | ", row)).ToList();
            Assert.True(difference.Count == 0,
                $"{what}: {(left == files ? "missing" : "unexpected")} rows\n{string.Join('\n', difference)}");
        }
    }

    static string Comparable(EngineColumn column)
    {
        var name = SqlText.Identifier(column.Name);
        return column.Type.ToString() switch
        {
            "FLOAT" or "DOUBLE" => $"CAST({name} AS DOUBLE) AS {name}",
            var type when type.Contains('(') && !type.StartsWith("DECIMAL", StringComparison.Ordinal) || type.EndsWith(']')
                => $"CAST(to_json({name}) AS VARCHAR) AS {name}",
            _ => name,
        };
    }
}
