using System.IO.Compression;
using System.Text.Json;
using Foz.Cli.Demo;
using Foz.Lake.Engine;
using Foz.Lake.Sql;

namespace Foz.Tests.Cli.Demo;

[Collection<LojaCollection>]
public sealed class LojaGeneratorTests(LojaData data)
{
    readonly LojaFacts _facts = data.Facts;

    [Fact]
    public void There_are_about_a_million_items_of_350_000_orders()
    {
        Assert.Equal(350_000, _facts.DistinctRows["orders"]);
        Assert.InRange(_facts.DistinctRows["order_items"], 950_000, 1_050_000);
        Assert.Equal(60_000, _facts.DistinctRows["customers"]);
        Assert.Equal(2_000, _facts.DistinctRows["products"]);
        Assert.InRange(_facts.DistinctRows["payments"], 330_000, 350_000);
        Assert.All(_facts.Dirt.GetType().GetProperties(), p => Assert.NotEqual(0L, p.GetValue(_facts.Dirt)));
    }

    [Fact]
    public void Lines_of_orders_are_the_rows_and_malformed_rows_counted()
    {
        var (read, malformed, coupons) = (0, 0, 0);
        var ids = new HashSet<long>();
        foreach (var line in Lines("orders"))
        {
            try
            {
                using var order = JsonDocument.Parse(line);
                read++;
                if (ids.Add(order.RootElement.GetProperty("order_id").GetInt64())
                    && order.RootElement.TryGetProperty("coupon", out var coupon)
                    && coupon.ValueKind == JsonValueKind.String) coupons++;
            }
            catch (JsonException)
            {
                malformed++;
            }
        }
        Assert.Equal(_facts.Rows["orders"], read);
        Assert.Equal(_facts.MalformedRows["orders"], malformed);
        Assert.Equal(_facts.DistinctRows["orders"], ids.Count);
        Assert.Equal(_facts.Dirt.CouponOrders, coupons);
    }

    [Fact]
    public void Net_revenue_is_what_orders_and_items_come_to()
    {
        var status = new Dictionary<string, (DateTimeOffset UpdatedAt, string Status)>();
        foreach (var line in Lines("orders").Where(IsJson))
        {
            using var order = JsonDocument.Parse(line);
            var root = order.RootElement;
            var id = root.GetProperty("order_id").GetRawText();
            var updatedAt = root.GetProperty("updated_at").GetDateTimeOffset();
            if (!status.TryGetValue(id, out var last) || updatedAt >= last.UpdatedAt)
                status[id] = (updatedAt, root.GetProperty("status").GetString()!);
        }
        var items = new HashSet<(string, string)>();
        var (net, negative, unknown) = (0L, 0L, 0L);
        foreach (var fields in Lines("order_items").Select(line => line.Split(',')))
        {
            if (fields.Length < 7 || fields[^1] is "BRL" or "\"Feliz aniversário") continue;
            if (!long.TryParse(fields[0], out _) || !items.Add((fields[0], fields[1]))) continue;
            var quantity = int.Parse(fields[3]);
            if (quantity < 0) negative++;
            if (int.Parse(fields[2]) > 2_000) unknown++;
            if (quantity > 0 && status[fields[0]].Status is not ("canceled" or "returned"))
                net += quantity * Cents(fields[4]) - Cents(fields[5]);
        }
        Assert.Equal(_facts.DistinctRows["order_items"], items.Count);
        Assert.Equal(_facts.Dirt.NegativeQuantities, negative);
        Assert.Equal(_facts.Dirt.UnknownProducts, unknown);
        Assert.Equal(_facts.NetRevenueCents, net);

        static long Cents(string money) => (long)(decimal.Parse(money) * 100);
        static bool IsJson(string line) => line.StartsWith("{\"order_id\"", StringComparison.Ordinal)
            && line.EndsWith('}') && line.Contains(",\"channel\"", StringComparison.Ordinal);
    }

    [Fact]
    public void Customers_have_valid_tax_numbers_and_postcodes_but_for_the_planted_dirt()
    {
        var rows = Lines("customers").Where(line => !line.StartsWith("customer_id", StringComparison.Ordinal))
            .Select(line => line.Split(',')).ToList();
        Assert.All(rows, row => Assert.Equal(11, row.Length));
        Assert.Equal(_facts.Rows["customers"], rows.Count);
        var customers = rows.DistinctBy(row => row[0]).ToList();
        Assert.Equal(_facts.DistinctRows["customers"], customers.Count);
        Assert.Equal(_facts.Dirt.InvalidCpfs, customers.Count(row => !Cpf.IsValid(row[2])));
        Assert.Equal(_facts.Dirt.MissingEmails, customers.Count(row => row[3].Length == 0));
        Assert.Equal(_facts.Dirt.ShortPostcodes, rows.Count(row => row[6].Length == 7));
        Assert.All(rows, row => Assert.True(string.CompareOrdinal(row[9], row[10]) <= 0));
    }

    [Fact]
    public async Task Another_folder_gets_the_same_files_and_a_second_call_writes_none()
    {
        var folder = Directory.CreateTempSubdirectory("foz-loja-").FullName;
        var ct = TestContext.Current.CancellationToken;
        try
        {
            var facts = await LojaGenerator.GenerateAsync(folder, data.Engine, null, ct);
            Assert.Equal(_facts.Files, facts.Files);
            Assert.Equal(Hash(data.Folder), Hash(folder));

            var path = Path.Combine(folder, "orders", "orders_2025-07.jsonl");
            var writtenAt = new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc);
            File.SetLastWriteTimeUtc(path, writtenAt);
            Assert.Equal(facts.Files, (await LojaGenerator.GenerateAsync(folder, data.Engine, null, ct)).Files);
            Assert.Equal(writtenAt, File.GetLastWriteTimeUtc(path));

            File.Delete(Path.Combine(folder, "products", "products_2024-09.csv"));
            Assert.Null(LojaGenerator.Load(folder));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Payments_are_Parquet_with_exact_amounts()
    {
        var ct = TestContext.Current.CancellationToken;
        using var session = data.Engine.Open(Workload.Ingestion);
        var files = SqlText.Literal(Path.Combine(data.Folder, "payments", "*.parquet"));
        Assert.Equal(
            _facts.Rows["payments"],
            session.QueryScalar<long>($"SELECT count(DISTINCT payment_id) FROM read_parquet({files})", ct));
        Assert.Equal(
            "DECIMAL(12,2), TIMESTAMP WITH TIME ZONE",
            session.QueryScalar<string>(
                $"SELECT typeof(amount) || ', ' || typeof(paid_at) FROM read_parquet({files})", ct));
    }

    IEnumerable<string> Lines(string stream) =>
        Directory.EnumerateFiles(Path.Combine(data.Folder, stream)).SelectMany(ReadLines);

    static IEnumerable<string> ReadLines(string path)
    {
        using Stream file = File.OpenRead(path);
        using var text = new StreamReader(
            path.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(file, CompressionMode.Decompress) : file);
        while (text.ReadLine() is { } line) yield return line;
    }

    static Dictionary<string, string> Hash(string folder) =>
        Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).ToDictionary(
            path => Path.GetRelativePath(folder, path),
            path => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(path)))
                + File.GetLastWriteTimeUtc(path).Year);
}
