using Foz.AcceptanceTests.PostgreSql;
using Foz.Connectors.Databases.Providers;
using Foz.Pipelines.Batches;
using Foz.Storage;

namespace Foz.AcceptanceTests.Databases;

/// <summary>Exports of models to PostgreSQL, by its own connector and by an ADO.NET provider.</summary>
public sealed partial class ExportTests(PostgreSqlServer server) : IDisposable
{
    readonly TestLake lake = new();

    public void Dispose() => lake.Dispose();

    [Theory]
    [InlineData("target")]
    [InlineData("ado")]
    public async Task Upserts_follow_rows_that_change_come_and_go(string connection)
    {
        var database = await OpenAsync($"{{connection: {connection}, table: out.people, mode: upsert, keys: [id]}}");
        if (connection == "ado")
            await database.ExecuteAsync(
                "CREATE TABLE out.people (id bigint PRIMARY KEY, name text, price numeric(10,2), at timestamptz, tags "
                    + "text, extra text DEFAULT 'kept'); ALTER TABLE out.people OWNER TO foz");
        await database.ExecuteAsync(
            "CREATE TABLE people (id bigint, name text, price numeric(10,2), at timestamptz); INSERT INTO people "
                + "VALUES (1, E'a\\tb\\\\', 1.50, '2024-01-02 03:04:05.123+00'), (2, 'b', "
                + "NULL, NULL), (3, 'c', 3, NULL)");
        await database.GrantAsync();
        await lake.RunWellAsync();
        Assert.Equal(
            [
                "1|a\tb\\|1.50|2024-01-02 03:04:05.123+00|[\"x\", \"a\"]".Replace(
                    "\"a\"", "\"1\"", StringComparison.Ordinal), "2|b||", "3|c|3.00|",
            ],
            (await ReadAsync(database, "id, name, price, at, CASE WHEN id = 1 THEN tags::text::jsonb END"))
                .Select(r => r.EndsWith('|') ? r[..^1] : r));
        await database.ExecuteAsync(
            "UPDATE people SET name = 'B' WHERE id = 2; DELETE FROM people WHERE id = 3; INSERT INTO "
                + "people VALUES (4, 'd', 4, NULL)");
        await lake.RunWellAsync();
        await lake.RunWellAsync();
        Assert.Equal(["1|a\tb\\", "2|B", "4|d"], await ReadAsync(database, "id, name"));
    }

    [Theory]
    [InlineData("target")]
    [InlineData("ado")]
    public async Task Replace_has_the_tables_rows_and_no_others(string connection)
    {
        var database = await OpenAsync($"{{connection: {connection}, table: out.people}}");
        await database.ExecuteAsync(
            "CREATE TABLE out.people (id bigint, name text, price numeric(10,2), at timestamptz, tags text); ALTER "
                + "TABLE out.people OWNER TO foz; INSERT INTO out.people VALUES (99)");
        if (connection == "target")
            await database.ExecuteAsync("ALTER TABLE out.people ALTER tags TYPE jsonb USING NULL");
        await database.ExecuteAsync(
            "CREATE TABLE people (id bigint, name text, price numeric(10,2), at timestamptz); INSERT INTO people "
                + "SELECT i, 'n' || i, i, now() FROM generate_series(1, 2500) i");
        await database.GrantAsync();
        await lake.RunWellAsync();
        Assert.Equal(["2500|3126250.00"], await ReadAsync(database, "count(*), sum(price)"));
        await database.ExecuteAsync("DELETE FROM people WHERE id > 10");
        await lake.RunWellAsync();
        Assert.Equal(["10"], await ReadAsync(database, "count(*)"));
    }

