using System.Text.Json;
using Foz.Lake.Engine;

namespace Foz.Cli.Demo;

/// <summary>
/// Makes the data of the example project <c>loja</c>, a Brazilian shop: customers and products (CSV), orders (JSON
/// lines, some compressed), their items (CSV) and payments (Parquet) of the years 2024 and 2025, with the dirt of real
/// life. The same seed gives the same files.
/// </summary>
static class LojaGenerator
{
    const int Version = 1;
    const ulong Seed = 20240101;
    const string FactsFile = ".loja.json";

    static readonly string[] Folders =
    [
        LojaCustomers.Stream, LojaProducts.Stream, LojaOrders.Stream, LojaItems.Stream, LojaPayments.Stream,
        LojaPayments.WorkFolder,
    ];

    /// <summary>Writes the files, unless they are there.</summary>
    /// <param name="folder">
    /// The data folder; created if it does not exist; older files of the shop in it are removed.
    /// </param>
    /// <param name="engine">Writes the Parquet files.</param>
    /// <param name="progress">Called with the share that is done, 0 to 1; null to report none.</param>
    /// <param name="cancellationToken">Stops it; the next call starts again.</param>
    /// <returns>What the files hold.</returns>
    public static async Task<LojaFacts> GenerateAsync(
        string folder, EnginePool engine, IProgress<double>? progress, CancellationToken cancellationToken)
    {
        if (Load(folder) is { } facts) return facts;
        foreach (var stream in Folders)
        {
            var path = Path.Combine(folder, stream);
            if (Directory.Exists(path)) Directory.Delete(path, recursive: true);
            Directory.CreateDirectory(path);
        }

        var tally = await Task.Run(() => WriteMonths(folder, progress, cancellationToken), cancellationToken);
        await Task.Run(() => WritePayments(folder, engine, cancellationToken), cancellationToken);
        Directory.Delete(Path.Combine(folder, LojaPayments.WorkFolder), recursive: true);

        facts = Describe(folder, tally);
        await File.WriteAllTextAsync(
            Path.Combine(folder, FactsFile), JsonSerializer.Serialize(facts, LojaFactsJson.Default.LojaFacts),
            cancellationToken);
        return facts;
    }

    /// <summary>What the files in a folder hold; null where they are not all there, or of another version.</summary>
    public static LojaFacts? Load(string folder)
    {
        var path = Path.Combine(folder, FactsFile);
        if (!File.Exists(path)) return null;
        try
        {
            var facts = JsonSerializer.Deserialize(File.ReadAllText(path), LojaFactsJson.Default.LojaFacts);
            return facts is { Version: Version, Seed: Seed } && facts.Files.All(IsThere) ? facts : null;
        }
        catch (JsonException)
        {
            return null;
        }

        bool IsThere(KeyValuePair<string, long> file) =>
            new FileInfo(Path.Combine(folder, file.Key)) is { Exists: true } info && info.Length == file.Value;
    }

    static LojaTally WriteMonths(string folder, IProgress<double>? progress, CancellationToken cancellationToken)
    {
        var customers = new LojaCustomers(Seed);
        var products = new LojaProducts(Seed);
        var orders = new LojaOrders(Seed, customers);
        var corrections = new List<string>[LojaCalendar.MonthCount];
        var whole = new LojaTally();
        var done = 0;
        var options = new ParallelOptions { CancellationToken = cancellationToken };
        Parallel.For(0, LojaCalendar.MonthCount, options, month =>
        {
            var tally = WriteMonth(month);
            lock (whole)
            {
                whole.Add(tally);
                progress?.Report(++done / (double)LojaCalendar.MonthCount);
            }
        });
        var correctionsPath = MonthPath(folder, LojaOrders.Stream, LojaOrders.CorrectionMonth, "_corrections.jsonl");
        using (var text = LojaText.Create(correctionsPath))
            foreach (var line in corrections.SelectMany(lines => lines)) text.WriteLine(line);
        File.SetLastWriteTimeUtc(correctionsPath, LojaCalendar.ExportedAtUtc(LojaOrders.CorrectionMonth).AddHours(1));
        return whole;

        LojaTally WriteMonth(int month)
        {
            var customersPath = MonthPath(folder, LojaCustomers.Stream, month, ".csv");
            var productsPath = MonthPath(folder, LojaProducts.Stream, month, ".csv");
            var ordersPath = MonthPath(folder, LojaOrders.Stream, month, month < 6 ? ".jsonl.gz" : ".jsonl");
            var itemsPath = MonthPath(folder, LojaItems.Stream, month, ".csv");
            var tally = customers.Write(customersPath, month);
            tally.Add(products.Write(productsPath, month));
            corrections[month] = [];
            using (var items = new LojaItems(products, itemsPath, month))
            using (var payments = new LojaPayments(PaymentsPath(folder, month), tally))
                tally.Add(orders.Write(month, ordersPath, items, payments, corrections[month]));
            string[] paths = [customersPath, productsPath, ordersPath, itemsPath];
            foreach (var path in paths) File.SetLastWriteTimeUtc(path, LojaCalendar.ExportedAtUtc(month));
            return tally;
        }
    }

    static void WritePayments(string folder, EnginePool engine, CancellationToken cancellationToken)
    {
        using var session = engine.Open(Workload.Ingestion);
        foreach (var quarter in Enumerable.Range(0, LojaCalendar.MonthCount).GroupBy(LojaCalendar.Quarter))
        {
            var path = Path.Combine(folder, LojaPayments.Stream, $"{LojaPayments.Stream}_{quarter.Key}.parquet");
            LojaPayments.ToParquet(
                [.. quarter.Select(month => PaymentsPath(folder, month))], path, session, cancellationToken);
            File.SetLastWriteTimeUtc(path, LojaCalendar.ExportedAtUtc(quarter.Last()));
        }
    }

    static string MonthPath(string folder, string stream, int month, string end) =>
        Path.Combine(folder, stream, $"{stream}_{LojaCalendar.Name(month)}{end}");

    static string PaymentsPath(string folder, int month) =>
        Path.Combine(folder, LojaPayments.WorkFolder, $"{month:00}.csv");

    static LojaFacts Describe(string folder, LojaTally tally) => new()
    {
        Version = Version,
        Seed = Seed,
        Files = Folders.Select(stream => Path.Combine(folder, stream)).Where(Directory.Exists)
            .SelectMany(Directory.EnumerateFiles)
            .Order(StringComparer.Ordinal)
            .ToDictionary(
                path => Path.GetRelativePath(folder, path).Replace('\\', '/'), path => new FileInfo(path).Length),
        Rows = tally.Rows,
        DistinctRows = tally.DistinctRows,
        MalformedRows = tally.MalformedRows,
        Dirt = tally.Dirt,
        NetRevenueCents = tally.NetRevenueCents,
    };
}
