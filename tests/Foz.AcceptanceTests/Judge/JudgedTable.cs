using Foz.DuckDB;
using Foz.Lake.Engine;
using Foz.Lake.Sql;
using Foz.Lake.Tables;
using Foz.Lake.Tables.ChangeFeed;

namespace Foz.AcceptanceTests.Judge;

/// <summary>Holds what Foz reads of a table against what the judge reads.</summary>
static class JudgedTable
{
    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Asserts that both read the same rows of a version, as multisets; null for the newest.</summary>
    /// <returns>How many rows that are.</returns>
    public static async Task<long> AssertReadEquallyAsync(
        this JudgeProcess judge, EngineSession session, LakeTable table, long? version = null)
    {
        var snapshot = version is { } v ? await table.VersionAsync(v, Cancel) : await table.LatestAsync(Cancel);
        using var ours = await snapshot.OpenAsync(session, Cancel);
        var columns = session.Describe($"SELECT * FROM {ours.Sql}", Cancel);
        var file = Path.Combine(Path.GetTempPath(), $"foz-judged-{Guid.NewGuid():N}.parquet");
        try
        {
            await judge.ExportAsync(table.Root, file, string.Join(", ", columns.Select(AsJudgeWrites)), version);
            return AssertEqual(session, columns, ours.Sql, file, $"{table.Root} at version {snapshot.Version}");
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>Asserts that the judge reads the same rows of the table's Iceberg metadata.</summary>
    /// <returns>How many rows that are.</returns>
    public static async Task<long> AssertIcebergReadEquallyAsync(
        this JudgeProcess judge, EngineSession session, LakeTable table)
    {
        var snapshot = await table.LatestAsync(Cancel);
        using var ours = await snapshot.OpenAsync(session, Cancel);
        var columns = session.Describe($"SELECT * FROM {ours.Sql}", Cancel);
        var file = Path.Combine(Path.GetTempPath(), $"foz-judged-{Guid.NewGuid():N}.parquet");
        try
        {
            await judge.ExportIcebergAsync(table.Root, file, string.Join(", ", columns.Select(AsJudgeWrites)));
            return AssertEqual(
                session, columns, ours.Sql, file, $"Iceberg of {table.Root} at version {snapshot.Version}");
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>Asserts that both read the same changes of a range of versions, as multisets.</summary>
    /// <returns>How many rows that are.</returns>
    public static async Task<long> AssertChangesEquallyAsync(
        this JudgeProcess judge, EngineSession session, LakeTable table, long from, long to)
    {
        var changes = await (await table.ChangesAsync(from, to, Cancel)).RowsAsync(Cancel);
        using var ours = await changes.OpenAsync(session, filter: null, Cancel);
        var columns = session.Describe($"SELECT * EXCLUDE (_commit_timestamp) FROM {ours.Sql}", Cancel);
        var file = Path.Combine(Path.GetTempPath(), $"foz-judged-{Guid.NewGuid():N}.parquet");
        try
        {
            await judge.QueryAsync(
                $"SELECT {string.Join(", ", columns.Select(AsJudgeWrites))} FROM {JudgeProcess.Table(table.Root)} "
                + $"INTO OUTFILE {SqlText.Literal(file)} FORMAT Parquet SETTINGS "
                + "output_format_parquet_string_as_string = 1, "
                + $"delta_lake_snapshot_start_version = {from}, delta_lake_snapshot_end_version = {to}");
            return AssertEqual(session, columns, ours.Sql, file, $"{table.Root} from {from} to {to}");
        }
        finally
        {
            File.Delete(file);
        }
    }

    static long AssertEqual(
        EngineSession session, IReadOnlyList<EngineColumn> columns, string relation, string file, string what)
    {
        var ours = $"SELECT {string.Join(", ", columns.Select(Comparable))} FROM {relation}";
        var judged = $"SELECT {string.Join(", ", columns.Select(AsOurs))} FROM read_parquet({SqlText.Literal(file)})";
        session.Execute($"CREATE OR REPLACE TEMP TABLE ours AS {ours}", Cancel);
        session.Execute($"CREATE OR REPLACE TEMP TABLE judged AS {judged}", Cancel);
        foreach (var (left, right, word) in new[] { ("judged", "ours", "missing"), ("ours", "judged", "unexpected") })
        {
            using var rows = session.Query($"FROM {left} EXCEPT ALL FROM {right} LIMIT 3", Cancel);
            var difference = rows.Rows(Cancel).Select(row => string.Join(" | ", row)).ToList();
            Assert.True(difference.Count == 0, $"{what}: {word} rows\n{string.Join('\n', difference)}");
        }
        return session.QueryScalar<long>("SELECT count(*) FROM ours", Cancel);
    }

    static string AsJudgeWrites(EngineColumn column)
    {
        var name = $"`{column.Name.Replace("`", "``", StringComparison.Ordinal)}`";
        return column.Type.Id is TypeId.Blob ? $"hex({name}) AS {name}" : name;
    }

    /// <summary>Our value in a form that both have: ClickHouse has no null lists and maps, and no bytes.</summary>
    static string Comparable(EngineColumn column)
    {
        var name = SqlText.Identifier(column.Name);
        return column.Type.Id switch
        {
            TypeId.Blob => $"hex({name}) AS {name}",
            TypeId.List => $"CAST(to_json(coalesce({name}, [])) AS VARCHAR) AS {name}",
            TypeId.Map => $"CAST(to_json(coalesce({name}, MAP {{}})) AS VARCHAR) AS {name}",
            TypeId.Struct => $"CAST(to_json({name}) AS VARCHAR) AS {name}",
            _ => name,
        };
    }

    static string AsOurs(EngineColumn column)
    {
        var name = SqlText.Identifier(column.Name);
        var typed = column.Type.Id is TypeId.Blob ? name : $"CAST({name} AS {column.Type})";
        return column.Type.Id is TypeId.List or TypeId.Map or TypeId.Struct
            ? $"CAST(to_json({typed}) AS VARCHAR) AS {name}"
            : $"{typed} AS {name}";
    }
}