    [Fact]
    public async Task Rows_are_replaced_with_a_warning_where_no_epoch_can_be_noted_beside_them()
    {
        var database = await OpenAsync("{connection: ado, table: kept.people}");
        await database.ExecuteAsync(
            "CREATE SCHEMA kept; GRANT USAGE ON SCHEMA kept TO foz; CREATE TABLE kept.people (id bigint, name text, "
                + "price numeric(10,2), at timestamptz, tags text); ALTER TABLE kept.people OWNER TO foz; "
                + "CREATE TABLE people (id bigint, name text, price numeric(10,2), at timestamptz); "
                + "INSERT INTO people VALUES (1, 'a', 1, NULL)");
        await database.GrantAsync();
        var step = (await lake.RunWellAsync()).Steps.Single(step => $"{step.Step}" == "silver.people");
        Assert.EndsWith(
            "run that stood still could write older rows over newer ones", Assert.Single(step.Warnings).Message,
            StringComparison.Ordinal);
        Assert.Equal(
            ["1"],
            (await database.QueryAsync("SELECT id FROM kept.people")).Select(row => row.Single()?.ToString()));
    }

    [Theory]
    [InlineData("target", "replace")]
    [InlineData("target", "upsert, keys: [id]")]
    [InlineData("target", "append")]
    [InlineData("ado", "replace")]
    [InlineData("ado", "upsert, keys: [id]")]
    [InlineData("ado", "append")]
    public async Task A_failure_in_the_middle_changes_nothing_and_the_next_run_makes_up_for_it(
        string connection, string mode)
    {
        var database = await OpenAsync("");
        var appends = mode == "append";
        if (appends)
            lake.Write("sources/db.yml", "connection: target\nstreams: {people: {mode: incremental, cursor: id}}\n");
        lake.Write(
            "models/silver/people.sql",
            $"/* @foz\nmaterialization: {(appends ? "incremental" : "table")}\nexport: {{connection: {connection}, "
                + $"table: out.people, mode: {mode}}}\n@foz */\n"
            + $"SELECT id, name FROM {(appends ? "STREAM(bronze.people)" : "bronze.people")}");
        await database.ExecuteAsync(
            "CREATE TABLE out.people (id bigint PRIMARY KEY, name text); ALTER TABLE out.people OWNER TO foz");
        await database.ExecuteAsync(
            "CREATE TABLE people (id bigint, name text); INSERT INTO people SELECT i, 'a' "
                + "FROM generate_series(1, 10) i");
        await database.GrantAsync();
        await lake.RunWellAsync();
        await database.ExecuteAsync("ALTER TABLE out.people ADD CONSTRAINT no_such_row CHECK (id <> 2000)");
        await database.ExecuteAsync("INSERT INTO people SELECT i, 'b' FROM generate_series(11, 2500) i");
        var error = (await lake.RunAsync()).Steps.Single(s => s.Error is not null).Error!;
        Assert.Contains("no_such_row", error.Message, StringComparison.Ordinal);
        Assert.Equal(["10|10"], await ReadAsync(database, "count(*), count(*) FILTER (WHERE name = 'a')"));
        await database.ExecuteAsync("ALTER TABLE out.people DROP CONSTRAINT no_such_row");
        await lake.RunWellAsync();
        Assert.Equal(["2500|10"], await ReadAsync(database, "count(*), count(*) FILTER (WHERE name = 'a')"));
        await lake.RunWellAsync();
        Assert.Equal(["2500|10"], await ReadAsync(database, "count(*), count(*) FILTER (WHERE name = 'a')"));
    }

