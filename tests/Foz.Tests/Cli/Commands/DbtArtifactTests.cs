using System.Text.Json;

namespace Foz.Tests.Cli.Commands;

/// <summary>
/// Holds the artifacts of a run of <c>examples/padaria</c> against what dbt's published schemas demand: which keys
/// there must be, and of small objects also that there are no others.
/// </summary>
public sealed class DbtArtifactTests : IDisposable
{
    const string CommonKeys =
        "database schema name resource_type package_name path original_file_path unique_id fqn alias checksum";

    static readonly Dictionary<string, string> RequiredByKind = new(StringComparer.Ordinal)
    {
        ["model"] = CommonKeys, ["seed"] = CommonKeys, ["snapshot"] = CommonKeys, ["test"] = CommonKeys,
        ["source"] =
            "database schema name resource_type package_name path original_file_path unique_id fqn source_name "
                + "source_description loader identifier",
        ["macro"] = "name resource_type package_name path original_file_path unique_id macro_sql",
        ["doc"] = "name resource_type package_name path original_file_path unique_id block_contents",
        ["exposure"] = "name resource_type package_name path original_file_path unique_id fqn type owner",
        ["unit_test"] = "model given expect name resource_type package_name path original_file_path unique_id fqn",
    };

    const string ManifestKeys =
        "metadata nodes sources macros docs exposures metrics groups selectors disabled parent_map child_map group_map "
            + "saved_queries semantic_models unit_tests";

    const string MetadataKeys = "dbt_schema_version dbt_version generated_at invocation_id env";
    const string ResultKeys =
        "status timing thread_id execution_time adapter_response message failures unique_id "
            + "compiled compiled_code relation_name";

    readonly CommandRunner foz = new();

    public DbtArtifactTests() => DbtExample.Write(foz);

    public void Dispose() => foz.Dispose();

    async Task RunAsync(params string[] arguments)
    {
        var output = await foz.RunAsync(arguments);
        Assert.True(output.ExitCode == 0, $"{output.Out}{output.Error}");
    }

    JsonElement Read(string name) =>
        JsonDocument.Parse(File.ReadAllText(Path.Combine(foz.Folder, "target", name))).RootElement;

    static void HasExactly(string keys, JsonElement of, string where) =>
        Assert.True(
            keys.Split(' ').ToHashSet().SetEquals(of.EnumerateObject().Select(property => property.Name)),
            $"{where} has {string.Join(' ', of.EnumerateObject().Select(property => property.Name))}");

    static void HasAll(string keys, JsonElement of, string where)
    {
        foreach (var key in keys.Split(' ')) Assert.True(of.TryGetProperty(key, out _), $"{where} lacks {key}");
    }

    [Fact]
    public async Task The_manifest_has_what_its_schema_demands_and_says_what_is_made_from_what()
    {
        await RunAsync("run");

        var manifest = Read("manifest.json");
        HasExactly(ManifestKeys, manifest, "the manifest");
        HasExactly(MetadataKeys + " project_name adapter_type", manifest.GetProperty("metadata"), "its metadata");
        Assert.Equal(
            "https://schemas.getdbt.com/dbt/manifest/v12.json",
            manifest.GetProperty("metadata").GetProperty("dbt_schema_version").GetString());
        foreach (var part in new[] { "nodes", "sources", "macros", "docs", "exposures", "unit_tests" })
        {
            Assert.NotEmpty(manifest.GetProperty(part).EnumerateObject());
            foreach (var entry in manifest.GetProperty(part).EnumerateObject())
            {
                Assert.Equal(entry.Name, entry.Value.GetProperty("unique_id").GetString());
                HasAll(RequiredByKind[entry.Value.GetProperty("resource_type").GetString()!], entry.Value, entry.Name);
            }
        }
        var orders = manifest.GetProperty("nodes").GetProperty("model.padaria.orders");
        Assert.Equal(
            ["model.padaria.stg_orders", "model.padaria.order_payments"],
            Texts(orders.GetProperty("depends_on").GetProperty("nodes")));
        Assert.Equal("\"bakery\".\"orders\"", orders.GetProperty("relation_name").GetString());
        Assert.Equal("incremental", orders.GetProperty("config").GetProperty("materialized").GetString());
        Assert.Equal(["bakery", "hourly"], Texts(orders.GetProperty("tags")));
        Assert.Contains(
            "{{ dbt_utils.generate_surrogate_key", orders.GetProperty("raw_code").GetString(),
            StringComparison.Ordinal);
        Assert.Contains(
            "exposure.padaria.sales_report",
            Texts(manifest.GetProperty("child_map").GetProperty("model.padaria.orders")));
        Assert.Equal(
            "Somebody who has bought something at least once.",
            manifest.GetProperty("nodes").GetProperty("model.padaria.stg_customers").GetProperty("description")
                .GetString());
        var test = Assert.Single(
            manifest.GetProperty("nodes").EnumerateObject(),
            node => node.Value.GetProperty("name").GetString() == "unique_orders_order_id").Value;
        Assert.Equal(
            ("unique", "order_id", "model.padaria.orders"),
            (test.GetProperty("test_metadata").GetProperty("name")
                .GetString(), test.GetProperty("column_name").GetString(),
                test.GetProperty("attached_node").GetString()));
    }

