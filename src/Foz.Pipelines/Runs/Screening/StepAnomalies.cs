using System.Globalization;
using Foz.Lake.Catalog;
using Foz.Lake.Configuration;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Sql;
using Foz.Lake.Tables;
using Foz.Lake.Tables.Writing;
using Foz.Pipelines.Batches;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Quality;
using Foz.Pipelines.Quality.Anomalies;
using Foz.Pipelines.Runs.Steps;

namespace Foz.Pipelines.Runs.Screening;

/// <summary>
/// Checks whether the rows of a step are unusual, compared with the table's own past: its log, and its earlier
/// measurements.
/// </summary>
/// <param name="lake">The lake.</param>
/// <param name="node">The step's node.</param>
/// <param name="session">The session of the step.</param>
/// <param name="batch">The rows that the step adds; null if the current table is checked.</param>
sealed class StepAnomalies(Lakehouse lake, GraphNode node, EngineSession session, AnomalyBatch? batch)
{
    const int CommitsMax = 200;
    const double RatioFloor = 0.02;

    readonly List<string> found = [];
    readonly List<MeasuredValue> measured = [];

    /// <summary>Looks.</summary>
    public async Task<CheckResult> RunAsync(CheckDefinition.Anomaly check, CancellationToken cancellationToken)
    {
        var commits = check.Pillars.Any(pillar => pillar is AnomalyPillar.Freshness or AnomalyPillar.Volume)
            ? await CommitsAsync(cancellationToken)
            : [];
        foreach (var pillar in check.Pillars)
        {
            if (pillar is AnomalyPillar.Freshness) LookAtFreshness(check, commits);
            else if (batch is null) continue;
            else if (pillar is AnomalyPillar.Volume) LookAtVolume(check, commits, batch.Change.RowsAdded);
            else if (pillar is AnomalyPillar.Schema) LookAtSchema(batch.Change);
            else if (pillar is AnomalyPillar.Distribution)
                await LookAtDistributionAsync(check, batch, cancellationToken);
            else await LookAtLineageAsync(cancellationToken);
        }
        return new(check, found.Count, batch?.Change.RowsAdded ?? 0)
        {
            Actual = string.Join("; ", found), Measured = measured,
        };
    }

    /// <summary>The commits that brought rows, oldest first.</summary>
    async Task<List<TableCommit>> CommitsAsync(CancellationToken cancellationToken)
    {
        var commits = new List<TableCommit>();
        if (await lake.Catalog.FindAsync(node.Table, cancellationToken) is not { Kind: DefinitionKind.Table })
            return commits;
        var table = await lake.OpenTableAsync(node.Table, cancellationToken);
        if (await table.FindLatestAsync(cancellationToken) is null) return commits;
        await foreach (var commit in table.HistoryAsync(cancellationToken))
        {
            if (commit.Operation is "OPTIMIZE" or "RESTORE" or "DELETE" || commit.RowsAdded is null) continue;
            commits.Add(commit);
            if (commits.Count == CommitsMax) break;
        }
        commits.Reverse();
        return commits;
    }

    void LookAtFreshness(CheckDefinition.Anomaly check, List<TableCommit> commits)
    {
        if (commits.Count == 0) return;
        var now = lake.Clock.GetUtcNow();
        var gaps = commits.Zip(commits.Skip(1))
            .Select(pair =>
                new PastValue(pair.Second.Timestamp, (pair.Second.Timestamp - pair.First.Timestamp).TotalSeconds))
                .ToList();
        var gap = now - commits[^1].Timestamp;
        // A minute more or less is nothing, however regular the past was; earlier than usual is no fault.
        if (ExpectedRange.Learn(gaps, now, check.Deviations, check.HistoryMin, floor: 60) is { } usual
            && gap.TotalSeconds > usual.High)
            found.Add(
                $"freshness: the last rows came {Duration.Describe(gap)} ago, and most often "
                + $"{Duration.Describe(TimeSpan.FromSeconds(usual.Middle))} lie between");
    }

    void LookAtVolume(CheckDefinition.Anomaly check, List<TableCommit> commits, long rows)
    {
        var past = commits.Select(commit => new PastValue(commit.Timestamp, commit.RowsAdded!.Value)).ToList();
        if (Learn(check, past, floor: 1) is { } usual && !usual.Contains(rows))
            found.Add(string.Create(
                CultureInfo.InvariantCulture,
                $"volume: {rows:N0} rows, and most often about {usual.Middle:N0} "
                    + $"({Math.Max(0, usual.Low):N0} to {usual.High:N0})"));
    }

    ExpectedRange? Learn(CheckDefinition.Anomaly check, List<PastValue> past, double floor) =>
        ExpectedRange.Learn(past, lake.Clock.GetUtcNow(), check.Deviations, check.HistoryMin, floor);

    void LookAtSchema(TableChange change)
    {
        if (change.FieldsBefore is not { } before) return;
        var (old, now) = (ByName(before), ByName(change.Preview().Fields));
        found.AddRange(
            old.Keys.Except(now.Keys, StringComparer.OrdinalIgnoreCase)
                .Select(name => $"schema: the column {name} is gone"));
        found.AddRange(
            now.Keys.Except(old.Keys, StringComparer.OrdinalIgnoreCase)
                .Select(name => $"schema: the column {name} ({now[name]}) is new"));
        found.AddRange(now.Where(c => old.TryGetValue(c.Key, out var type) && type != c.Value)
            .Select(c => $"schema: {c.Key} was {old[c.Key]} and is {c.Value}"));

        static Dictionary<string, string> ByName(IReadOnlyList<Field> fields) =>
            fields.ToDictionary(field => field.Name, field => field.Type.ToString()!, StringComparer.OrdinalIgnoreCase);
    }

