using System.Globalization;
using System.Text;
using Foz.Lake;
using Foz.Lake.Journal;
using Foz.Pipelines.Batches;
using Foz.Pipelines.Plans;
using Foz.Pipelines.Promotions;
using Foz.Pipelines.Reviews;

namespace Foz.Cli.Reviews;

/// <summary>
/// A review as a comment in Markdown. It has names, counts and messages of errors, and no rows.
/// </summary>
/// <param name="mask">Takes secrets out of a text.</param>
sealed class ReviewComment(Func<string, string> mask)
{
    /// <summary>The comment's first words, by which the next one finds and replaces it.</summary>
    public const string Marker = "<!-- foz ci";

    /// <summary>GitHub takes 65,536 characters.</summary>
    const int CharsMax = 60_000;

    const int RowsMax = 40;

    /// <summary>Writes a review.</summary>
    public string Write(Review review)
    {
        var subject = review.Subject;
        var text = new StringBuilder(Head(
            subject, review.Verdict switch
            {
                ReviewVerdict.Passed => "✅ passed",
                ReviewVerdict.Breaking => "❌ breaking changes of columns",
                _ => "❌ failed",
            }));
        Append(text, $"{Summary(review)}\n");
        Append(text, Errors("Errors", [review.Refusal, .. review.Errors, .. review.Plan.Breaks]));
        Append(text, UnitTests(review));
        if (review.Run is { } run)
            Append(text, Errors(
                "Errors of the build",
                [
                    .. run.Steps.Select(step => step.Error), run.Error, .. run.Tests.Select(test => test.Error),
                ]));
        Append(text, Checks(review));
        Append(text, Breaking(review));
        Append(text, Plan(review));
        Append(text, Rows(review));
        Append(text, Inputs(review));
        Append(text, Cost(review));
        Append(text, Promotion(review));
        return text.ToString();
    }

    /// <summary>Writes what a promotion after a merge did.</summary>
    public string Write(ReviewSubject subject, PromotionPlan promotion)
    {
        var text = new StringBuilder(Head(subject, promotion.Tables.Any() ? "promoted" : "nothing to promote"));
        Append(text, Promotion(promotion, subject, isDone: true));
        return text.ToString();
    }

    string Head(ReviewSubject subject, string verdict)
    {
        var marker = new string(
            [.. $"{subject.Project} {subject.Environment}".Where(c =>
                char.IsLetterOrDigit(c) || c is ' ' or '@' or '_')]);
        var head = $"{Marker}: {marker} -->\n## foz ci {Code(subject.Project)}: {verdict}\n\n"
            + $"Environment {Code(subject.Environment)} beside {Code(subject.Base)}";
        if (subject.Revision is { } revision) head += $", commit {Code(Short(revision))}";
        if (subject.BaseRevision is { } before) head += $" against {Code(Short(before))}";
        return head + ".\n";
    }

    static string Short(string revision) => revision[..Math.Min(12, revision.Length)];

    static string Summary(Review review)
    {
        if (review.Refusal is not null) return "Refused: there is nothing to compare.";
        if (review.Errors.Count > 0) return "The project is not valid: nothing was built.";
        if (review.Plan.Breaks.Count > 0) return "SQL would no longer work: nothing was built.";
        if (review.UnitTests.Any(test => !test.Passed)) return "Unit tests failed: nothing was built.";
        return review.Run is { Steps.Count: > 0 } run
            ? Summary(review, run)
            : "No table changes: nothing was built.";
    }

