using Foz.Core.Catalog;
using Foz.Core.Data;
using Foz.Core.Engine;
using Foz.Core.Pipelines.Lineage;
using Foz.Core.Pipelines.Projects;

namespace Foz.Core.Pipelines.UnitTests;

/// <summary>How a unit test ended.</summary>
/// <param name="Test">The test.</param>
public sealed record UnitTestOutcome(UnitTest Test)
{
    /// <summary>The columns that are compared.</summary>
    public IReadOnlyList<EngineColumn> Columns { get; init; } = [];

    /// <summary>The expected rows that the model did not make.</summary>
    public IReadOnlyList<object?[]> Missing { get; init; } = [];

    /// <summary>The rows that the model made and nobody expected.</summary>
    public IReadOnlyList<object?[]> Unexpected { get; init; } = [];

    /// <summary>How many rows are as expected.</summary>
    public long RowsAsExpected { get; init; }

    /// <summary>Why it could not be made; null where it could.</summary>
    public FozException? Error { get; init; }

    /// <summary>Whether the model made what was expected.</summary>
    public bool Passed => Error is null && Missing.Count == 0 && Unexpected.Count == 0;
}

/// <summary>Runs models on the rows that unit tests give them. Of the lake only the columns of tables are looked at.</summary>
/// <param name="lake">The lake.</param>
/// <param name="project">The project.</param>
public sealed class UnitTestRunner(Lake lake, Project project)
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
        var relations = new Dictionary<TableName, string>();
        foreach (var reference in model.References.Where(reference => !reference.IsOrderOnly))
        {
            var schema = await UnitSchema.OfAsync(lake, project, lineage, reference, cancellationToken);
            var rows = test.Given.GetValueOrDefault(reference.Name);
            relations[reference.Name] = UnitRelation.Of(session, $"{reference.Name}", rows, schema, test.Place, cancellationToken);
        }
        if (test.Now is { } now) SetClock(session, now, cancellationToken);
        var columns = Make(session, model, relations, cancellationToken);
        var expected = UnitRelation.Of(
            session, $"{model.Name}", test.Expected, [.. columns.Select(c => new UnitField(c.Name, c.TypeName))], test.Place, cancellationToken);
        var compared = test.Expected is UnitRows.Listed { Columns.Count: > 0 } listed
            ? [.. columns.Where(c => listed.Columns.Any(stated => stated.Name.Equals(c.Name, StringComparison.OrdinalIgnoreCase)))]
            : columns;
        session.Execute($"CREATE OR REPLACE TEMP TABLE {ExpectedTable} AS SELECT * FROM {expected}", cancellationToken);
        var names = SqlText.Identifiers(compared.Select(c => c.Name));
        var missing = Rows(session, $"SELECT {names} FROM {ExpectedTable} EXCEPT ALL SELECT {names} FROM {ActualTable}", names, cancellationToken);
        var unexpected = Rows(session, $"SELECT {names} FROM {ActualTable} EXCEPT ALL SELECT {names} FROM {ExpectedTable}", names, cancellationToken);
        var made = session.QueryScalar<long>($"SELECT count(*) FROM {ActualTable}", cancellationToken);
        return new(test) { Columns = compared, Missing = missing, Unexpected = unexpected, RowsAsExpected = made - unexpected.Count };
    }

    /// <summary>Runs the model on what is given to it.</summary>
    static IReadOnlyList<EngineColumn> Make(
        EngineSession session, Model model, Dictionary<TableName, string> relations, CancellationToken cancellationToken)
    {
        var analysis = SqlAnalysis.Read(session, model.Sql, cancellationToken);
        var sql = analysis.Rewrite(
            table => table.Schema is { } schema ? relations.GetValueOrDefault(new(schema, table.Name)) : null,
            call => call.Arguments is [{ Parts: [.., var schema, var name] }] ? relations.GetValueOrDefault(new(schema, name)) : null);
        try
        {
            session.Execute($"CREATE OR REPLACE TEMP TABLE {ActualTable} AS\n{sql.Text}", cancellationToken);
        }
        catch (FozException e)
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
            var value = type == "TIMESTAMPTZ" ? $"{instant}::TIMESTAMPTZ" : $"({instant}::TIMESTAMPTZ AT TIME ZONE 'UTC')::{type}";
            session.Execute($"CREATE OR REPLACE TEMPORARY MACRO {name}() AS {value}", cancellationToken);
        }
    }

    static List<object?[]> Rows(EngineSession session, string sql, string order, CancellationToken cancellationToken)
    {
        using var rows = session.Query($"SELECT * FROM ({sql}) ORDER BY {order}", cancellationToken);
        return [.. rows.Rows(cancellationToken)];
    }
}
