using System.Text.Json;
using Foz.DuckDB;
using Foz.Lake.Engine;
using Foz.Lake.Sql;

namespace Foz.AcceptanceTests.Golden;

/// <summary>Compares rows as multisets, nested values by their JSON, floating-point numbers as doubles.</summary>
static class GoldenRows
{
    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Asserts that a relation has the rows of another one.</summary>
    /// <param name="session">The engine.</param>
    /// <param name="relation">The relation that was read.</param>
    /// <param name="wanted">The expected rows; variants and values with variants in them may be their JSON.</param>
    /// <param name="what">The table and version, for the message.</param>
    /// <param name="waived">A column whose values are not compared; null if all are.</param>
    public static void AssertEqual(
        EngineSession session, string relation, string wanted, string what, string? waived = null)
    {
        var actual = session.Describe($"SELECT * FROM {relation}", Cancel);
        var expected = session.Describe($"SELECT * FROM {wanted}", Cancel);
        Assert.Equal(expected.Select(c => c.Name).Order(), actual.Select(c => c.Name).Order());
        Assert.NotEmpty(actual);
        var names = actual.Select(c => c.Name).Where(name => name != waived).ToList();
        AssertSame(session, Select(expected, wanted), Select(actual, relation), what);

        string Select(IReadOnlyList<EngineColumn> columns, string from) => $"SELECT {string.Join(", ", names.Select(
            name => Comparable(columns.Single(c => c.Name == name)) + " AS " + SqlText.Identifier(name)))} FROM {from}";
    }

    /// <summary>Asserts that a relation has the rows that ClickHouse wrote as lines of JSON.</summary>
    /// <param name="session">The engine.</param>
    /// <param name="relation">What was read.</param>
    /// <param name="file">The file.</param>
    /// <param name="what">The table and version, for the message.</param>
    public static void AssertJudged(
        EngineSession session, string relation, string file, string what)
    {
        var columns = session.Describe($"SELECT * FROM {relation}", Cancel);
        Load(session, file, [.. columns.Select(c => c.Name)]);
        AssertSame(
            session,
            $"SELECT {string.Join(", ", columns.Select(FromJudge))} FROM judged",
            $"SELECT {string.Join(", ", columns.Select(c => $"{AsJudge(c)} AS {SqlText.Identifier(c.Name)}"))} FROM "
                + $"{relation}",
            what);
    }

    static void AssertSame(EngineSession session, string expected, string actual, string what)
    {
        session.Execute($"CREATE OR REPLACE TEMP TABLE expected AS {expected}", Cancel);
        session.Execute($"CREATE OR REPLACE TEMP TABLE actual AS {actual}", Cancel);
        foreach (var (left, right, word) in new[]
        {
            ("expected", "actual", "missing"), ("actual", "expected", "unexpected"),
        })
        {
            using var rows = session.Query($"FROM {left} EXCEPT ALL FROM {right} LIMIT 3", Cancel);
            var difference = rows.Rows(Cancel).Select(row => string.Join(" | ", row)).ToList();
            Assert.True(difference.Count == 0, $"{what}: {word} rows\n{string.Join('\n', difference)}");
        }
    }

    static string Comparable(EngineColumn column)
    {
        var name = SqlText.Identifier(column.Name);
        return column.Type.Id switch
        {
            TypeId.Float or TypeId.Double => $"CAST({name} AS DOUBLE)",
            TypeId.List or TypeId.Struct or TypeId.Map or TypeId.Variant => $"CAST(CAST({name} AS JSON) AS VARCHAR)",
            _ => name,
        };
    }

    /// <summary>Loads the lines into a table of texts; values that are no texts keep their JSON.</summary>
    static void Load(EngineSession session, string file, string[] columns)
    {
        var texts = columns.ToDictionary(c => c, _ => new List<string?>(), StringComparer.Ordinal);
        foreach (var line in File.ReadLines(file).Where(line => line.Length > 0))
        {
            using var row = JsonDocument.Parse(line);
            Assert.Equal(columns.Order(), row.RootElement.EnumerateObject().Select(p => p.Name).Order());
            foreach (var property in row.RootElement.EnumerateObject())
                texts[property.Name].Add(property.Value.ValueKind switch
                {
                    JsonValueKind.Null => null,
                    JsonValueKind.String => property.Value.GetString(),
                    _ => property.Value.GetRawText(),
                });
        }
        var lists = columns.Select((c, i) => $"unnest(CAST(${i + 1} AS VARCHAR[])) AS {SqlText.Identifier(c)}");
        session.Query(
            $"CREATE OR REPLACE TEMP TABLE judged AS SELECT {string.Join(", ", lists)}", Cancel,
            [.. columns.Select(c => texts[c].ToArray())]).Dispose();
    }

    static string FromJudge(EngineColumn column)
    {
        var name = SqlText.Identifier(column.Name);
        var value = column.Type.Id switch
        {
            TypeId.Blob => $"encode({name})",
            TypeId.List or TypeId.Struct or TypeId.Map =>
                $"CAST(to_json(CAST(CAST({name} AS JSON) AS {column.Type})) AS VARCHAR)",
            _ => $"CAST({name} AS {column.Type})",
        };
        return $"{value} AS {name}";
    }

    /// <summary>Our value as ClickHouse shows it: it has no null lists and maps.</summary>
    static string AsJudge(EngineColumn column)
    {
        var name = SqlText.Identifier(column.Name);
        return column.Type.Id switch
        {
            TypeId.List => $"CAST(to_json(coalesce({name}, [])) AS VARCHAR)",
            TypeId.Map => $"CAST(to_json(coalesce({name}, MAP {{}})) AS VARCHAR)",
            TypeId.Struct => $"CAST(to_json({name}) AS VARCHAR)",
            _ => name,
        };
    }
}