    static string Summary(Review review, RunResult run)
    {
        var changed = review.Plan.Working.Where(step => step.Change is not StateChange.None)
            .Select(step => review.Subject.NameOf(step.Step)).ToHashSet();
        var count = review.Tables.Count(table => changed.Contains(table.Diff.Name));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Count(run.Steps.Count(step => step.Outcome is Outcome.Succeeded or Outcome.Warned), "table")} "
            + $"built in {run.Elapsed.TotalSeconds:0.0} s: {count} changed, {review.Tables.Count - count} downstream.");
    }

    /// <summary>An error without the rows that it shows: more people read a comment than a table.</summary>
    static string WithoutRows(string error) =>
        string.Join(
            '\n',
            error.Split('\n').Where(line => !line.TrimStart().StartsWith("such as {", StringComparison.Ordinal)));

    string Errors(string title, IEnumerable<FozException?> found)
    {
        var errors = found.OfType<FozException>().Select(error => mask(WithoutRows(error.Describe()))).Distinct()
            .ToList();
        return errors.Count == 0
            ? ""
            : $"### {title}\n\n{MarkdownText.Block(string.Join('\n', errors.Take(RowsMax)))}{More(errors.Count)}";
    }

    string UnitTests(Review review)
    {
        var failed = review.UnitTests.Where(test => !test.Passed).ToList();
        return Table(
            "Unit tests that failed", ["Test", "Missing rows", "Unexpected rows", "Error"],
            failed.Select(test => new[]
            {
                Code(test.Test.Name), Number(test.Missing.Count), Number(test.Unexpected.Count),
                test.Error is { } error ? Code(error.Message) : "",
            }));
    }

    string Checks(Review review)
    {
        if (review.Run is not { } run) return "";
        var found = run.Steps.SelectMany(step =>
            step.Checks.Select(check => (Name: $"{review.Subject.NameOf(step.Step)}", Check: check)))
            .Concat(run.Tests.SelectMany(test => test.Checks.Select(check => (test.Name, Check: check)))).ToList();
        if (found.Count == 0) return "";
        var broken = found.Where(pair => !pair.Check.Passed).ToList();
        return broken.Count == 0
            ? $"### Checks\n\n{Count(found.Count, "check")} passed.\n"
            : Table(
                $"Checks: {broken.Count} of {found.Count} did not pass", ["Table or test", "Check", "Found", "Effect"],
                broken.Select(pair => new[]
                {
                    Code(pair.Name), Code(pair.Check.Check.Title), Code(pair.Check.Finding),
                    pair.Check.IsFailure ? "❌ fails" : "⚠️ warns",
                }));
    }

    string Breaking(Review review) => Table(
        review.AllowsBreaking ? "Breaking changes of columns (allowed)" : "❌ Breaking changes of columns",
        ["Table", "Removed", "Other type"],
        review.Breaking.Select(table => new[]
        {
            Code($"{table.Diff.Name}"),
            Codes(table.Diff.Schema.Where(column => column.Now is null).Select(column => column.Name)),
            Codes(table.Diff.Schema.Where(column => column is { Before: not null, Now: not null })
                .Select(column => $"{column.Name} {column.Before} → {column.Now}")),
        }));

    string Plan(Review review)
    {
        var steps = review.Plan.Working.ToList();
        var text = Table(
            "Changes and what they reach", ["Table", "Reached", "Changed", "Settings", "Columns from the change"],
            steps.Select(step => new[]
            {
                Code($"{review.Subject.NameOf(step.Step)}"),
                step.Change is not StateChange.None ? "changed" : step.Impact?.Kind switch
                {
                    ImpactKind.Direct => "reads a changed table",
                    ImpactKind.Indirect => "downstream",
                    _ => "",
                },
                Words(step.Change), Codes(step.Settings.Select(setting => setting.Key)),
                step.Impact is { IsOfRows: true } ? "all rows" : Codes(step.Impact?.Columns ?? []),
            }));
        return review.Removed.Count == 0
            ? text
            : $"{text}{(text.Length > 0 ? "\n" : "")}Deleted models, whose tables stay in "
                + $"{Code(review.Subject.Base)}: {Codes(review.Removed.Select(name => $"{name}"))}.\n";
    }

    static string Words(StateChange change) => string.Join(
        ", ", Enum.GetValues<StateChange>()
            .Where(part => part is not StateChange.None && change.HasFlag(part))
            .Select(part => part.ToString().ToLowerInvariant()));

    string Rows(Review review) => Table(
        "Rows and columns",
        ["Table", "Rows before", "Rows now", "Added", "Removed", "Changed", "Compared by", "Columns"],
        review.Tables.Select(table => table.Diff is { IsBefore: true, IsNow: true } diff
            ? new[]
            {
                Code($"{diff.Name}"), Number(table.Rows.Before), Number(table.Rows.Now), Number(diff.RowsAdded),
                Number(diff.RowsRemoved), diff.Keys.Count > 0 ? Number(diff.RowsChanged) : "",
                diff.Keys.Count > 0 ? Codes(diff.Keys) : "whole rows",
                Codes(diff.Schema.Select(ColumnText)),
            }
            :
            [
                Code($"{table.Diff.Name}"), table.Diff.IsBefore ? Number(table.Rows.Before) : "new",
                table.Diff.IsNow ? Number(table.Rows.Now) : "not built", "", "", "", "", "",
            ]));

    static string ColumnText(ColumnChange column) => column switch
    {
        { Before: null } => $"+ {column.Name} {column.Now}",
        { Now: null } => $"- {column.Name} {column.Before}",
        _ => $"{column.Name} {column.Before} → {column.Now}",
    };

    string Inputs(Review review)
    {
        var others = review.Tables.Where(table => table.OtherInputs.Count > 0).ToList();
        return others.Count == 0
            ? ""
            : "\nThese read other versions than the base did, so rows may differ for that reason too:\n\n"
                + string.Concat(others.Take(RowsMax).Select(table =>
                    $"- {Code($"{table.Diff.Name}")}: {Codes(table.OtherInputs)}\n"))
                + More(others.Count);
    }

    string Cost(Review review) => Table(
        "Cost", ["Table", "Seconds of the last run in the base", "Seconds", "Bytes in the base", "Bytes"],
        review.Tables.Select(table => new[]
        {
            Code($"{table.Diff.Name}"), Seconds(table.Time.Before), Seconds(table.Time.Now),
            Number(table.Bytes.Before), Number(table.Bytes.Now),
        }));

    string Promotion(Review review) =>
        review.Promotion is { } plan && review.Verdict is ReviewVerdict.Passed
            ? Promotion(plan, review.Subject, isDone: false)
            : "";

    string Promotion(PromotionPlan plan, ReviewSubject subject, bool isDone)
    {
        var promoted = plan.Tables.Select(table => Code($"{table.Definition.TableName}")).ToList();
        var text = new StringBuilder(isDone ? "" : "### On merge\n\n");
        text.Append(
            promoted.Count == 0
                ? $"No table {(isDone ? "was" : "will be")} promoted to {Code(subject.Base)}.\n"
                : $"{Count(promoted.Count, "table")} {(isDone ? "promoted" : "will be promoted")} to "
                    + $"{Code(subject.Base)}, without a rebuild: {string.Join(", ", promoted.Take(RowsMax))}"
                    + $"{(promoted.Count > RowsMax ? $" and {promoted.Count - RowsMax} more" : "")}.\n");
        if (plan.LeftOut.Count > 0)
            text.Append(
                    $"\n{(isDone ? "Not promoted" : "A merge will not promote these")}; the next run in "
                    + $"{Code(subject.Base)} makes them:\n\n")
                .Append(MarkdownText.Block(
                    string.Join('\n', plan.LeftOut.Take(RowsMax).Select(error => mask(error.Message)))))
                .Append(More(plan.LeftOut.Count));
        foreach (var warning in plan.Warnings.Take(RowsMax)) text.Append($"\n- {Code(warning.Message)}");
        return text.ToString();
    }

    static void Append(StringBuilder text, string section)
    {
        if (section.Length == 0) return;
        text.Append('\n').Append(
            text.Length + section.Length <= CharsMax ? section : "_A section is left out: the comment is too long._\n");
    }

    static string Table(string title, IReadOnlyList<string> heads, IEnumerable<string[]> rows)
    {
        var all = rows.ToList();
        if (all.Count == 0) return "";
        var text = new StringBuilder($"### {title}\n\n| {string.Join(" | ", heads)} |\n|");
        foreach (var _ in heads) text.Append("---|");
        foreach (var row in all.Take(RowsMax)) text.Append($"\n| {string.Join(" | ", row)} |");
        return text.Append('\n').Append(More(all.Count)).ToString();
    }

    static string More(int count) => count <= RowsMax
        ? ""
        : string.Create(CultureInfo.InvariantCulture, $"\n… and {count - RowsMax} more.\n");

    string Code(string text) => MarkdownText.Code(mask(text));

    string Codes(IEnumerable<string> texts) => MarkdownText.Codes([.. texts.Select(mask)]);

    static string Count(int number, string one) =>
        string.Create(CultureInfo.InvariantCulture, $"{number:N0} {(number == 1 ? one : one + "s")}");

    static string Number(long? number) => number?.ToString("N0", CultureInfo.InvariantCulture) ?? "";

    static string Seconds(TimeSpan? time) => time?.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture) ?? "";
}
