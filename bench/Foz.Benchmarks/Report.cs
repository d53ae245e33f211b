using System.Text;

namespace Foz.Benchmarks;

/// <summary>The page of figures, with the machine and the day they were measured.</summary>
sealed class Report
{
    const string Page = "docs/internals/benchmarks.md";

    readonly List<Figure> figures = [];

    public void Add(Figure figure)
    {
        figures.Add(figure);
        Console.Error.WriteLine($"  {figure.Work}: {figure.Result} (goal {figure.Goal})");
    }

    public string ToMarkdown()
    {
        var text = new StringBuilder();
        text.AppendLine("# Benchmarks").AppendLine();
        text.AppendLine(
            "Written by `make bench ARGS=--write`. Each figure and its peer were measured in one run, in turns;");
        text.AppendLine("milliseconds are medians, ratios medians of the ratios round by round.").AppendLine();
        text.AppendLine($"- Date: {TimeProvider.System.GetUtcNow():yyyy-MM-dd}");
        text.AppendLine($"- Machine: {Environment.ProcessorCount} cores ({CpuName()}), "
            + $"{GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 30} GiB, "
            + $"{System.Runtime.InteropServices.RuntimeInformation.OSDescription}");
        text.AppendLine($"- .NET {Environment.Version}, DuckDB {Foz.DuckDB.Connections.Database.LibraryVersion}")
            .AppendLine();
        text.AppendLine("| work | against | Foz | peer | result | goal |").AppendLine("|---|---|---|---|---|---|");
        foreach (var f in figures)
            text.AppendLine($"| {f.Work} | {f.Against} | {f.Ours} | {f.Theirs} | **{f.Result}** | {f.Goal} |");
        return text.ToString();
    }

    public void Write() => File.WriteAllText(Path.Combine(Checkout.Root, Page), ToMarkdown());

    static string CpuName() => File.Exists("/proc/cpuinfo")
        ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal))
            ?.Split(':')[1].Trim() ?? "unknown"
        : "unknown";
}

/// <summary>Where this checkout is.</summary>
static class Checkout
{
    public static string Root { get; } = Find();

    static string Find()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
            if (File.Exists(Path.Combine(folder, "Foz.slnx"))) return folder;
        throw new InvalidOperationException("the benchmarks do not run inside a checkout");
    }
}
