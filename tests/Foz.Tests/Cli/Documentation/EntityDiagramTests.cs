using Foz.Lake.Data;
using Foz.Cli.Documentation;
using Foz.Tests.Pipelines.Projects;

namespace Foz.Tests.Cli.Documentation;

/// <summary>Tables and what they refer to, as Mermaid draws it.</summary>
public sealed class EntityDiagramTests : IDisposable
{
    readonly ProjectFolder folder = new() { ["foz.yml"] = ProjectFolder.FozYml };

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Relationships_grains_and_columns_are_drawn()
    {
        folder["models/gold/dim_customer.sql"] =
            "/* @foz\ngrain: customer_key\n@foz */ select 1 as customer_key, 'a' as name";
        folder["models/gold/fact_sales.sql"] = """
            /* @foz
            grain: [order_id, line]
            columns:
              - {name: customer_key, type: varchar, checks: [not_null, {relationships: {to: gold.dim_customer, field: customer_key}}]}
              - {name: order_id, checks: [{relationships: {to: gold.orders, field: id}}]}
            @foz */
            select 1 as order_id, 1 as line, 'x' as customer_key
            """;
        folder["models/gold/orders.sql"] = "select 1 as id";
        folder["models/gold/alone.sql"] = "select 1 as id";

        var text = EntityDiagram.Of(
            folder.Load(),
            table =>
                table.Name == "dim_customer"
                    ? [new("customer_key", DataType.Integer), new("full name", DataType.String)]
                    : []);

        Assert.Equal("""
            erDiagram
                gold_dim_customer["gold.dim_customer"] {
                    integer customer_key PK
                    string full_name
                }
                gold_fact_sales["gold.fact_sales"] {
                    varchar customer_key FK
                    unknown order_id PK, FK
                    unknown line PK
                }
                gold_orders["gold.orders"] {
                }
                gold_fact_sales }o--|| gold_dim_customer : customer_key
                gold_fact_sales }o--|| gold_orders : order_id

            """.ReplaceLineEndings("\n"), text);
    }

    [Fact]
    public void A_project_without_relationships_has_none() => Assert.Null(EntityDiagram.Of(folder.Load(), _ => []));
}