    [Fact]
    public async Task The_results_of_a_build_tell_of_models_and_tests()
    {
        await RunAsync("build");

        var artifact = Read("run_results.json");
        HasExactly("metadata results elapsed_time args", artifact, "run_results.json");
        HasExactly(MetadataKeys, artifact.GetProperty("metadata"), "its metadata");
        var results = artifact.GetProperty("results").EnumerateArray().ToList();
        foreach (var result in results) HasExactly(ResultKeys, result, result.GetProperty("unique_id").GetString()!);
        var nodes = Read("manifest.json").GetProperty("nodes").EnumerateObject().Select(node => node.Name).ToHashSet();
        Assert.All(results, result => Assert.Contains(result.GetProperty("unique_id").GetString()!, nodes));
        Assert.Equal(10, results.Count(result => result.GetProperty("status").GetString() == "success"));
        Assert.Equal(
            nodes.Count(node => node.StartsWith("test.", StringComparison.Ordinal)),
            results.Count(result => result.GetProperty("status").GetString() == "pass"));
    }

    [Fact]
    public async Task The_results_tell_what_failed_and_what_was_not_tried()
    {
        await RunAsync("run");
        foz.Write(
            "seeds/raw_orders.csv",
            "id,customer,ordered_at,status\n9,1,2026-01-09 08:10:00,completed\n9,1,2026-01-09 08:10:00,completed\n");

        Assert.Equal(1, (await foz.RunAsync("run")).ExitCode);

        var results = Read("run_results.json").GetProperty("results").EnumerateArray()
            .ToDictionary(
                result => result.GetProperty("unique_id").GetString()!,
                result => result.GetProperty("status").GetString());
        Assert.Equal("error", results["model.padaria.stg_orders"]);
        Assert.Equal("skipped", results["model.padaria.orders"]);
        Assert.Equal(
            "fail",
            results.First(result =>
                result.Key.StartsWith("test.padaria.unique_stg_orders", StringComparison.Ordinal)).Value);
    }

    [Fact]
    public async Task The_catalog_has_the_columns_of_tables_and_views()
    {
        await RunAsync("run");
        await RunAsync("docs", "generate");

        var catalog = Read("catalog.json");
        HasExactly("metadata nodes sources errors", catalog, "catalog.json");
        foreach (var node in catalog.GetProperty("nodes").EnumerateObject()
            .Concat(catalog.GetProperty("sources").EnumerateObject()))
        {
            HasExactly("metadata columns stats unique_id", node.Value, node.Name);
            HasExactly("type schema name database comment owner", node.Value.GetProperty("metadata"), node.Name);
            foreach (var column in node.Value.GetProperty("columns").EnumerateObject())
                HasExactly("type index name comment", column.Value, node.Name);
        }
        var customers = catalog.GetProperty("nodes").GetProperty("model.padaria.customers").GetProperty("columns");
        Assert.Equal(
            ["customer_id", "name", "first_order", "latest_order", "orders", "average_amount", "lifetime_value"],
            customers.EnumerateObject().Select(column => column.Name));
        Assert.Equal(
            "VIEW",
            catalog.GetProperty("nodes").GetProperty("model.padaria.stg_orders").GetProperty("metadata")
                .GetProperty("type").GetString());
        Assert.True(catalog.GetProperty("sources").TryGetProperty("source.padaria.bakery.raw_payments", out _));
    }

    [Fact]
    public async Task Sources_tell_how_old_they_are()
    {
        foz.Write("models/staging/_staging.yml", """
            sources:
            - name: bakery
              schema: "{{ target.schema }}_raw"
              tables:
              - name: raw_payments
              - name: raw_orders
                loaded_at_field: ordered_at
                freshness: {warn_after: {count: 1, period: hour}, error_after: {count: 1, period: day}}
            """);
        await RunAsync("seed");

        var unknown = await foz.RunAsync("source", "freshness", "baker");
        Assert.Equal(2, unknown.ExitCode);
        Assert.Contains("did you mean 'bakery'?", unknown.Error, StringComparison.Ordinal);
        Assert.Equal(1, (await foz.RunAsync("source", "freshness", "bakery")).ExitCode);

        var artifact = Read("sources.json");
        HasExactly("metadata results elapsed_time", artifact, "sources.json");
        var result = Assert.Single(artifact.GetProperty("results").EnumerateArray());
        HasExactly(
            "unique_id max_loaded_at snapshotted_at max_loaded_at_time_ago_in_s status criteria adapter_response "
                + "timing thread_id execution_time",
            result, "a result");
        HasExactly("warn_after error_after filter", result.GetProperty("criteria"), "its criteria");
        Assert.Equal(
            ("source.padaria.bakery.raw_orders", "error", "2026-01-05T10:20:00.000000Z"),
            (result.GetProperty("unique_id").GetString(), result.GetProperty("status").GetString(),
                result.GetProperty("max_loaded_at").GetString()));
    }

    static IEnumerable<string?> Texts(JsonElement list) => list.EnumerateArray().Select(item => item.GetString());
}
