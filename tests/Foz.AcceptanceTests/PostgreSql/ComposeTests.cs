using Foz.Lake.Configuration;
using Foz.Tests;

namespace Foz.AcceptanceTests.PostgreSql;

/// <summary>
/// The sample of <c>deploy/compose</c>, which no container engine starts here: its file is read strictly, and its
/// project runs on a real PostgreSQL.
/// </summary>
public sealed class ComposeTests(PostgreSqlServer server) : IDisposable
{
    static readonly string Source = Path.Combine(Repository.Root, "deploy", "compose");

    /// <summary>What the Compose Specification calls the keys of a service that are used, and their form.</summary>
    static readonly Dictionary<string, Type[]> ServiceKeys = new(StringComparer.Ordinal)
    {
        ["image"] = [typeof(YamlNode.Scalar)], ["entrypoint"] = [typeof(YamlNode.Sequence)],
        ["command"] = [typeof(YamlNode.Sequence)], ["environment"] = [typeof(YamlNode.Mapping)],
        ["volumes"] = [typeof(YamlNode.Sequence)], ["ports"] = [typeof(YamlNode.Sequence)],
        ["depends_on"] = [typeof(YamlNode.Mapping)], ["healthcheck"] = [typeof(YamlNode.Mapping)],
        ["restart"] = [typeof(YamlNode.Scalar)], ["profiles"] = [typeof(YamlNode.Sequence)],
        ["read_only"] = [typeof(YamlNode.Scalar)], ["tmpfs"] = [typeof(YamlNode.Sequence)],
        ["cap_drop"] = [typeof(YamlNode.Sequence)], ["security_opt"] = [typeof(YamlNode.Sequence)],
    };

    static readonly string[] HealthKeys = ["test", "interval", "timeout", "retries"];

    readonly TestLake lake = new();

    public void Dispose() => lake.Dispose();

    [Fact]
    public async Task Every_key_is_known_and_every_name_and_file_is_there()
    {
        var errors = new ErrorList();
        var text = await File.ReadAllTextAsync(Path.Combine(Source, "compose.yaml"), Cancel);
        var file = Assert.IsType<YamlNode.Mapping>(YamlReader.Read(text, "compose.yaml", errors));
        Assert.Empty(errors.Items);
        Assert.Equal(["name", "services", "volumes"], Keys(file));
        var services = Assert.IsType<YamlNode.Mapping>(file["services"]);
        var volumes = Keys(Assert.IsType<YamlNode.Mapping>(file["volumes"]));
        foreach (var name in Keys(services))
        {
            var service = Assert.IsType<YamlNode.Mapping>(services[name]);
            foreach (var key in Keys(service)) Assert.Contains(service[key]!.GetType(), ServiceKeys[key]);
            Assert.Matches(@"^(postgres:\d+|localhost/foz:\$\{FOZ_VERSION:-\d+\.\d+\.\d+\}(-full)?)$",
                Text(service["image"]));
            if (service["healthcheck"] is YamlNode.Mapping health) Assert.Empty(Keys(health).Except(HealthKeys));
            foreach (var mount in Items(service["volumes"]))
            {
                var from = mount.Split(':')[0];
                Assert.True(
                    from.StartsWith("./", StringComparison.Ordinal)
                        ? Path.Exists(Path.Combine(Source, from)) && mount.EndsWith(":ro", StringComparison.Ordinal)
                        : volumes.Contains(from), mount);
            }
            foreach (var port in Items(service["ports"])) Assert.Matches(@"^127\.0\.0\.1:1\d{4}:\d{4}$", port);
            if (service["depends_on"] is not YamlNode.Mapping needed) continue;
            foreach (var other in Keys(needed))
            {
                var condition = Text(Assert.IsType<YamlNode.Mapping>(needed[other])["condition"]);
                var needs = Assert.IsType<YamlNode.Mapping>(services[other]);
                Assert.Equal(
                    needs["healthcheck"] is null ? "service_completed_successfully" : "service_healthy", condition);
            }
        }
        foreach (var name in new[] { "load", "foz" })
        {
            var service = Assert.IsType<YamlNode.Mapping>(services[name]);
            Assert.Equal("true", Text(service["read_only"]));
            Assert.Equal(["ALL"], Items(service["cap_drop"]));
            Assert.Equal(["no-new-privileges:true"], Items(service["security_opt"]));
        }
    }

    [Fact]
    public async Task The_project_brings_the_shop_to_gold()
    {
        var database = await server.CreateDatabaseAsync();
        await database.ExecuteAsync(await File.ReadAllTextAsync(Path.Combine(Source, "shop.sql"), Cancel));
        await database.GrantAsync();
        var project = Path.Combine(Source, "project");
        foreach (var path in Directory.EnumerateFiles(project, "*", SearchOption.AllDirectories))
            lake.Write(
                Path.GetRelativePath(project, path), await File.ReadAllTextAsync(path, Cancel));
        lake.Write(
            ".env",
            $"SHOP_URL=\"postgres://foz:{Uri.EscapeDataString(PostgreSqlServer.Password)}@localhost:{server.Port}/"
            + $"{database.Name}\"\n");
        await lake.RunWellAsync();
        var sales = await database.QueryAsync("""
            SELECT date_trunc('month', o.ordered_at AT TIME ZONE 'UTC')::date, c.state, count(DISTINCT o.id),
                sum(i.quantity * p.price)
            FROM order_items i JOIN orders o ON o.id = i.order_id JOIN customers c ON c.id = o.customer_id
                JOIN products p ON p.id = i.product_id
            GROUP BY 1, 2 ORDER BY 1, 2
            """);
        Assert.NotEmpty(sales);
        Assert.Equal(
            sales.Select(row => string.Join('|', row)),
            await lake.QueryAsync("SELECT * FROM gold.sales_by_month ORDER BY 1, 2"));
        Assert.Equal("40", (await lake.QueryAsync("SELECT count(*) FROM gold.best_products"))[0]);
    }

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    static string Text(YamlNode? node) => Assert.IsType<YamlNode.Scalar>(node).Text;

    static IEnumerable<string> Items(YamlNode? node) =>
        node is YamlNode.Sequence { Items: var items } ? items.Select(Text) : [];

    static List<string> Keys(YamlNode.Mapping mapping) => [.. mapping.Entries.Select(entry => entry.Key)];
}
