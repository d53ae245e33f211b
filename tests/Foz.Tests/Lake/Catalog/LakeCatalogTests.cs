using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Storage;

namespace Foz.Tests.Lake.Catalog;

public sealed class LakeCatalogTests
{
    static readonly TableName Orders = new("silver", "orders");
    readonly MemoryObjectStore lake = new(TimeProvider.System);

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    LakeCatalog Catalog => new(lake);

    [Fact]
    public async Task A_name_that_nobody_defined_stands_for_nothing() =>
        Assert.Null(await Catalog.FindAsync(Orders, Cancel));

    [Fact]
    public async Task A_definition_is_found_whatever_the_case_of_its_name()
    {
        var defined = await Catalog.DefineAsync(Orders, _ => View("select 1"), Cancel);

        Assert.Equal(defined, await Catalog.FindAsync(new("SILVER", "Orders"), Cancel));
    }

    [Fact]
    public async Task A_change_sees_the_definition_that_it_replaces()
    {
        await Catalog.DefineAsync(Orders, _ => View("select 1"), Cancel);
        await Catalog.DefineAsync(Orders, present => present! with { Owner = "ana" }, Cancel);

        var definition = await Catalog.FindAsync(Orders, Cancel);
        Assert.Equal(("select 1", "ana"), (definition!.Sql, definition.Owner));
    }

    [Fact]
    public async Task Concurrent_changes_are_all_kept()
    {
        await Catalog.DefineAsync(Orders, _ => View(""), Cancel);
        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => Task.Run(async () =>
            await Catalog.DefineAsync(Orders, present => present! with { Sql = present.Sql + $"{i};" }, Cancel),
            Cancel)));

        var definition = await Catalog.FindAsync(Orders, Cancel);
        Assert.Equal(
            Enumerable.Range(0, 20), definition!.Sql!.TrimEnd(';').Split(';').Select(int.Parse).Order());
    }

    [Fact]
    public async Task A_delta_table_that_another_engine_wrote_into_the_lake_is_found()
    {
        await lake.PutAsync("silver/orders/_delta_log/00000000000000000000.json", "{}"u8.ToArray(), Cancel);

        var definition = await Catalog.FindAsync(Orders, Cancel);
        Assert.Equal((DefinitionKind.Table, "silver/orders"), (definition!.Kind, definition.Location));
    }

    [Fact]
    public async Task A_broken_definition_is_reported_with_its_object()
    {
        await lake.PutAsync("_foz/catalog/silver/orders.json", "{"u8.ToArray(), Cancel);

        var error = await Assert.ThrowsAsync<FozException>(async () => await Catalog.FindAsync(Orders, Cancel));
        Assert.Contains("_foz/catalog/silver/orders.json", error.Message, StringComparison.Ordinal);
    }

    static Definition View(string sql) =>
        new() { Schema = Orders.Schema, Name = Orders.Name, Kind = DefinitionKind.View, Sql = sql };
}