    [Theory]
    [InlineData("target")]
    [InlineData("ado")]
    public async Task A_version_that_the_target_has_is_not_sent_again_when_the_note_of_it_is_lost(string connection)
    {
        var database = await OpenAsync("");
        if (connection == "ado")
            await database.ExecuteAsync(
                "CREATE TABLE out.people (id bigint, name text); ALTER TABLE out.people OWNER TO foz");
        await database.ExecuteAsync(
            "CREATE TABLE people (id bigint, name text, price numeric(10,2), at timestamptz); INSERT INTO people "
                + "VALUES (1, 'a', 1, NULL)");
        await database.GrantAsync();
        lake.Write("sources/db.yml", "connection: target\nstreams: {people: {mode: incremental, cursor: id}}\n");
        lake.Write(
            "models/silver/people.sql",
            $"/* @foz\nmaterialization: incremental\nexport: {{connection: {connection}, table: out.people, mode: "
                + $"append}}\n@foz */\nSELECT id, name FROM STREAM(bronze.people)");
        await lake.RunWellAsync();
        Directory.Delete(Path.Combine(lake.Folder, "lake/_foz/exports"), recursive: true);
        await lake.RunWellAsync();
        Assert.Equal(["1"], await ReadAsync(database, "id"));
        if (Directory.Exists(Path.Combine(lake.Folder, "lake/_foz/exports")))
            Directory.Delete(Path.Combine(lake.Folder, "lake/_foz/exports"), recursive: true);
        await database.ExecuteAsync("INSERT INTO people VALUES (2, 'b', 1, NULL)");
        await lake.RunWellAsync();
        Assert.Equal(["1", "2"], await ReadAsync(database, "id"));
    }

    [Fact]
    public async Task Rows_are_appended_where_nothing_can_be_noted_beside_them_only_if_they_may_come_twice()
    {
        var database = await OpenAsync("");
        lake.Write("sources/db.yml", "connection: target\nstreams: {people: {mode: incremental, cursor: id}}\n");
        Define("");
        await database.ExecuteAsync(
            "CREATE SCHEMA kept; GRANT USAGE ON SCHEMA kept TO foz; CREATE TABLE kept.people (id bigint, name text); "
                + "GRANT INSERT ON kept.people TO foz");
        await database.ExecuteAsync("CREATE TABLE people (id bigint, name text); INSERT INTO people VALUES (1, 'a')");
        await database.GrantAsync();
        var refused = (await lake.RunAsync()).Steps.Single(step => step.Error is not null).Error!;
        Assert.StartsWith(
            "export to ado kept.people: the table \"kept\".\"foz_exports\", which notes what was appended, is not "
                + "there and cannot be made",
            refused.Message, StringComparison.Ordinal);
        Assert.Contains(
            "CREATE TABLE \"kept\".\"foz_exports\" (\"export\" VARCHAR(700) NOT NULL PRIMARY KEY, "
                + "version NUMERIC(19) NOT NULL)", refused.Hint, StringComparison.Ordinal);
        Assert.Equal([], await database.QueryAsync("SELECT id FROM kept.people"));

        Define(", may_repeat: true");
        await lake.RunWellAsync();
        await database.ExecuteAsync("INSERT INTO people VALUES (2, 'b')");
        await lake.RunWellAsync();
        Assert.Equal(
            ["1", "2"],
            (await database.QueryAsync("SELECT id FROM kept.people ORDER BY 1")).Select(r => r.Single()?.ToString()));

        void Define(string more) => lake.Write(
            "models/silver/people.sql",
            $"/* @foz\nmaterialization: incremental\nexport: {{connection: ado, table: kept.people, mode: "
                + $"append{more}}}\n@foz */\nSELECT id, name FROM STREAM(bronze.people)");
    }

    [Theory]
    [InlineData("replace")]
    [InlineData("upsert, keys: [id]")]
    public async Task A_table_that_took_the_name_is_exported_after_a_full_refresh_though_its_versions_are_lower(
        string mode)
    {
        var database = await OpenAsync($"{{connection: target, table: out.people, mode: {mode}}}");
        await database.ExecuteAsync(
            "CREATE TABLE people (id bigint, name text, price numeric(10,2), at timestamptz); INSERT INTO people "
                + "VALUES (1, 'a', 1, NULL)");
        await database.GrantAsync();
        for (var i = 2; i <= 4; i++)
        {
            await lake.RunWellAsync();
            await database.ExecuteAsync($"INSERT INTO people VALUES ({i}, 'b', 1, NULL)");
        }
        await lake.RunWellAsync();
        foreach (var path in (string[])["silver", "_foz/catalog/silver", "_foz/steps/silver.people"])
            Directory.Delete(Path.Combine(lake.Folder, "lake", path), recursive: true);
        await database.ExecuteAsync("UPDATE people SET name = 'new'");
        Assert.Empty(
            (await lake.RunAsync(isFullRefresh: true)).Steps.Select(s => s.Error?.Describe()).OfType<string>());
        Assert.Equal(["1|new", "2|new", "3|new", "4|new"], await ReadAsync(database, "id, name"));
        await database.ExecuteAsync("UPDATE people SET name = 'newer' WHERE id = 2");
        await lake.RunWellAsync();
        Assert.Equal(["1|new", "2|newer", "3|new", "4|new"], await ReadAsync(database, "id, name"));
    }

