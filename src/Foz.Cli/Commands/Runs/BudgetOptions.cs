using System.CommandLine;
using Foz.Lake.Configuration;
using Foz.Operations.Budgets;

namespace Foz.Cli.Commands.Runs;

/// <summary>The options that limit what a run uses.</summary>
sealed class BudgetOptions
{
    readonly Option<long?> rows = new(BudgetLimits.RowsOption)
    {
        Description = "Stop the run when it has read and written more rows", HelpName = "number",
    };

    readonly Option<string?> bytes = new(BudgetLimits.BytesOption)
    {
        Description = "Stop the run when it has read and written more: 500MB, 5GB", HelpName = "size",
    };

    readonly Option<string?> time = new(BudgetLimits.TimeOption)
    {
        Description = "Stop the run when it has taken longer: 30m, 2h", HelpName = "time",
    };

    /// <summary>Adds them to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(rows);
        command.Add(bytes);
        command.Add(time);
    }

    /// <summary>Begins to count against the budget; null where there is none.</summary>
    /// <exception cref="Foz.Lake.FozException">Thrown when a value cannot be read.</exception>
    public RunBudget? Read(ParseResult arguments, TimeProvider clock)
    {
        var limits = new BudgetLimits(
            arguments.GetValue(rows) switch
            {
                <= 0 and { } number => throw CommandContext.Unreadable(rows.Name, $"{number}", "at least 1"),
                var number => number,
            },
            arguments.GetValue(bytes) is not { } size ? null
                : MemorySize.TryParse(size, out var read) && read.Bytes > 0 ? read.Bytes
                : throw CommandContext.Unreadable(bytes.Name, size, "write 500MB or 5GB"),
            arguments.GetValue(time) is not { } length ? null
                : Duration.TryParseWords(length, out var longest) && longest > TimeSpan.Zero ? longest
                : throw CommandContext.Unreadable(time.Name, length, "write 30m or 2h"));
        return limits.IsEmpty ? null : new(limits, clock);
    }
}