    async Task LookAtDistributionAsync(
        CheckDefinition.Anomaly check, AnomalyBatch rows, CancellationToken cancellationToken)
    {
        var all = session.Describe($"SELECT * FROM {rows.Relation}", cancellationToken);
        var errors = new ErrorList();
        Checker.EnsureColumnsExist(check, [.. all.Select(column => column.Name)], errors);
        errors.ThrowIfAny();
        var columns = all.Where(column => check.Column is null
                ? !ChangeColumns.Fields.Any(field => field.Name.Equals(column.Name, StringComparison.OrdinalIgnoreCase))
                : column.Name.Equals(check.Column, StringComparison.OrdinalIgnoreCase)).ToList();
        var numbers = columns.SelectMany(column =>
            MeasuresOf(column).Select(measure => (column.Name, Measure: measure))).ToList();
        if (numbers.Count == 0) return;
        using var values = session.Query(
            $"SELECT {string.Join(", ", numbers.Select(n => n.Measure.Sql(n.Name, "")))} FROM {rows.Relation}",
            cancellationToken);
        var row = values.Rows(cancellationToken).First();
        var past = await PastAsync(cancellationToken);
        foreach (var ((column, measure), value) in numbers.Zip(row))
        {
            if (value is null
                || Convert.ToDouble(value, CultureInfo.InvariantCulture) is var number && !double.IsFinite(number))
                continue;
            measured.Add(new(column, measure.Name, number));
            var floor = measure is Measure.Mean ? 1e-9 : RatioFloor;
            if (past.GetValueOrDefault((column.ToUpperInvariant(), measure.Name)) is { } before
                && Learn(check, before, floor) is { } usual && !usual.Contains(number))
                found.Add(string.Create(
                    CultureInfo.InvariantCulture,
                    $"distribution: {measure.Name} of {column} is {number:0.####}, and most often about "
                        + $"{usual.Middle:0.####} ({usual.Low:0.####} to {usual.High:0.####})"));
        }
    }

    static IEnumerable<Measure> MeasuresOf(EngineColumn column)
    {
        yield return new Measure.NullRatio();
        if (column.IsNumber) yield return new Measure.Mean();
    }

    /// <summary>What was measured of the table before, by column and number, oldest first.</summary>
    async Task<Dictionary<(string Column, string Metric), List<PastValue>>> PastAsync(
        CancellationToken cancellationToken)
    {
        var past = new Dictionary<(string, string), List<PastValue>>();
        foreach (var row in await QueryAsync(
            $"""
            SELECT "column", metric, value, epoch_ms(measured_at) FROM foz.metrics
            WHERE table_name = {SqlText.Literal(node.Table.ToString())} ORDER BY measured_at
            """, cancellationToken))
        {
            var key = (((string?)row[0] ?? "").ToUpperInvariant(), (string)row[1]!);
            if (!past.TryGetValue(key, out var values)) past[key] = values = [];
            values.Add(new(DateTimeOffset.FromUnixTimeMilliseconds((long)row[3]!), (double)row[2]!));
        }
        return past;
    }

    async Task LookAtLineageAsync(CancellationToken cancellationToken)
    {
        if (node is not GraphNode.OfModel) return;
        var now = node.References.Where(r => r is { IsOrderOnly: false, Kind: not ReferenceKind.Self })
            .Select(r => r.Table.ToString()).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var before = (await QueryAsync(
            $"""
            SELECT DISTINCT upstream FROM foz.lineage
            WHERE table_name = {SqlText.Literal(node.Table.ToString())} AND run_id = (
                SELECT max_by(run_id, recorded_at) FROM foz.lineage WHERE table_name = {SqlText.Literal(node.Table.ToString())})
            """, cancellationToken)).Select(row => (string)row[0]!).ToHashSet(StringComparer.OrdinalIgnoreCase);
        if (before.Count == 0) return;
        found.AddRange(
            before.Except(now, StringComparer.OrdinalIgnoreCase).Order()
                .Select(name => $"lineage: {name} is not read any more"));
        found.AddRange(
            now.Except(before, StringComparer.OrdinalIgnoreCase).Order()
                .Select(name => $"lineage: {name} is read for the first time"));
    }

    async Task<List<object?[]>> QueryAsync(string sql, CancellationToken cancellationToken)
    {
        var names = new StepNameResolver(lake, node, new Dictionary<string, TableInput>());
        using var bound = await new StatementBinder(session, names).BindAsync(sql, cancellationToken);
        using var rows = session.Query(bound.Sql, cancellationToken);
        return [.. rows.Rows(cancellationToken)];
    }
}

/// <summary>The rows that a step adds.</summary>
/// <param name="Change">The change, not yet committed.</param>
/// <param name="Relation">The new rows, or all rows if the table is rebuilt.</param>
sealed record AnomalyBatch(TableChange Change, string Relation);