    [Theory]
    [InlineData("replace")]
    [InlineData("upsert, keys: [id]")]
    public async Task Lists_become_arrays_where_the_column_is_one(string mode)
    {
        var database = await OpenAsync($"{{connection: target, table: out.people, mode: {mode}}}");
        await database.ExecuteAsync(
            "CREATE TABLE out.people (id bigint PRIMARY KEY, tags text[], ns double precision[], days date[], grid "
                + "int[], docs jsonb[], list jsonb); ALTER TABLE out.people OWNER TO foz");
        await database.ExecuteAsync("CREATE TABLE people (id bigint); INSERT INTO people VALUES (1), (2), (3)");
        lake.Write(
            "models/silver/people.sql",
            $"/* @foz\nmaterialization: {{type: table}}\nexport: {{connection: target, table: "
                + $"out.people, mode: {mode}}}\n@foz */\n"
            + """
            SELECT id,
                CASE id WHEN 1 THEN ['a"b\c', NULL, 'NULL', '', '{x,y}', E'tab\t'] WHEN 2 THEN [] END AS tags,
                CASE id WHEN 1 THEN [1.5::double, 'nan'::double, NULL] END AS ns, CASE id WHEN 1 THEN [date '2024-01-02'] END AS days,
                CASE id WHEN 1 THEN [[1, 2], [3, NULL]] END AS grid, CASE id WHEN 1 THEN [{'a': 'q"'}] END AS docs, [id] AS list
            FROM bronze.people
            """);
        await database.GrantAsync();
        await lake.RunWellAsync();
        Assert.Equal(
            [
                "1|[\"a\\\"b\\\\c\", null, \"NULL\", \"\", \"{x,y}\", "
                    + "\"tab\\t\"]|{1.5,NaN,NULL}|{2024-01-02}|{{1,2},{3,NULL}}|q\"|[1]",
                "2|[]|||||[2]", "3||||||[3]",
            ],
            await ReadAsync(database, "id, to_jsonb(tags), ns::text, days::text, grid::text, docs[1]->>'a', list"));
    }

    [Fact]
    public async Task What_the_target_refuses_fails_the_step_and_changes_nothing()
    {
        var database = await OpenAsync("{connection: target, table: out.people, mode: upsert, keys: [id]}");
        await database.ExecuteAsync(
            "CREATE TABLE out.people (id bigint, name text, price numeric(10,2), at timestamptz, tags jsonb); ALTER "
                + "TABLE out.people OWNER TO foz");
        await database.ExecuteAsync(
            "CREATE TABLE people (id bigint, name text, price numeric(10,2), at timestamptz); INSERT INTO people "
                + "VALUES (1, 'a', 1, NULL)");
        await database.GrantAsync();
        var error = (await lake.RunAsync()).Steps.Single(s => s.Error is not null).Error!;
        Assert.Contains("42P10", error.Message, StringComparison.Ordinal);
        Assert.Equal("upsert needs a unique index on (id)", error.Hint);
        Assert.Empty(await ReadAsync(database, "id"));
    }

