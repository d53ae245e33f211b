using System.CommandLine;
using Foz.Core;
using Foz.Core.Data;
using Foz.Core.Quality.Imports;

namespace Foz.Cli.Commands;

/// <summary><c>foz checks import</c>: takes over the checks of another tool.</summary>
static class ChecksCommand
{
    public const string Name = "checks";

    public static Command Create(CommandContext context) => new ExampleCommand(
        Name, "Take over checks of other tools", ["foz checks import gx/expectations/orders.json"]) { Import(context) };

    static ExampleCommand Import(CommandContext context)
    {
        var file = new Argument<string>("suite") { Description = "The JSON of a Great Expectations suite" };
        var table = new Option<string?>("--table") { Description = "The table that its queries are about", HelpName = "table" };
        var command = new ExampleCommand(
            "import", "Write the expectations of a suite as checks, for the front matter of a model or the YAML of a source",
            ["foz checks import gx/expectations/orders.json", "foz checks import orders.json --table silver.orders > checks.yml"])
        { file, table };
        command.SetAction((arguments, _) =>
        {
            var path = context.Shell.PathOf(arguments.GetRequiredValue(file));
            var suite = ExpectationSuite.Read(Read(path), arguments.GetRequiredValue(file), arguments.GetValue(table) is { } text ? TableName.Parse(text).ToString() : null);
            Write(context.Shell.Out, suite);
            foreach (var (expectation, reason) in suite.Unmatched) context.Warn(new($"{expectation} has no equivalent", reason));
            return Task.CompletedTask;
        });
        return command;
    }

    static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FozException(ErrorKind.Usage, $"{path} cannot be read: {e.Message}", e);
        }
    }

    static void Write(TextWriter output, ExpectationSuite suite)
    {
        if (suite.Name is { } name) output.WriteLine($"# the suite {name} of Great Expectations");
        var columns = suite.Checks.Where(check => check.Column is not null).GroupBy(check => check.Column!).ToList();
        if (columns.Count > 0) output.WriteLine("columns:");
        foreach (var column in columns)
        {
            output.WriteLine($"  - name: '{column.Key.Replace("'", "''", StringComparison.Ordinal)}'");
            output.WriteLine("    checks:");
            foreach (var check in column) output.WriteLine($"      - {check.Yaml}");
        }
        var others = suite.Checks.Where(check => check.Column is null).ToList();
        if (others.Count > 0) output.WriteLine("checks:");
        foreach (var check in others) output.WriteLine($"  - {check.Yaml}");
    }
}
