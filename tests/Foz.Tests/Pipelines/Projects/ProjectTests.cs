using Foz.Connectors;
using Foz.Lake;
using Foz.Lake.Data;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Projects.Reading;
using Foz.Pipelines.Quality;

namespace Foz.Tests.Pipelines.Projects;

public sealed class ProjectTests : IDisposable
{
    readonly ProjectFolder folder = new() { ["foz.yml"] = ProjectFolder.FozYml };

    static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Fact]
    public void The_example_shop_is_read()
    {
        var project = ProjectLoader.Load(
            Path.Combine(Repository.Root, "examples/loja"),
            folder.Options with { Target = "dev", Connectors = [new AnyConnector()] }, ProjectFolder.Engines,
            TestContext.Current.CancellationToken);

        Assert.Equal("loja", project.Name);
        Assert.Equal("dev", project.Environment);
        Assert.Equal(Path.Combine(Repository.Root, "examples/loja/lake"), project.LakePath);
        Assert.Equal(1_000_000_000, project.Memory!.Value.Bytes);
        var source = Assert.Single(project.Sources);
        Assert.Equal(
            ["customers", "products", "orders", "order_items", "payments"],
            source.Streams.Select(s => s.Definition.Name));
        Assert.Equal("decimal(12,2)", source.Streams[3].Definition.Columns["unit_price"]);
        Assert.Equal(10, project.Models.Count);

        var orders = project.FindModel(new("silver", "orders"))!;
        var merge = Assert.IsType<IncrementalStrategy.Merge>(
            Assert.IsType<Materialization.Incremental>(orders.Materialization).Strategy);
        Assert.Equal(["order_id"], merge.UniqueKey);
        var bronze = orders.References[0];
        Assert.Equal(
            (new TableName("bronze", "orders"), ReferenceKind.Stream, true),
            (bronze.Name, bronze.Kind, bronze.IsStream));
        Assert.Equal("models/silver/orders.sql:53:6", bronze.Place.ToString());
        var customers = orders.References[1];
        Assert.Equal((new TableName("silver", "customers"), true), (customers.Name, customers.IsOrderOnly));
        Assert.Equal(OnViolation.Warn, orders.Checks.OfType<CheckDefinition.Relationships>().Single().OnViolation);

        var order = project.Graph.Nodes.Select(n => n.Name.ToString()).ToList();
        Assert.True(order.IndexOf("silver.customers") < order.IndexOf("silver.orders"));
        Assert.True(order.IndexOf("silver.sales") < order.IndexOf("gold.daily_sales"));
        Assert.Contains(new("bronze", "order_items"), project.Graph.Ancestors(new("gold", "daily_sales")));
        Assert.Contains(new("gold", "daily_sales"), project.Graph.Descendants(new("bronze", "order_items")));
    }

    [Fact]
    public void Everything_that_front_matter_can_say_is_read()
    {
        folder["sources/shop.yml"] = "connection: shop\nstreams: {orders: }\n";
        folder["models/silver/orders.sql"] = """
            -- Licence.
            /* @foz
            description: Orders
            owner: vendas
            tags: [daily, pii]
            meta: {cost: 1, links: [a, {b: c}]}
            materialization:
              type: incremental
              strategy: merge
              unique_key: id
              merge_update_columns: [status]
              partition_by: [day]
            depends: gold.other
            on_violation: warn
            columns:
              id: {type: bigint, description: Number, tags: pk, checks: [not_null]}
              status: varchar
            checks:
              - row_count: {min: 1}
            type: sql
            dialect: duckdb
            enabled: true
            @foz */

              select id, status, day from STREAM(bronze.orders) ; -- done
            """;
        folder["models/gold/whatever.sql"] = "/*@foz name: gold.other @foz*/select 1 as n";

        var project = folder.Load();
        var model = project.FindModel(new("SILVER", "Orders"))!;

        Assert.Equal("select id, status, day from STREAM(bronze.orders)", model.Sql);
        Assert.Equal("models/silver/orders.sql:25:3", model.Body.Start.ToString());
        Assert.Equal(("Orders", "vendas"), (model.Description, model.Owner));
        Assert.Equal(["daily", "pii"], model.Tags);
        Assert.Equal(["1", """["a",{"b":"c"}]"""], model.Meta.Values);
        var incremental = Assert.IsType<Materialization.Incremental>(model.Materialization);
        Assert.Equal(["day"], incremental.PartitionBy);
        var merge = Assert.IsType<IncrementalStrategy.Merge>(incremental.Strategy);
        Assert.Equal(["id"], merge.UniqueKey);
        Assert.Equal(["status"], merge.UpdateColumns);
        Assert.Equal(["id bigint", "status varchar"], model.Columns.Select(c => $"{c.Name} {c.Type}"));
        Assert.Equal(["not_null(id)", "row_count"], model.Checks.Select(c => c.Title));
        Assert.All(model.Checks, c => Assert.Equal(OnViolation.Warn, c.OnViolation));
        Assert.Equal("models/silver/orders.sql:16:62", model.Checks[0].Place.ToString());
        Assert.Equal(
            ["bronze.orders stream", "gold.other order"],
            model.References.Select(r => $"{r.Name} {(r.IsStream ? "stream" : r.IsOrderOnly ? "order" : "")}"));
    }

    [Fact]
    public void A_model_without_front_matter_is_a_table_named_by_its_path()
    {
        folder["models/gold/deep/numbers.sql"] = "select 42 as n";
        var model = Assert.Single(folder.Load().Models);
        Assert.Equal("gold.numbers", model.Name.ToString());
        Assert.IsType<Materialization.Table>(model.Materialization);
        Assert.Empty(model.References);
    }

    [Theory]
    [InlineData("select 1 as a;", "select 1 as a")]
    [InlineData("select 1 as a ; ; -- done;\n/* all; /* done */ */ ", "select 1 as a")]
    [InlineData("select ';' as a -- ;", "select ';' as a")]
    [InlineData("select 'it''s; -- no' as a;", "select 'it''s; -- no' as a")]
    [InlineData("select e'\\'; -- no' as a;", "select e'\\'; -- no' as a")]
    [InlineData("select 1 as \"a;--\";", "select 1 as \"a;--\"")]
    [InlineData("select $$;'$$ as a, $x$ $$; $x$ as b;", "select $$;'$$ as a, $x$ $$; $x$ as b")]
    [InlineData("select 1 - -1 as a, 4 / 2 as b;", "select 1 - -1 as a, 4 / 2 as b")]
    public void What_ends_a_statement_is_taken_off(string text, string expected)
    {
        folder["models/gold/m.sql"] = text;
        Assert.Equal(expected, Assert.Single(folder.Load().Models).Sql);
    }

    [Fact]
    public void Blank_lines_and_comments_may_stand_before_everything()
    {
        var space = string.Concat(Enumerable.Repeat(" \n\t\r\n", 5_000)) + new string(' ', 5_000);
        folder["models/gold/a.sql"] = $"{space}/* no * front / matter */ -- at all\n{space}select 1 as a";
        folder["models/gold/b.sql"] = $"{space}/* licence */ -- mine\n/* @foz owner: me @foz */{space}select 1 as a";
        var models = folder.Load().Models;
        Assert.Equal([null, "me"], models.Select(m => m.Owner));
        Assert.EndsWith("select 1 as a", models[0].Sql, StringComparison.Ordinal);
        Assert.Equal("select 1 as a", models[1].Sql);
        Assert.Equal(20_002, models[1].Body.Start.Line);
    }

    [Fact]
    public void Words_of_other_tools_mean_the_same()
    {
        var bruin = Read(
            "type: table, strategy: time_interval, incremental_key: ts, begin: 2026-01-01, refresh_restricted: true");
        var microbatch = Assert.IsType<IncrementalStrategy.Microbatch>(bruin.Strategy);
        Assert.Equal(("ts", 1, true), (microbatch.EventTime, microbatch.Lookback, bruin.IsFullRefreshRestricted));
        var dbt = Read(
            "type: snapshot, strategy: check, check_cols: all, unique_key: id, invalidate_hard_deletes: true");
        var history = Assert.IsType<IncrementalStrategy.Scd2ByColumn>(dbt.Strategy);
        Assert.Equal((0, true), (history.CheckColumns.Count, history.EndsDeleted));
        var sqlMesh = Read(
            "type: incremental, strategy: scd2_by_time, updated_at: t, unique_key: id, "
                + "valid_from_name: a, valid_to_name: b");
        Assert.Equal(
            ["a", "b", "is_current"], Assert.IsType<IncrementalStrategy.Scd2ByTime>(sqlMesh.Strategy).Columns.Names);
        var merge = Read(
            "type: incremental, unique_key: id, predicates: [DBT_INTERNAL_DEST.d > 1], full_refresh: false, "
                + "on_schema_change: sync_all_columns");
        Assert.Equal(["target.d > 1"], Assert.IsType<IncrementalStrategy.Merge>(merge.Strategy).Predicates);
        Assert.Equal((true, OnSchemaChange.Sync), (merge.IsFullRefreshRestricted, merge.OnSchemaChange));

        Materialization Read(string yaml)
        {
            folder["models/silver/m.sql"] = $"/* @foz\nmaterialization: {{{yaml}}}\n@foz */ select 1 as a";
            return Assert.Single(folder.Load().Models).Materialization;
        }
    }

    [Theory]
    [InlineData("materialization: view", "view")]
    [InlineData("materialization: table", "table")]
    [InlineData("materialization: incremental", "incremental append")]
    [InlineData("materialization: {type: incremental, strategy: append}", "incremental append")]
    [InlineData("materialization: {type: incremental, unique_key: a}", "incremental merge")]
    public void Materializations_are_read(string yaml, string expected)
    {
        folder["models/gold/m.sql"] = $"/* @foz\n{yaml}\n@foz */ select 1 as a";
        var materialization = Assert.Single(folder.Load().Models).Materialization;
        Assert.Equal(
            expected,
            materialization is Materialization.Incremental i ? $"{i.Name} {i.Strategy.Name}" : materialization.Name);
    }

    [Fact]
    public void An_environment_changes_lake_prefix_and_connections()
    {
        folder["foz.yml"] = """
            name: loja
            lake: ${LAKE:-lake}
            memory: 1GB
            connections:
              shop: {type: database, host: db, user: ana, password: "${SHOP_PASSWORD}"}
            environments:
              dev: {schema_prefix: dev_, memory: 512MB, threads: 2}
              prod:
                lake: /srv/lake
                connections:
                  shop: {host: "${PROD_HOST}"}
            default_environment: dev
            """;
        folder[".env"] = "SHOP_PASSWORD=hunter2\nPROD_HOST=wrong\n";
        folder.Variables["PROD_HOST"] = "db.prod";
        folder["sources/shop.yml"] = "connection: shop\nstreams:\n  orders:\n    table: ${SHOP_TABLE:-pedidos}\n";
        folder["models/silver/o.sql"] = "select * from bronze.orders";

        var dev = folder.Load();
        Assert.Equal(("dev", 512_000_000, 2), (dev.Environment, dev.Memory!.Value.Bytes, dev.Threads));
        Assert.Equal(Path.Combine(folder.Path, "lake"), dev.LakePath);
        Assert.Equal("dev_silver.o", dev.Models[0].Table.ToString());
        Assert.Equal("silver.o", dev.Models[0].Name.ToString());
        Assert.Equal("dev_bronze", dev.Sources[0].Definition.Schema);
        Assert.Equal("dev_bronze.orders", dev.Models[0].References[0].Table.ToString());
        Assert.Equal("pedidos", dev.Sources[0].Streams[0].Definition.Settings.Text("table"));
        Assert.Equal("db", dev.Sources[0].Definition.Connection.Settings.Text("host"));

        var prod = folder.Load(o => o with { Target = "prod" });
        Assert.Equal(("/srv/lake", 1_000_000_000), (prod.LakePath, prod.Memory!.Value.Bytes));
        Assert.Null(prod.Threads);
        var connection = prod.File.Connection("shop");
        Assert.Equal(
            ("db.prod", "ana", "hunter2"),
            (connection.Settings.Text("host"), connection.Settings.Text("user"), connection.Settings.Text("password")));
        Assert.Equal("password *** refused", prod.Secrets.Mask("password hunter2 refused"));
        Assert.Equal(["dev", "prod"], prod.File.Environments);
    }

    [Fact]
    public void A_secret_of_a_stream_comes_from_a_variable_and_is_masked()
    {
        folder["sources/shop.yml"] = "connection: shop\nstreams:\n  orders: {token: '${TOKEN}'}\n";
        folder.Variables["TOKEN"] = "abc123";
        var project = folder.Load();
        Assert.Equal("abc123", project.Sources[0].Streams[0].Definition.Settings.Text("token"));
        Assert.Equal("with ***", project.Secrets.Mask("with abc123"));

        folder["sources/shop.yml"] = "connection: shop\nstreams:\n  orders: {token: abc123}\n";
        Assert.StartsWith(
            "sources/shop.yml:3:19: 'token' is a secret", Assert.Single(folder.Errors()), StringComparison.Ordinal);
    }

    [Fact]
    public void A_variable_of_a_connection_is_asked_for_only_if_a_source_uses_it()
    {
        folder["foz.yml"] = "name: x\nconnections:\n  shop: {type: database, host: '${NOT_SET}'}\n";
        Assert.Empty(folder.Errors());
        folder["sources/shop.yml"] = "connection: shop\nstreams: all\n";
        Assert.Equal(
            "foz.yml:3:32: the environment variable 'NOT_SET' is not set\n  set it, add it to .env, or "
                + "give a default: ${NOT_SET:-…}",
            Assert.Single(folder.Errors()));
    }

    [Fact]
    public void Foz_yml_alone_is_enough_to_find_the_lake()
    {
        folder["models/silver/broken.sql"] = "/* @foz\n\tx\n@foz */";
        Assert.NotEmpty(folder.Errors());
        Assert.Equal(Path.Combine(folder.Path, "lake"), ProjectLoader.LoadFile(folder.Path, folder.Options).LakePath);
        Assert.Equal(
            folder.Path, ProjectFile.FindFolder(Path.Combine(folder.Path, "models/silver"), [], static _ => null));
    }

    [Fact]
    public void A_source_says_how_its_streams_are_read()
    {
        folder["sources/shop.yml"] = """
            name: shop
            connection: shop
            schema: raw
            description: The shop
            owner: vendas
            tags: [oltp]
            on_violation: warn
            streams:
              customers:
                mode: incremental
                cursor: updated_at
                keys: [id]
                description: Customers
                tags: [pii]
                columns:
                  - {name: id, type: bigint, checks: [unique]}
                  - name
                checks:
                  - unique: [id]
                    severity: error
              orders:
            """;
        var source = Assert.Single(folder.Load().Sources);
        Assert.Equal(("shop", "raw", "vendas"), (source.Name, source.Schema, source.Owner));
        var customers = source.Streams[0];
        Assert.Equal("raw.customers", customers.Name.ToString());
        Assert.Equal((StreamMode.Incremental, "updated_at"), (customers.Definition.Mode, customers.Definition.Cursor));
        Assert.Equal(["id"], customers.Definition.Keys);
        Assert.Equal(["pii", "oltp"], customers.Tags);
        Assert.Equal([OnViolation.Warn, OnViolation.Fail], customers.Checks.Select(c => c.OnViolation));
        Assert.Equal("bigint", Assert.Single(customers.Definition.Columns).Value);
        Assert.Equal(StreamMode.Snapshot, source.Streams[1].Definition.Mode);
        Assert.Equal(2, source.Definition.Streams.Count);
    }

    [Fact]
    public void Silver_current_makes_models_that_can_be_shown()
    {
        folder["sources/shop.yml"] = """
            connection: shop
            silver: current
            streams:
              customers: {mode: incremental, cursor: updated_at, keys: [id, "order"], columns: {id: {type: bigint, description: Number}}}
              log: {mode: incremental}
              orders: {keys: [id]}
              items:
            """;
        folder["models/silver/items.sql"] = "select 1 as own";
        var project = folder.Load();

        Assert.Equal(
            ["silver.customers", "silver.items", "silver.log", "silver.orders"],
            project.Models.Select(m => m.Name.ToString()));
        Assert.Equal("select 1 as own", project.Models[1].Sql);
        var customers = project.Models[0];
        Assert.True(customers.IsImplicit);
        Assert.Equal("bronze.customers", Assert.Single(customers.References).Name.ToString());
        Assert.Equal("Number", customers.Columns[0].Description);
        Assert.Equal(
            """
            SELECT * EXCLUDE (_cdc_op, _cdc_lsn, _cdc_seq, _cdc_tx, _cdc_commit_ts, _cdc_synced_at, _cdc_source)
            FROM (
                SELECT *
                FROM "bronze"."customers"
                QUALIFY "id" IS NULL OR "order" IS NULL
                    OR row_number() OVER (
                        PARTITION BY "id", "order"
                        ORDER BY "updated_at" DESC NULLS LAST, _cdc_synced_at DESC NULLS LAST, _cdc_lsn DESC NULLS LAST, _cdc_commit_ts DESC NULLS LAST, _cdc_source DESC NULLS LAST, _cdc_seq DESC NULLS LAST
                    ) = 1
            )
            WHERE _cdc_op <> 'd'
            """,
            customers.Sql);
        const string all =
            "SELECT * EXCLUDE (_cdc_op, _cdc_lsn, _cdc_seq, _cdc_tx, _cdc_commit_ts, _cdc_synced_at, _cdc_source)\n";
        Assert.Equal(all + "FROM \"bronze\".\"log\"", project.Models[2].Sql);
        Assert.Equal(all + "FROM \"bronze\".\"orders\"", project.Models[3].Sql);
    }

    [Fact]
    public void Streams_that_are_discovered_join_the_project()
    {
        folder["sources/shop.yml"] = """
            connection: shop
            silver: current
            streams:
              "*":
              customers: {mode: incremental, cursor: updated_at, keys: [id]}
            """;
        folder["models/gold/a.sql"] = "select * from bronze.orders join bronze.customers using (id)";

        var before = folder.Load();
        Assert.True(before.Sources[0].IsUndiscovered);
        Assert.True(before.Sources[0].Definition.TakesAllStreams);
        Assert.Equal(
            [ReferenceKind.Undiscovered, ReferenceKind.Stream],
            before.FindModel(new("gold", "a"))!.References.Select(r => r.Kind));

        var after = before.WithDiscovered(
            "shop", [Discovered("orders", "id"), Discovered("customers", "other"), Discovered("Order Items")],
            ProjectFolder.Engines, Token);
        Assert.False(after.Sources[0].IsUndiscovered);
        Assert.Equal(["customers", "Order Items", "orders"], after.Sources[0].Streams.Select(s => s.Definition.Name));
        Assert.Equal(["id"], after.Sources[0].Streams[0].Definition.Keys);
        Assert.Equal(
            [ReferenceKind.Stream, ReferenceKind.Stream],
            after.FindModel(new("gold", "a"))!.References.Select(r => r.Kind));
        Assert.Equal(
            ["gold.a", "silver.customers", "silver.Order Items", "silver.orders"],
            after.Models.Select(m => m.Name.ToString()));

        var error = Assert.Throws<FozException>(() =>
            before.WithDiscovered("shop", [Discovered("order")], ProjectFolder.Engines, Token));
        Assert.Equal(
            "models/gold/a.sql:1:15: unknown table 'bronze.orders'\n  did you mean 'bronze.order'?", error.Describe());
    }

    static DiscoveredStream Discovered(string name, params string[] keys) =>
        new(new() { Name = name, Keys = keys }, []);

    [Fact]
    public void An_incremental_model_may_read_its_own_table()
    {
        folder["models/silver/a.sql"] = "/* @foz\nmaterialization: incremental\n@foz */ select * from silver.a";
        var project = folder.Load();
        Assert.Equal(ReferenceKind.Self, Assert.Single(project.Models[0].References).Kind);
        Assert.Empty(project.Graph.Upstream(new("silver", "a")));
    }

    [Fact]
    public void A_table_that_only_the_lake_has_may_be_read()
    {
        folder["models/silver/a.sql"] = "select * from old.things join foz.runs using (id)";
        var project = folder.Load(o => o with { ExistsInLake = name => name.Schema is "old" or "foz" });
        Assert.All(project.Models[0].References, r => Assert.Equal(ReferenceKind.Lake, r.Kind));
        Assert.Single(project.Graph.Nodes);
    }

    [Fact]
    public void A_test_knows_the_tables_that_it_reads()
    {
        folder["models/silver/a.sql"] = "select 1 as n";
        folder["tests/none_negative.sql"] =
            "/* @foz\ndescription: d\non_violation: warn\ntags: [t]\n@foz */\nselect * from silver.a where n < 0;";
        folder["tests/off.sql"] = "/* @foz\nenabled: false\n@foz */\nselect * from nowhere.a";
        var test = Assert.Single(folder.Load().SqlTests);
        Assert.Equal(("none_negative", "d", OnViolation.Warn), (test.Name, test.Description, test.OnViolation));
        Assert.Equal("select * from silver.a where n < 0", test.Sql);
        Assert.Equal("tests/none_negative.sql:6:15", Assert.Single(test.References).Place.ToString());
    }

    [Fact]
    public void Nodes_stand_behind_what_they_need_and_else_in_order_of_names()
    {
        folder["models/gold/z.sql"] = "select * from gold.a";
        folder["models/gold/a.sql"] = "select * from silver.b, silver.c";
        folder["models/silver/c.sql"] = "select 1 as n";
        folder["models/silver/b.sql"] = "select 1 as n";
        var graph = folder.Load().Graph;
        Assert.Equal(["silver.b", "silver.c", "gold.a", "gold.z"], graph.Nodes.Select(n => n.Name.ToString()));
        Assert.Equal(["silver.b", "silver.c"], graph.Upstream(new("gold", "a")).Select(n => n.ToString()));
        Assert.Equal(["gold.a"], graph.Downstream(new("silver", "c")).Select(n => n.ToString()));
    }
}
