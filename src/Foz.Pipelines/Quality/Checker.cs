using System.Globalization;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Data;
using Foz.Lake.Engine;

namespace Foz.Pipelines.Quality;

/// <summary>Runs the checks of one table.</summary>
/// <param name="session">The session in which the relations can be read.</param>
/// <param name="relation">
/// The table as it would be after the commit, as SQL that may follow FROM; read several times.
/// </param>
sealed class Checker(EngineSession session, string relation)
{
    /// <summary>
    /// Another table at its committed version, as SQL that may follow FROM; for <c>relationships</c>.
    /// </summary>
    public required Func<TableName, string> RelationOf { get; init; }

    /// <summary>
    /// The query of a SQL check as the engine can run it, the project's names of tables replaced: the checked table's
    /// by what it would be, others by their committed versions.
    /// </summary>
    public required Func<string, string> BindQuery { get; init; }

    /// <summary>
    /// The new rows of the table, as such SQL, for checks that need to see no others. Null if all rows are checked.
    /// </summary>
    public string? NewRows { get; init; }

    /// <summary>
    /// Whether a check needs to see all rows; by default all do except those that decide about each row on its own.
    /// </summary>
    public Func<CheckDefinition, bool> LooksAtAll { get; init; } = static check => check.Scope is not CheckScope.Row;

    /// <summary>When it is, for <c>freshness</c>.</summary>
    public DateTimeOffset Now { get; init; } = DateTimeOffset.MaxValue;

    /// <summary>How many rows that break a check are kept to be shown.</summary>
    public int SampleRowsMax { get; init; } = 5;

    /// <summary>
    /// Runs checks: one statement for all but SQL checks, and one for the samples of each that did not pass.
    /// </summary>
    /// <param name="checks">The checks.</param>
    /// <param name="cancellationToken">Interrupts it.</param>
    /// <returns>A result for each check, in order.</returns>
    /// <exception cref="FozException">
    /// A check names a column that is not there, or cannot be run; says which.
    /// </exception>
    /// <exception cref="OperationCanceledException">The token was canceled.</exception>
    public IReadOnlyList<CheckResult> Run(IReadOnlyList<CheckDefinition> checks, CancellationToken cancellationToken)
    {
        if (checks.Count == 0) return [];
        EnsureColumnsExist(checks, cancellationToken);
        var byRow = NewRows is null ? [] : checks.Where(c => !LooksAtAll(c)).ToList();
        var byTable = checks.Except(byRow, ReferenceEqualityComparer.Instance).Cast<CheckDefinition>().ToList();
        var found = new Dictionary<CheckDefinition, CheckResult>(ReferenceEqualityComparer.Instance);
        if (byRow.Count > 0) Measure(byRow, new(NewRows!, RelationOf), found, cancellationToken);
        if (byTable.Count > 0) Measure(byTable, new(relation, RelationOf), found, cancellationToken);
        return [.. checks.Select(check => found[check])];
    }

    /// <summary>Notes the columns that a check names and a table lacks.</summary>
    /// <param name="check">The check.</param>
    /// <param name="columns">The table's columns.</param>
    /// <param name="errors">Takes what is wrong.</param>
    public static void EnsureColumnsExist(CheckDefinition check, IReadOnlyList<string> columns, ErrorList errors)
    {
        foreach (var column in check.Columns.Where(column =>
            !columns.Contains(column, StringComparer.OrdinalIgnoreCase)))
        {
            errors.Add(
                check.Place, $"the check {check.Title} names an unknown column '{column}'",
                NearestName.Hint(column, columns));
        }
    }

    /// <summary>Runs checks that look at the same rows.</summary>
    void Measure(
        List<CheckDefinition> checks, CheckSql sql, Dictionary<CheckDefinition, CheckResult> found,
        CancellationToken cancellationToken)
    {
        var counted = checks.Where(c => c is not CheckDefinition.Custom).ToList();
        var counts = Counts(counted, sql, cancellationToken);
        var rows = Convert.ToInt64(counts[0], CultureInfo.InvariantCulture);
        for (var i = 0; i < counted.Count; i++)
            found[counted[i]] = CheckFinding.Of(counted[i], counts[i + 1], rows, Now);
        foreach (var custom in checks.OfType<CheckDefinition.Custom>())
            found[custom] = RunCustom(custom, rows, cancellationToken);
        foreach (var check in checks.Where(check => !found[check].Passed))
            found[check] = found[check] with { Samples = SamplesOf(check, sql, cancellationToken) };
    }

    void EnsureColumnsExist(IReadOnlyList<CheckDefinition> checks, CancellationToken cancellationToken)
    {
        if (checks.All(c => c.Columns.Count == 0)) return;
        var columns = session.Describe($"SELECT * FROM {relation}", cancellationToken).Select(c => c.Name).ToList();
        var known = columns.ToHashSet(StringComparer.OrdinalIgnoreCase);
        var errors = new ErrorList();
        foreach (var check in checks.Where(c => c.Columns.Any(column => !known.Contains(column))))
            EnsureColumnsExist(check, columns, errors);
        errors.ThrowIfAny();
    }

    /// <summary>The number of rows, then what is counted or measured for each check.</summary>
    object?[] Counts(List<CheckDefinition> checks, CheckSql sql, CancellationToken cancellationToken)
    {
        try
        {
            return FirstRow(sql.Counts(checks), cancellationToken);
        }
        catch (FozException e) when (IsFaultOfCheck(e) && checks.Count > 0)
        {
            // One of them is at fault: the first that fails alone is named.
            foreach (var check in checks) RunAlone(check, sql, cancellationToken);
            throw;
        }
    }

    void RunAlone(CheckDefinition check, CheckSql sql, CancellationToken cancellationToken)
    {
        try
        {
            FirstRow(sql.Counts([check]), cancellationToken);
        }
        catch (FozException e) when (IsFaultOfCheck(e))
        {
            throw CannotRun(check, check.Place, e);
        }
    }

    CheckResult RunCustom(CheckDefinition.Custom check, long rows, CancellationToken cancellationToken)
    {
        try
        {
            var row = FirstRow(CheckSql.CustomCount(BindQuery(check.Query), check.Value), cancellationToken);
            return new(check, Convert.ToInt64(row[0]), rows) { Actual = (string?)row[1] };
        }
        catch (FozException e) when (IsFaultOfCheck(e))
        {
            throw CannotRun(check, check.QueryPlace, e);
        }
    }

    List<string> SamplesOf(CheckDefinition check, CheckSql checkSql, CancellationToken cancellationToken)
    {
        var query = check is CheckDefinition.Custom custom ? BindQuery(custom.Query) : null;
        if (checkSql.Samples(check, SampleRowsMax, query) is not { } sql) return [];
        using var rows = session.Query(sql, cancellationToken);
        return [.. rows.Rows(cancellationToken).Select(row => (string)row[0]!)];
    }

    object?[] FirstRow(string sql, CancellationToken cancellationToken)
    {
        using var rows = session.Query(sql, cancellationToken);
        return rows.Rows(cancellationToken).First();
    }

    static bool IsFaultOfCheck(FozException error) => error.Kind is ErrorKind.Sql or ErrorKind.Data;

    static FozException CannotRun(CheckDefinition check, Place place, FozException cause) =>
        new(cause.Kind, $"the check {check.Title} cannot be run: {cause.Message}", cause)
        {
            Place = place,
            Hint = cause.Hint,
        };
}
