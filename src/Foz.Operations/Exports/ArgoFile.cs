using System.Globalization;
using System.Text;

namespace Foz.Operations.Exports;

/// <summary>
/// A workflow as a resource of Argo Workflows 3.6 or later: a CronWorkflow, or a WorkflowTemplate where it has no
/// times. Each task is a pod of Foz's image.
/// </summary>
static class ArgoFile
{
    // A CronWorkflow adds eleven characters to its name, and names of Kubernetes' labels have 63.
    const int NameLengthMax = 52;
    const int TaskLengthMax = 120;

    /// <summary>Returns the file.</summary>
    /// <param name="workflow">The workflow.</param>
    /// <param name="image">The image of Foz.</param>
    /// <param name="secret">The Secret whose entries are environment variables of the pods; null for none.</param>
    /// <exception cref="Lake.FozException">Thrown when Argo has no such schedule.</exception>
    public static string Of(ExportedWorkflow workflow, string image, string? secret)
    {
        var names = new UniqueNames(static c => c is '-', '-', TaskLengthMax);
        var idOf = names.For(workflow.Tasks);
        var name = new UniqueNames(static c => c is '-', '-', NameLengthMax).Next(workflow.Name).ToLowerInvariant()
            .TrimEnd('-');
        var text = new StringBuilder(
            "# Written by foz export argo. Write it again when tables of the project are added, removed or connected.\n"
                + "apiVersion: argoproj.io/v1alpha1\n");
        var indent = workflow.Times is null ? "  " : "    ";
        text.Append(CultureInfo.InvariantCulture, $"""
            kind: {(workflow.Times is null ? "WorkflowTemplate" : "CronWorkflow")}
            metadata:
              name: {name}
            spec:

            """);
        AddTimes(text, workflow);
        void Line(string line) => text.Append(indent).Append(line).Append('\n');
        Line("entrypoint: tables");
        if (workflow.Timeout is { } timeout) Line($"activeDeadlineSeconds: {(long)timeout.TotalSeconds}");
        Line("templates:");
        Line("  - name: tables");
        Line("    dag:");
        Line("      tasks:");
        foreach (var task in workflow.Tasks)
        {
            Line($"        - name: {idOf[task.Name]}");
            Line("          template: foz");
            Line($"          arguments: {{parameters: [{{name: select, value: {Quoted(SelectionOf(task))}}}]}}");
            if (task.Needs.Count > 0)
                Line($"          dependencies: [{string.Join(", ", task.Needs.Select(need => idOf[need]))}]");
        }
        AddPod(Line, workflow, image, secret);
        return text.ToString();
    }

    static void AddTimes(StringBuilder text, ExportedWorkflow workflow)
    {
        if (workflow.Times is null) return;
        if (workflow.Times is not ExportedTimes.Cron cron) throw ExportErrors.NoIntervals("Argo", workflow);
        text.Append(CultureInfo.InvariantCulture, $"""
              schedules: [{Quoted(cron.Expression)}]
              timezone: {Quoted(cron.TimeZone)}
              concurrencyPolicy: Forbid
              workflowSpec:

            """);
    }

    static void AddPod(Action<string> line, ExportedWorkflow workflow, string image, string? secret)
    {
        line("  - name: foz");
        if (workflow.Retries > 0)
        {
            line("    retryStrategy:");
            line($"      limit: {workflow.Retries}");
            line("      retryPolicy: OnFailure");
            line($"      backoff: {{duration: {(long)workflow.RetryDelay.TotalSeconds}s, factor: 2}}");
        }
        line("    inputs: {parameters: [{name: select}]}");
        line("    container:");
        line($"      image: {Quoted(image)}");
        line("      command: [foz]");
        line("      args:");
        foreach (var word in workflow.CommonArguments) line($"        - {Quoted(word)}");
        line("        - --select");
        line("        - '{{inputs.parameters.select}}'");
        if (secret is not null) line($"      envFrom: [{{secretRef: {{name: {Quoted(secret)}}}}}]");
        line("      securityContext:");
        line("        runAsNonRoot: true");
        line("        allowPrivilegeEscalation: false");
        line("        readOnlyRootFilesystem: true");
        line("        capabilities: {drop: [ALL]}");
        line("      volumeMounts: [{name: scratch, mountPath: /tmp}]");
        line("    volumes: [{name: scratch, emptyDir: {}}]");
    }

    // A space between selectors means or.
    static string SelectionOf(ExportedTask task) => string.Join(' ', task.Selectors);

    // Two braces would be a parameter of Argo.
    static string Quoted(string text) =>
        text.Contains("{{", StringComparison.Ordinal)
            ? throw new Lake.FozException(
                Lake.ErrorKind.Configuration, $"'{text}' cannot be exported to Argo, which replaces what is in braces")
            : $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";
}
