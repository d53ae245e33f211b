using System.Globalization;
using System.Text;
using Foz.Lake;

namespace Foz.Operations.Exports;

/// <summary>A workflow as a file of Dagster 1.8 or later: an asset for each task, a job, and its schedule.</summary>
static class DagsterFile
{
    const int NameLengthMax = 200;

    /// <summary>Returns the file.</summary>
    /// <exception cref="FozException">Thrown when Dagster has no such schedule.</exception>
    public static string Of(ExportedWorkflow workflow)
    {
        var names = new UniqueNames(static c => c is '_' or '.', '_', NameLengthMax);
        var keyOf = names.For(workflow.Tasks).ToDictionary(
            entry => entry.Key, entry => PythonText.Of(entry.Value.Split('.')), StringComparer.Ordinal);
        var name = PythonText.Of(new UniqueNames(static c => c is '_', '_', NameLengthMax).Next(workflow.Name));
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $$"""
            # Written by foz export dagster. Write it again when tables of the project are added, removed or connected.
            import subprocess

            from dagster import (
                AssetKey, Backoff, Definitions, Failure, RetryPolicy, ScheduleDefinition, asset, define_asset_job,
            )

            COMMAND = {{PythonText.Of(["foz", .. workflow.CommonArguments])}}

            # The key of each asset, what its command selects, and the assets that it needs.
            TASKS = [

            """);
        foreach (var task in workflow.Tasks)
            text.Append(
                CultureInfo.InvariantCulture,
                $"    ({keyOf[task.Name]}, "
                    + $"{PythonText.Of(task.Selectors.SelectMany(selector => (string[])["--select", selector]))}, "
                    + $"[{string.Join(", ", task.Needs.Select(need => keyOf[need]))}]),\n");
        text.Append(CultureInfo.InvariantCulture, $$"""
            ]


            def table(key, selection, needed):
                @asset(
                    key=AssetKey(key),
                    deps=[AssetKey(other) for other in needed],
                    group_name={{name}},
                    retry_policy={{RetriesOf(workflow)}},
                )
                def run(context) -> None:
                    with subprocess.Popen(COMMAND + selection, stdout=subprocess.PIPE, text=True) as process:
                        for line in process.stdout:
                            context.log.info(line.rstrip())
                    if process.returncode != 0:
                        raise Failure(f"foz ended with exit code {process.returncode}")

                return run


            assets = [table(*task) for task in TASKS]
            job = define_asset_job({{name}}, selection=assets{{TagsOf(workflow)}})
            defs = Definitions(assets=assets, jobs=[job], schedules={{ScheduleOf(workflow)}})

            """);
        return text.ToString();
    }

    static string RetriesOf(ExportedWorkflow workflow) => workflow.Retries == 0
        ? "None"
        : $"RetryPolicy(max_retries={workflow.Retries}, delay={PythonText.Seconds(workflow.RetryDelay)}, "
            + "backoff=Backoff.EXPONENTIAL)";

    static string TagsOf(ExportedWorkflow workflow) => workflow.Timeout is { } timeout
        ? $", tags={{\"dagster/max_runtime\": \"{(long)timeout.TotalSeconds}\"}}"
        : "";

    static string ScheduleOf(ExportedWorkflow workflow) => workflow.Times switch
    {
        null => "[]",
        ExportedTimes.Cron cron =>
            $"[\n    ScheduleDefinition(\n        job=job, cron_schedule={PythonText.Of(cron.Expression)}, "
                + $"execution_timezone={PythonText.Of(cron.TimeZone)}\n    ),\n]",
        _ => throw ExportErrors.NoIntervals("Dagster", workflow),
    };
}
