namespace Foz.AcceptanceTests.Databases;

/// <summary>Exports that are refused, or tried again.</summary>
public sealed partial class ExportTests
{
    [Theory]
    [InlineData("target")]
    [InlineData("ado")]
    public async Task An_upsert_without_its_keys_is_refused(string connection)
    {
        var database = await OpenAsync("");
        File.Delete(Path.Combine(lake.Folder, "sources/db.yml"));
        await database.ExecuteAsync("CREATE TABLE out.people (id bigint, name text); ALTER TABLE out.people OWNER TO foz");
        await database.GrantAsync();
        Define("[idd]", "SELECT 1::bigint AS id, 'a' AS name");
        var error = await RefusedAsync();
        Assert.Equal(
            ($"export to {connection} out.people: keys names the column 'idd', which the rows do not have",
                "did you mean 'id'?", "models/silver/people.sql:3:9"), error);
        Define("[name, ID]", "SELECT nullif(i, 2)::bigint AS id, 'a' AS name FROM range(4) t(i)");
        error = await RefusedAsync();
        Assert.Equal(
            ($"export to {connection} out.people: 1 of its rows have NULL in the key name, ID: the next export could "
                + "not find them to replace them",
                "leave these rows out of the model: WHERE \"name\" IS NOT NULL AND \"ID\" IS NOT NULL",
                "models/silver/people.sql:3:9"), error);
        Assert.Equal([], await ReadAsync(database, "id"));

        void Define(string keys, string select) => lake.Write(
            "models/silver/people.sql",
            $"/* @foz\nmaterialization: {{type: table}}\nexport: {{connection: {connection}, table: out.people, "
                + $"mode: upsert, keys: {keys}}}\n@foz */\n{select}");

        async Task<(string, string?, string?)> RefusedAsync()
        {
            var refused = (await lake.RunAsync()).Steps.Single(s => s.Error is not null).Error!;
            return (refused.Message, refused.Hint, refused.Place?.ToString());
        }
    }

    [Theory]
    [InlineData("target", 4, null)]
    [InlineData("ado", 4, null)]
    [InlineData("ado", 5, "it goes on (40001)")]
    public async Task A_transaction_that_the_database_undid_is_tried_again(string connection, int failures, string? error)
    {
        var database = await OpenAsync("");
        File.Delete(Path.Combine(lake.Folder, "sources/db.yml"));
        await database.ExecuteAsync(
            $"""
            CREATE TABLE out.people (id bigint PRIMARY KEY, name text); ALTER TABLE out.people OWNER TO foz;
            CREATE SEQUENCE tries; GRANT ALL ON SEQUENCE tries TO foz;
            CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                IF nextval('tries') <= {failures} THEN RAISE 'it goes on' USING ERRCODE = '40001'; END IF; RETURN NEW; END $$;
            CREATE TRIGGER fail BEFORE INSERT ON out.people FOR EACH STATEMENT EXECUTE FUNCTION fail()
            """);
        await database.GrantAsync();
        lake.Write(
            "models/silver/people.sql",
            $"/* @foz\nmaterialization: {{type: table}}\nexport: {{connection: {connection}, table: out.people, "
                + "mode: upsert, keys: [id]}\n@foz */\nSELECT 1::bigint AS id, 'a' AS name");
        var failed = (await lake.RunAsync()).Steps.Single().Error;
        Assert.EndsWith(error ?? "", failed?.Message ?? "", StringComparison.Ordinal);
        Assert.Equal(error is null ? ["1|a"] : [], await ReadAsync(database, "id, name"));
    }
}
