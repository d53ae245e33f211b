using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Engine;
using Foz.Lake.Sql;
using Foz.Pipelines.Lineage;
using Foz.Pipelines.Materializations;
using Foz.Pipelines.Projects;

namespace Foz.Pipelines.UnitTests;

/// <summary>How a unit test ended.</summary>
/// <param name="Test">The test.</param>
public sealed record UnitTestOutcome(UnitTest Test)
{
    /// <summary>The columns that are compared.</summary>
    public IReadOnlyList<EngineColumn> Columns { get; init; } = [];

    /// <summary>The expected rows that the model did not make.</summary>
    public IReadOnlyList<object?[]> Missing { get; init; } = [];

    /// <summary>The rows that the model made and the test did not expect.</summary>
    public IReadOnlyList<object?[]> Unexpected { get; init; } = [];

    /// <summary>How many rows are as expected.</summary>
    public long RowsAsExpected { get; init; }

    /// <summary>Why it could not be made; null where it could.</summary>
    public FozException? Error { get; init; }

    /// <summary>Whether the model made what was expected.</summary>
    public bool Passed => Error is null && Missing.Count == 0 && Unexpected.Count == 0;
}

/// <summary>
/// Runs models on the rows that unit tests give them. Of the lake it reads only the columns of tables.
/// </summary>
/// <param name="lake">The lake.</param>
/// <param name="project">The project.</param>
public sealed class UnitTestRunner(Lakehouse lake, Project project)
{
    const string ActualTable = "foz_unit_actual";
    const string ExpectedTable = "foz_unit_expected";

    /// <summary>Functions that tell the time, as DuckDB's parser names them.</summary>
    static readonly (string Name, string Type)[] Clocks =
    [
        ("now", "TIMESTAMPTZ"), ("get_current_timestamp", "TIMESTAMPTZ"), ("transaction_timestamp", "TIMESTAMPTZ"),
        ("current_date", "DATE"), ("today", "DATE"), ("current_localtimestamp", "TIMESTAMP"),
    ];

    /// <summary>Runs unit tests.</summary>
    /// <param name="tests">The tests.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>How each ended.</returns>
    public async Task<IReadOnlyList<UnitTestOutcome>> RunAsync(
        IEnumerable<UnitTest> tests, CancellationToken cancellationToken)
    {
        using var lineage = new ProjectLineage(project, lake);
        var outcomes = new List<UnitTestOutcome>();
        foreach (var test in tests)
        {
            try
            {
                outcomes.Add(await RunAsync(test, lineage, cancellationToken));
            }
            catch (FozException e) when (e.Kind is not ErrorKind.Canceled)
            {
                outcomes.Add(new(test) { Error = e });
            }
        }
        return outcomes;
    }

    async Task<UnitTestOutcome> RunAsync(UnitTest test, ProjectLineage lineage, CancellationToken cancellationToken)
    {
        var model = project.FindModel(test.Model)!;
        using var session = lake.Engines.Open(Workload.Models);
        if (test.Body is { } body) model = model with { Body = body };
        var columns = await MakeAsync(test, model, session, lineage, cancellationToken);
        var (expected, asText) = UnitRelation.OfExpected(
            session, $"{model.Name}", test.Expected, UnitSchema.Of(columns), cancellationToken);
        IReadOnlyList<string> stated = test.Expected switch
        {
            UnitRows.Listed listed => [.. listed.Columns.Select(column => column.Name)],
            UnitRows.Query query => [.. session.Describe(query.Sql, cancellationToken).Select(column => column.Name)],
            _ => [],
        };
        var compared = stated.Count > 0
            ? [.. columns.Where(c => stated.Contains(c.Name, StringComparer.OrdinalIgnoreCase))]
            : columns;
        session.Execute($"CREATE OR REPLACE TEMP TABLE {ExpectedTable} AS SELECT * FROM {expected}", cancellationToken);
        var names = SqlText.Identifiers(compared.Select(c => c.Name));
        var made = string.Join(", ", compared.Select(c =>
            $"{(asText.Contains(c.Name) ? $"CAST({SqlText.Identifier(c.Name)} AS VARCHAR) AS " : "")}"
                + $"{SqlText.Identifier(c.Name)}"));
        var missing = Rows(
            session, $"SELECT {names} FROM {ExpectedTable} EXCEPT ALL SELECT {made} FROM {ActualTable}", names,
            cancellationToken);
        var unexpected = Rows(
            session, $"SELECT {made} FROM {ActualTable} EXCEPT ALL SELECT {names} FROM {ExpectedTable}", names,
            cancellationToken);
        var count = session.QueryScalar<long>($"SELECT count(*) FROM {ActualTable}", cancellationToken);
        return new(test)
        {
            Columns = compared, Missing = missing, Unexpected = unexpected, RowsAsExpected = count - unexpected.Count,
        };
    }

    /// <summary>Runs the model on what is given to it; of one that is made in intervals, the one of the test.</summary>
    async Task<IReadOnlyList<EngineColumn>> MakeAsync(
        UnitTest test, Model model, EngineSession session, ProjectLineage lineage, CancellationToken cancellationToken)
    {
        var interval = IntervalSql.Of(model, test.Batch);
        var sql = await new UnitInputs(lake, project, lineage, session)
            .FillAsync(test, model, interval?.Fill() ?? model.Sql, cancellationToken);
        if (test.Now is { } now) SetClock(session, now, cancellationToken);
        try
        {
            if (interval is not null) sql = interval.Filter(sql, session.Describe(sql, cancellationToken));
            session.Execute($"CREATE OR REPLACE TEMP TABLE {ActualTable} AS\n{sql}", cancellationToken);
        }
        catch (FozException e) when (e.Kind is not ErrorKind.Canceled)
        {
            throw new FozException(e.Kind, $"{model.Name} cannot be made from what is given: {e.Message}", e)
            {
                Place = model.Place, Hint = e.Hint,
            };
        }
        return session.Describe($"SELECT * FROM {ActualTable}", cancellationToken);
    }

    static void SetClock(EngineSession session, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var instant = SqlText.Literal($"{now.ToUniversalTime():yyyy-MM-dd HH:mm:ss.ffffff}+00");
        foreach (var (name, type) in Clocks)
        {
            var value = type == "TIMESTAMPTZ"
                ? $"{instant}::TIMESTAMPTZ"
                : $"({instant}::TIMESTAMPTZ AT TIME ZONE 'UTC')::{type}";
            session.Execute($"CREATE OR REPLACE TEMPORARY MACRO {name}() AS {value}", cancellationToken);
        }
    }

    static List<object?[]> Rows(EngineSession session, string sql, string order, CancellationToken cancellationToken)
    {
        using var rows = session.Query($"SELECT * FROM ({sql}) ORDER BY {order}", cancellationToken);
        return [.. rows.Rows(cancellationToken)];
    }
}
