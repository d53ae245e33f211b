using System.CommandLine;
using Foz.Cli.Terminal;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Configuration;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Runs.Screening;
using Foz.Serving.Governance;

namespace Foz.Cli.Commands.Projects;

/// <summary><c>foz validate</c>: all that is wrong with a project.</summary>
static class ValidateCommand
{
    public const string Name = "validate";

    static readonly IReadOnlyList<ResultColumn> Columns =
    [
        new("file"), new("line", IsNumber: true), new("column", IsNumber: true), new("message"), new("hint"),
    ];

    public static Command Create(CommandContext context)
    {
        var command = new ExampleCommand(
            Name, "Check the whole project and report every mistake",
            ["foz validate", "foz validate --target prod --output json"]);
        command.SetAction(async (arguments, cancellationToken) =>
        {
            using var workspace = Workspace.Open(context, arguments, Workload.Models);
            var unread = new ErrorList();
            var schemas = SchemaLock.Read(workspace.File.Folder, unread);
            var result = await workspace.TryLoadLockedProjectAsync(context, schemas, cancellationToken);
            var errors = (result as ProjectResult.Refused)?.Errors ?? [];
            if (result is ProjectResult.Loaded { Project: var loaded })
            {
                var validation = new CheckValidation(loaded, workspace.Lake, schemas);
                var faults = await validation.FindAsync(cancellationToken);
                errors = [.. faults.Where(fault => fault.IsCertain).Select(fault => fault.Error)];
                foreach (var (error, _) in faults.Where(fault => !fault.IsCertain))
                    context.Warn(
                        new(error.Describe(),
                            "this goes by the columns that the table has now; foz source discover "
                                + "--lock writes those of the source"));
                foreach (var (source, streams) in await validation.FindUnknownAsync(cancellationToken))
                    context.Warn(Unchecked(source, streams));
            }
            errors =
            [
                .. unread.Items, .. errors,
                .. await PoliciesAsync(
                    context, workspace, (result as ProjectResult.Loaded)?.Project, cancellationToken),
            ];
            if (!context.IsTable(arguments))
                context.WriteRows(arguments, Columns, errors.Select(e => RowOf(context, e)));
            else if (result is ProjectResult.Loaded { Project: var project } && errors.Count == 0)
                Report(context.Shell, project);
            foreach (var error in context.IsTable(arguments) ? errors : [])
                context.Shell.Error.WriteLine(
                    $"{context.Shell.Styled(Style.Red, "error:")} {context.Mask(error.Describe())}");
            if (errors.Count > 0 && context.IsTable(arguments))
                context.Shell.Error.WriteLine(RunText.Count(errors.Count, "error", "errors"));
            return errors.Count > 0 ? errors.Max(e => e.Kind.ExitCode) : 0;
        });
        return command;
    }

    /// <summary>That SQL could not be held against the columns of a source.</summary>
    static Warning Unchecked(string source, IReadOnlyList<TableName> streams) => new(
        streams.Count == 0
            ? $"the streams and columns of the source '{source}' are not in {SchemaLock.FileName}: "
                + "what reads them was not checked"
            : $"the columns of {string.Join(", ", streams)} are not in {SchemaLock.FileName}: "
                + "what reads them was not checked",
        $"foz source discover {source} --lock writes them; keep the file in version control");

    /// <summary>Returns the errors in the files of policies, which <c>foz serve</c> reads.</summary>
    static async Task<IReadOnlyList<FozException>> PoliciesAsync(
        CommandContext context, Workspace workspace, Project? project, CancellationToken cancellationToken)
    {
        var columns = new Dictionary<TableName, IReadOnlyList<string>?>();
        foreach (var node in project?.Graph.Nodes ?? []) columns[node.Name] = null;
        var prefix = workspace.File.SchemaPrefix;
        await foreach (var definition in workspace.Lake.Catalog.ListAsync(cancellationToken))
        {
            // Grants are to names as people write them, without the environment's prefix.
            var name = definition.TableName is var stored
                && stored.Schema.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)
                ? stored with { Schema = stored.Schema[prefix.Length..] }
                : stored;
            columns[name] = definition.Kind is DefinitionKind.Table
                ? (await workspace.Lake.Tables.Open(definition.Location!, definition.TableName)
                    .FindLatestAsync(cancellationToken))?.Fields
                    .Select(field => field.Name).ToList()
                : null;
        }
        var policies = new PolicyValidation(workspace.File.Folder);
        policies.Check(columns.Keys, columns.GetValueOrDefault);
        // Without the project its tables are not known.
        if (project is not null)
            foreach (var warning in policies.Warnings) context.Warn(new(warning.Describe()));
        return policies.Errors;
    }

    static void Report(Shell shell, Project project)
    {
        var streams = project.Sources.Sum(s => s.Streams.Count);
        var checks = project.Graph.Nodes.Sum(n => n.Checks.Count);
        shell.Out.WriteLine(
            $"{project.Name} is in order: {RunText.Count(project.Sources.Count, "source", "sources")} with "
            + $"{RunText.Count(streams, "stream", "streams")}, "
            + $"{RunText.Count(project.Models.Count, "model", "models")}, "
            + $"{RunText.Count(checks, "check", "checks")}, {RunText.Count(project.SqlTests.Count, "test", "tests")}");
        foreach (var source in project.Sources.Where(s => s.IsUndiscovered))
            shell.Out.WriteLine(
                $"  {source.Name} takes all streams that its connection has: foz source "
                    + $"discover {source.Name} shows them");
    }

    static object?[] RowOf(CommandContext context, FozException error) =>
    [
        error.Place?.File, error.Place is { Line: > 0 } line ? line.Line : null,
        error.Place is { Column: > 0 } column ? column.Column : null, context.Mask(error.Message),
        error.Hint is { } hint ? context.Mask(hint) : null,
    ];
}
