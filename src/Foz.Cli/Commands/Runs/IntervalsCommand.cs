using System.CommandLine;
using Foz.Cli.Terminal;
using Foz.Lake.Engine;
using Foz.Pipelines.Runs.Models;

namespace Foz.Cli.Commands.Runs;

/// <summary><c>foz intervals</c>: what of the time of models is filled, and where gaps are.</summary>
static class IntervalsCommand
{
    public const string Name = "intervals";

    const string TimeFormat = "yyyy-MM-dd HH:mm";

    static readonly IReadOnlyList<ResultColumn> Columns =
        [new("model"), new("state"), new("start"), new("end"), new("intervals", IsNumber: true), new("batch_size")];

    public static Command Create(CommandContext context)
    {
        var names = new Argument<string[]>("models")
        {
            Description = "The models (default: all that have intervals)", Arity = ArgumentArity.ZeroOrMore,
        };
        var gaps = new Option<bool>("--gaps") { Description = "Show only gaps" };
        var command = new ExampleCommand(
            Name, "Show filled intervals of models, and gaps",
            ["foz intervals", "foz intervals silver.events --gaps", "foz intervals --output json"]) { names, gaps };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            using var workspace = Workspace.Open(context, arguments, Workload.Query);
            var project = await workspace.LoadProjectAsync(context, cancellationToken);
            var reader = new IntervalReader(workspace.Lake);
            var rows = new List<object?[]>();
            foreach (var model in IntervalModels.Find(project, arguments.GetValue(names) ?? []))
            {
                var size =
                    ((Foz.Pipelines.Projects.IncrementalStrategy.Microbatch)model.Materialization.Strategy!).BatchSize;
                rows.AddRange((await reader.ReadAsync(model, cancellationToken))
                    .Where(span => !arguments.GetValue(gaps) || span.State is not IntervalState.Filled)
                    .Select(span => RowOf($"{model.Table}", $"{size}", span)));
            }
            context.WriteRows(arguments, Columns, rows);
        });
        return command;
    }

    static object?[] RowOf(string model, string size, IntervalSpan span) =>
    [
        model, $"{span.State}".ToLowerInvariant(), Text(span.Interval.Start), Text(span.Interval.End), span.Count,
        size.ToLowerInvariant(),
    ];

    static string Text(DateTimeOffset instant) =>
        instant.UtcDateTime.ToString(TimeFormat, System.Globalization.CultureInfo.InvariantCulture);
}