    [Theory]
    [InlineData("target", "replace", false)]
    [InlineData("target", "upsert, keys: [id]", false)]
    [InlineData("target", "append", false)]
    [InlineData("target", "append", true)]
    [InlineData("ado", "replace", false)]
    [InlineData("ado", "upsert, keys: [id]", false)]
    [InlineData("ado", "append", false)]
    [InlineData("ado", "append", true)]
    public async Task A_run_whose_step_was_taken_over_writes_nothing_after_the_other(
        string connection, string mode, bool isFirst)
    {
        var database = await OpenAsync("");
        var appends = mode == "append";
        if (appends)
            lake.Write("sources/db.yml", "connection: target\nstreams: {people: {mode: incremental, cursor: id}}\n");
        lake.Write(
            "models/silver/people.sql",
            $"/* @foz\nmaterialization: {(appends ? "incremental" : "table")}\nexport: {{connection: {connection}, "
                + $"table: out.people, mode: {mode}}}\n@foz */\n"
            + $"SELECT id, name FROM {(appends ? "STREAM(bronze.people)" : "bronze.people")}");
        await database.ExecuteAsync(
            $"CREATE TABLE out.people (id bigint {(appends ? "" : "PRIMARY KEY")}, name text); "
                + "ALTER TABLE out.people OWNER TO foz; "
                + "CREATE TABLE people (id bigint, name text); INSERT INTO people VALUES (1, 'a')");
        await database.GrantAsync();
        if (!isFirst) await lake.RunWellAsync();
        await database.ExecuteAsync("INSERT INTO people VALUES (2, 'b')");
        var isPaused = false;
        RunResult paused;
        using (Failpoint.Watch(name =>
        {
            if (name != "export.bound" || isPaused) return;
            isPaused = true;
            Directory.Delete(Path.Combine(lake.Folder, "lake/_foz/hosts"), recursive: true);
            Task.Run(async () =>
            {
                await database.ExecuteAsync(
                    "INSERT INTO people VALUES (3, 'c'); UPDATE people SET name = 'newer' WHERE id = 1");
                await lake.RunWellAsync();
            }).Wait();
        }))
            paused = await lake.RunAsync();

        Assert.Contains(
            "another run took over silver.people", paused.Steps.Single(s => s.Error is not null).Error!.Message,
            StringComparison.Ordinal);
        string[] rows = [appends ? "1|a" : "1|newer", "2|b", "3|c"];
        Assert.Equal(rows, await ReadAsync(database, "id, name"));
        await lake.RunWellAsync();
        Assert.Equal(rows, await ReadAsync(database, "id, name"));
    }

    static async Task<List<string>> ReadAsync(PostgreSqlDatabase database, string columns) =>
        [
            .. (await database.QueryAsync($"SELECT {columns} FROM out.people ORDER BY 1"))
                .Select(r => string.Join('|', r)),
        ];

    async Task<PostgreSqlDatabase> OpenAsync(string export)
    {
        var database = await server.CreateDatabaseAsync();
        await database.ExecuteAsync("CREATE SCHEMA out; GRANT ALL ON SCHEMA out TO foz");
        var packages = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget/packages");
        await new ProviderPackages(Path.Combine(lake.Folder, "providers")).AddAsync(
            "Npgsql", null, packages, TimeProvider.System, TestContext.Current.CancellationToken);
        lake.Write("foz.yml", $"""
            name: t
            connections:
              target: {"{"}type: postgresql, host: localhost, port: {server.Port}, database: {database.Name}, user: foz, password: '$PASSWORD_'{"}"}
              ado:
                type: database
                provider: Npgsql
                connection_string: Host=localhost;Port={server.Port};Database={database.Name};Username=foz;Password=$PASSWORD_
            """.Replace("$PASSWORD_", "${DB_PASSWORD}", StringComparison.Ordinal));
        lake.Write(".env", $"DB_PASSWORD={PostgreSqlServer.Password}\n");
        lake.Write("sources/db.yml", "connection: target\nstreams: {people: }\n");
        lake.Write(
            "models/silver/people.sql",
            $"/* @foz\nmaterialization: {{type: table}}\nexport: {export}\n@foz */\nSELECT id, name, price, \"at\", "
                + "['x', id::varchar] AS tags FROM bronze.people");
        return database;
    }
}
