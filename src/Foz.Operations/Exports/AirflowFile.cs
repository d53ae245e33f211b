using System.Globalization;
using System.Text;

namespace Foz.Operations.Exports;

/// <summary>
/// A workflow as a file of Airflow 2.4 or later, and 3: a DAG of commands. All of it is written down, so that Airflow,
/// which imports the file again and again, has nothing to parse or to ask.
/// </summary>
static class AirflowFile
{
    // Airflow's limit of names (airflow.utils.helpers.validate_key).
    const int NameLengthMax = 250;

    /// <summary>Returns the file.</summary>
    public static string Of(ExportedWorkflow workflow)
    {
        var names = new UniqueNames(static c => c is '_' or '-' or '.', '_', NameLengthMax);
        var idOf = names.For(workflow.Tasks);
        var dag = new UniqueNames(static c => c is '_' or '-' or '.', '_', NameLengthMax).Next(workflow.Name);
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $$"""
            # Written by foz export airflow. Write it again when tables of the project are added, removed or connected.
            from datetime import datetime, timedelta, timezone

            from airflow import DAG

            try:  # Airflow 3
                from airflow.providers.standard.operators.bash import BashOperator
            except ImportError:
                from airflow.operators.bash import BashOperator
            {{ImportOf(workflow)}}
            COMMAND = {{PythonText.Of(Raw($"{Shell(["foz", .. workflow.CommonArguments])} "))}}

            # The id of each task, what its command selects, and the tasks that it needs.
            TASKS = [

            """);
        foreach (var task in workflow.Tasks)
            text.Append(
                CultureInfo.InvariantCulture,
                $"    ({PythonText.Of(idOf[task.Name])}, {PythonText.Of(Raw(Selection(task)))}, "
                    + $"{PythonText.Of(task.Needs.Select(need => idOf[need]))}),\n");
        text.Append(CultureInfo.InvariantCulture, $$"""
            ]

            with DAG(
                dag_id={{PythonText.Of(dag)}},
                schedule={{ScheduleOf(workflow)}},
                start_date=datetime({{workflow.StartDate:yyyy, M, d}}, tzinfo=timezone.utc),
                catchup={{(workflow.CatchesUp ? "True" : "False")}},
                max_active_runs=1,
                dagrun_timeout={{(workflow.Timeout is { } timeout ? PythonText.Of(timeout) : "None")}},
                default_args={
                    "retries": {{workflow.Retries}},
                    "retry_delay": {{PythonText.Of(workflow.RetryDelay)}},
                    "retry_exponential_backoff": True,
                },
                tags=["foz", {{PythonText.Of(workflow.Project)}}],
            ) as dag:
                operators = {}
                for task_id, selection, needed in TASKS:
                    operators[task_id] = BashOperator(
                        task_id=task_id, bash_command=COMMAND + selection, append_env=True
                    )
                    operators[task_id].set_upstream([operators[name] for name in needed])

            """);
        return text.ToString();
    }

    static string ImportOf(ExportedWorkflow workflow) => workflow.Times is ExportedTimes.Cron
        ? "from airflow.timetables.trigger import CronTriggerTimetable\n"
        : "";

    // A cron expression alone is due at the end of its interval in Airflow 2, and at its time in Airflow 3.
    static string ScheduleOf(ExportedWorkflow workflow) => workflow.Times switch
    {
        null => "None",
        ExportedTimes.Cron cron =>
            $"CronTriggerTimetable({PythonText.Of(cron.Expression)}, timezone={PythonText.Of(cron.TimeZone)})",
        ExportedTimes.Every every => PythonText.Of(every.Length),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    // A command that ends with .sh would be taken for the name of a file.
    static string Selection(ExportedTask task) =>
        Shell(task.Selectors.SelectMany(selector => (string[])["--select", selector])) + " ";

    static string Shell(IEnumerable<string> words) => string.Join(' ', words.Select(word =>
        word.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.' or '/' or ':' or '=')
            ? word
            : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'"));

    // Commands are templates of Jinja, which has no words here.
    static string Raw(string command) =>
        command.Contains("{{", StringComparison.Ordinal) || command.Contains("{%", StringComparison.Ordinal)
            || command.Contains("{#", StringComparison.Ordinal)
            ? string.Concat(command.Select(c => c == '{' ? "{{ '{' }}" : $"{c}"))
            : command;
}
