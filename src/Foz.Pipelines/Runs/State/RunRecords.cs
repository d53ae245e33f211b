using System.Globalization;
using System.Text.Json;
using Foz.Connectors;
using Foz.Lake.Configuration;
using Foz.Lake.Journal;
using Foz.Pipelines.Batches;
using Foz.Pipelines.Environments;
using Foz.Pipelines.Lineage;
using Foz.Pipelines.Projects;

namespace Foz.Pipelines.Runs.State;

/// <summary>What the journal keeps of runs and steps.</summary>
static class RunRecords
{
    /// <summary>The record of a run.</summary>
    public static RunRecord OfRun(
        Project project, RunResult result, DateTimeOffset startedAt, DateTimeOffset finishedAt) =>
        new()
        {
            RunId = result.RunId,
            Project = project.Name,
            Environment = project.Environment,
            FozVersion = FozVersion,
            User = Environment.UserName,
            Host = Environment.MachineName,
            StartedAt = startedAt,
            FinishedAt = finishedAt,
            Outcome = result.Outcome,
            StepsSucceeded = result.Count(Outcome.Succeeded) + result.Count(Outcome.Warned),
            StepsSkipped = result.Count(Outcome.Skipped),
            StepsFailed = result.Count(Outcome.Failed) + result.Count(Outcome.Canceled),
        };

    /// <summary>The records of a promotion: a run that had a step for each table which took another's place.</summary>
    public static IReadOnlyCollection<JournalRecord> OfPromotion(
        string project, Promotion promotion, DateTimeOffset finishedAt)
    {
        var steps = promotion.Tables.Where(table => table.Manifest is not null).ToList();
        return
        [
            new RunRecord
            {
                RunId = promotion.Id, Project = project, Environment = promotion.To, FozVersion = FozVersion,
                User = Environment.UserName,
                Host = Environment.MachineName, StartedAt = promotion.CreatedAt, FinishedAt = finishedAt,
                Outcome = Outcome.Succeeded,
                StepsSucceeded = steps.Count, StepsSkipped = 0, StepsFailed = 0,
            },
            .. steps.Select(table => new StepRecord
            {
                RunId = promotion.Id, Step = table.Step, Kind = "promotion", Batch = table.Batch,
                Outcome = Outcome.Succeeded,
                StartedAt = promotion.CreatedAt, FinishedAt = finishedAt,
            }),
        ];
    }

    static string FozVersion => typeof(RunRecords).Assembly.GetName().Version!.ToString(3);

    /// <summary>The records of a step: itself, its checks, what it read.</summary>
    public static IReadOnlyCollection<JournalRecord> OfStep(
        string runId, GraphNode node, StepResult result, NodeLineage? lineage, DateTimeOffset startedAt,
        DateTimeOffset finishedAt, PriceList? prices)
    {
        var records = new List<JournalRecord>
        {
            new StepRecord
            {
                RunId = runId,
                Step = node.Table.ToString(),
                Kind = result.IsStream ? "stream" : "model",
                Batch = result.Inputs?.Batch,
                Outcome = result.Outcome,
                StartedAt = startedAt,
                FinishedAt = finishedAt,
                TableVersion = result.TableVersion,
                RowsWritten = result.RowsWritten,
                RowsRejected = result.RowsRejected,
                RowsDropped = result.RowsDropped,
                RowsQuarantined = result.RowsQuarantined,
                Warnings = [.. result.Warnings.Select(warning => warning.Describe())],
                Error = result.Error?.Describe(),
                CpuSeconds = result.Use?.Processor.TotalSeconds,
                MemoryPeakBytes = result.Use?.MemoryPeakBytes,
                BytesRead = result.BytesRead,
                BytesWritten = result.Use?.BytesWritten,
                SpillPeakBytes = result.Use?.SpillPeakBytes,
                Attempts = result.Attempts,
                Cost = result.Use is { } use
                    ? prices?.Of(use.Processor, result.BytesRead, use.BytesWritten)
                    : null,
            },
        };
        records.AddRange(result.Checks.Select(check => new CheckRecord
        {
            RunId = runId,
            Step = node.Table.ToString(),
            TableName = node.Table.ToString(),
            Column = check.Check.Columns.Count == 0 ? null : string.Join(", ", check.Check.Columns),
            Check = check.Check.Name,
            Arguments = check.Check.Arguments is { Length: > 0 } arguments ? arguments : null,
            OnViolation = check.OnViolation.ToString().ToLowerInvariant(),
            Passed = check.Passed,
            Violations = check.Violations,
            RowsChecked = check.RowsChecked,
            Actual = string.IsNullOrEmpty(check.Actual) ? null : check.Actual,
            CheckedAt = finishedAt,
        }));
        if (result.Outcome is Outcome.Succeeded or Outcome.Warned)
            records.AddRange(
                result.Checks.SelectMany(check => check.Measured).Distinct().Select(measured => new MetricRecord
                {
                    RunId = runId,
                    TableName = node.Table.ToString(),
                    Column = measured.Column,
                    Metric = measured.Metric,
                    Value = measured.Value,
                    MeasuredAt = finishedAt,
                }));
        if (result.Outcome is Outcome.Succeeded or Outcome.Warned)
            records.AddRange(OfInputs(runId, node, result, lineage, finishedAt));
        return records;
    }

