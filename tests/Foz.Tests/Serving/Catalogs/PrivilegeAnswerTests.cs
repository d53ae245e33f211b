using Foz.Serving.Governance;
using Foz.Serving.Sessions;

namespace Foz.Tests.Serving.Catalogs;

/// <summary>What <c>has_…_privilege</c> answers: what grants say, with PostgreSQL's errors and NULLs.</summary>
public sealed class PrivilegeAnswerTests : IAsyncLifetime
{
    readonly string project = Directory.CreateTempSubdirectory("foz-privileges-").FullName;
    AccessList access = AccessList.Empty;
    ServedLake lake = null!;
    SqlSession ana = null!;
    SqlSession owner = null!;

    public async ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(Path.Combine(project, "policies"));
        File.WriteAllText(Path.Combine(project, "policies", "a.yml"), """
            users: [{name: bi}, {name: carla, owner: true}]
            roles: [{name: readers, members: [ana]}, {name: writers, members: [bi]}]
            grants:
              - {to: [readers], on: [silver.orders]}
              - {to: [ana], on: [silver.orders], privileges: [insert]}
              - {to: [ana], on: [silver.people], columns: [id]}
              - {to: [ana], on: [sandbox], privileges: [create]}
              - {to: [writers], on: [silver.orders], privileges: [update, delete]}
            """);
        access = AccessList.Load(project);
        lake = await ServedLake.CreateAsync(() => access);
        await lake.ChangeAsync("CREATE TABLE silver.people (id bigint, cpf string)");
        await lake.ChangeAsync("CREATE TABLE silver.hidden (id bigint)");
        (ana, owner) = (lake.Open("ana", isOwner: false), lake.Open("owner"));
    }

    public async ValueTask DisposeAsync()
    {
        await ana.DisposeAsync();
        await owner.DisposeAsync();
        await lake.DisposeAsync();
        Directory.Delete(project, recursive: true);
    }

    [Theory]
    [InlineData("has_table_privilege('silver.orders', 'SELECT')", "True")]
    [InlineData("has_table_privilege('silver.orders', 'select, delete')", "True")]
    [InlineData("has_table_privilege('silver.orders'::regclass, 'insert')", "True")]
    [InlineData("has_table_privilege('ana', 'silver.orders', 'insert')", "True")]
    [InlineData("has_table_privilege(current_user, 'silver.orders', 'UPDATE')", "False")]
    [InlineData("has_table_privilege('silver.orders', 'TRUNCATE')", "False")]
    [InlineData("has_table_privilege('silver.orders', 'SELECT WITH GRANT OPTION')", "False")]
    [InlineData("has_table_privilege('public', 'silver.orders', 'SELECT')", "False")]
    [InlineData("has_table_privilege('foz', 'silver.orders', 'DELETE')", "True")]
    [InlineData("has_table_privilege('silver.people', 'SELECT')", "False")]
    [InlineData("has_any_column_privilege('silver.people', 'SELECT')", "True")]
    [InlineData("has_column_privilege('silver.people', 'id', 'SELECT')", "True")]
    [InlineData("has_column_privilege('silver.people', 1, 'UPDATE')", "False")]
    [InlineData("has_column_privilege('silver.people', 9, 'SELECT')", "NULL")]
    [InlineData("has_table_privilege('pg_class', 'SELECT')", "True")]
    [InlineData("has_table_privilege('pg_class', 'INSERT')", "False")]
    [InlineData("has_table_privilege(4294967295, 'SELECT')", "NULL")]
    [InlineData("has_table_privilege('silver.orders', NULL)", "NULL")]
    [InlineData("has_table_privilege(NULL, 'silver.orders', 'SELECT')", "NULL")]
    [InlineData("has_schema_privilege('silver', 'USAGE')", "True")]
    [InlineData("has_schema_privilege('silver', 'CREATE')", "False")]
    [InlineData("has_schema_privilege('pg_catalog', 'usage')", "True")]
    [InlineData("has_schema_privilege(4294967295, 'usage')", "NULL")]
    [InlineData("has_database_privilege('lake', 'CONNECT')", "True")]
    [InlineData("has_database_privilege('lake', 'CREATE')", "False")]
    [InlineData("has_database_privilege(1, 'CONNECT')", "NULL")]
    [InlineData("has_function_privilege('textout(text)', 'EXECUTE')", "True")]
    [InlineData("has_function_privilege(1, 'EXECUTE')", "NULL")]
    [InlineData("has_type_privilege('int4', 'USAGE')", "True")]
    [InlineData("has_tablespace_privilege('pg_default', 'CREATE')", "False")]
    [InlineData("pg_has_role('readers', 'MEMBER')", "True")]
    [InlineData("pg_has_role('ana', 'USAGE')", "True")]
    [InlineData("pg_has_role('foz', 'MEMBER')", "False")]
    [InlineData("pg_table_is_visible(4294967295)", "NULL")]
    [InlineData("pg_type_is_visible(23)", "True")]
    [InlineData("pg_type_is_visible(1)", "NULL")]
    [InlineData("pg_function_is_visible(1)", "NULL")]
    public async Task A_user_is_told_what_grants_say(string call, string answer) =>
        Assert.Equal([answer, "SELECT 1"], await ana.RunAsync($"SELECT {call}"));

    [Theory]
    [InlineData("has_table_privilege('silver.hidden', 'SELECT')", "42P01")]
    [InlineData("has_table_privilege('silver.nothing', 'SELECT')", "42P01")]
    [InlineData("has_table_privilege('silver.orders', 'READ')", "22023")]
    [InlineData("has_table_privilege('silver.orders', '')", "22023")]
    [InlineData("has_table_privilege('nobody', 'silver.orders', 'SELECT')", "42704")]
    [InlineData("has_table_privilege('bi', 'silver.orders', 'SELECT')", "42704")]
    [InlineData("has_column_privilege('silver.people', 'cpf', 'SELECT')", "42703")]
    [InlineData("has_column_privilege('silver.people', 'id', 'DELETE')", "22023")]
    [InlineData("has_schema_privilege('nothing', 'USAGE')", "3F000")]
    [InlineData("has_database_privilege('other', 'CONNECT')", "3D000")]
    [InlineData("has_type_privilege('nothing', 'USAGE')", "42704")]
    [InlineData("has_function_privilege('nothing()', 'EXECUTE')", "42883")]
    [InlineData("has_sequence_privilege('silver.orders', 'USAGE')", "42809")]
    [InlineData("has_sequence_privilege('silver.nothing', 'USAGE')", "42P01")]
    [InlineData("has_tablespace_privilege('nothing', 'CREATE')", "42704")]
    [InlineData("pg_has_role('writers', 'MEMBER')", "42704")]
    public async Task What_is_not_there_is_an_error_as_in_PostgreSQL(string call, string state) =>
        Assert.Equal(state, await ana.FailAsync($"SELECT {call}"));

    [Theory]
    [InlineData("has_table_privilege('silver.hidden', 'DELETE')", "True")]
    [InlineData("has_table_privilege('ana', 'silver.hidden', 'SELECT')", "False")]
    [InlineData("has_table_privilege('bi', 'silver.orders', 'TRUNCATE')", "True")]
    [InlineData("has_table_privilege('bi', 'silver.orders', 'SELECT')", "False")]
    [InlineData("has_table_privilege('writers', 'silver.orders', 'UPDATE')", "True")]
    [InlineData("has_table_privilege('carla', 'silver.hidden', 'SELECT WITH GRANT OPTION')", "True")]
    [InlineData("has_schema_privilege('silver', 'CREATE')", "True")]
    [InlineData("pg_has_role('bi', 'writers', 'MEMBER')", "True")]
    [InlineData("pg_has_role('bi', 'readers', 'MEMBER')", "False")]
    public async Task An_owner_may_everything_and_ask_about_others(string call, string answer)
    {
        if (call.Contains("'ana'", StringComparison.Ordinal))
            call = call.Replace("'ana'", "'readers'", StringComparison.Ordinal);
        Assert.Equal([answer, "SELECT 1"], await owner.RunAsync($"SELECT {call}"));
    }
}
