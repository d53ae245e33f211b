using System.Globalization;
using Foz.Lake.Configuration;
using Foz.Operations.Budgets;

namespace Foz.Operations.Schedules;

/// <summary>Reads <c>budget</c> of a schedule, as options of its command.</summary>
/// <param name="errors">Takes what is wrong.</param>
sealed class BudgetReader(ErrorList errors)
{
    /// <summary>Returns the options; none where there is no budget.</summary>
    public IReadOnlyList<string> Read(YamlNode? budget)
    {
        if (budget is null) return [];
        var reader = MappingReader.Of(budget, budget.Place, "a budget", errors, ScheduleKeys.Budget);
        var options = new List<string>();
        if (reader.Integer("rows", 1) is { } rows)
            options.AddRange([BudgetLimits.RowsOption, rows.ToString(CultureInfo.InvariantCulture)]);
        if (reader.MemorySize("bytes", bytesMin: 1) is { } bytes)
            options.AddRange([BudgetLimits.BytesOption, $"{bytes}"]);
        if (reader.Node("time") is { } time)
        {
            if (time is YamlNode.Scalar scalar && Duration.TryParseWords(scalar.Text, out var length)
                && length >= TimeSpan.FromSeconds(1))
                options.AddRange([BudgetLimits.TimeOption, scalar.Text]);
            else reader.Wrong<string>(time, "time", "a length of time, such as 15m or '2 hours'");
        }
        reader.Finish();
        return options;
    }
}