    static IEnumerable<JournalRecord> OfInputs(
        string runId, GraphNode node, StepResult result, NodeLineage? lineage, DateTimeOffset finishedAt)
    {
        if (node is GraphNode.OfStream { Source: var source, Stream.Definition: var stream })
        {
            yield return Lineage($"{source.Name}.{stream.Name}", "stream", version: null);
            foreach (var column in OfColumns($"{source.Name}.{stream.Name}", "stream", version: null))
                yield return column;
            var files = result.Inputs?.Stream is StreamInputs.OfFiles read ? read.Files : [];
            yield return new SourceRecord
            {
                RunId = runId,
                Source = source.Name,
                Stream = stream.Name,
                TableName = node.Table.ToString(),
                Mode = stream.Mode.ToString().ToLowerInvariant(),
                FilesRead = files.Length,
                RowsRead = result.Read.Rows
                    ?? result.RowsWritten + result.RowsRejected + result.RowsDropped + result.RowsQuarantined,
                RowsWritten = result.RowsWritten,
                BytesRead = result.Read.Bytes ?? (files.IsEmpty ? null : files.Sum(f => f.SizeBytes)),
                RowsRejected = result.RowsRejected,
                CursorTo = EndOf(result.Inputs?.Stream),
                SyncedAt = result.Inputs?.CreatedAt ?? finishedAt,
            };
            yield break;
        }
        foreach (var reference in node.References.Where(r => r is { IsOrderOnly: false, Kind: not ReferenceKind.Self }))
        {
            var upstream = reference.Table.ToString();
            var version = result.Inputs?.Tables.GetValueOrDefault(upstream)?.Version;
            yield return Lineage(upstream, "table", version);
            foreach (var column in OfColumns(upstream, "table", version)) yield return column;
        }

        IEnumerable<LineageRecord> OfColumns(string upstream, string kind, long? version)
        {
            if (lineage is null) yield break;
            foreach (var (column, input) in lineage.Columns.SelectMany(c =>
                c.Inputs.Select(i => ((string?)c.Field.Name, i)))
                .Concat(lineage.Conditions.Select(input => ((string?)null, input))))
            {
                if (!input.Table.ToString().Equals(upstream, StringComparison.OrdinalIgnoreCase)) continue;
                yield return Lineage(upstream, kind, version) with
                {
                    Column = column,
                    UpstreamColumn = input.Column,
                    Transformation = JsonNamingPolicy.SnakeCaseLower.ConvertName(input.Transformation.ToString()),
                };
            }
        }

        LineageRecord Lineage(string upstream, string kind, long? version) => new()
        {
            RunId = runId,
            TableName = node.Table.ToString(),
            TableVersion = result.TableVersion,
            Upstream = upstream,
            UpstreamKind = kind,
            UpstreamVersion = version,
            RecordedAt = finishedAt,
        };
    }

    /// <summary>Returns the position that a batch reached, as text; null if it has none.</summary>
    static string? EndOf(StreamInputs? inputs) => inputs switch
    {
        StreamInputs.OfCursor { To: var cursor } => cursor,
        StreamInputs.OfVersions { To: var version } => version.ToString(CultureInfo.InvariantCulture),
        _ => null,
    };
}
