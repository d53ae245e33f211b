using Foz.Dbt;
using Foz.Lake.Engine;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Projects.Reading;
using Foz.Pipelines.Runs;

namespace Foz.Tests.Dbt;

/// <summary>dbt's own environment variables, as dbt-core 1.12 documents them ("About flags").</summary>
public sealed class DbtEnvironmentTests : IDisposable
{
    readonly EnginePool engines = new(
        new EngineOptions { MemoryBytes = 1L << 28, Threads = 1, Workloads = [Workload.Query, Workload.Models] });
    readonly string folder = Directory.CreateTempSubdirectory("foz-dbt-").FullName;

    public DbtEnvironmentTests()
    {
        Write("dbt_project.yml", "name: shop\nprofile: shop\n");
        Write("profiles.yml", """
            shop: {target: dev, outputs: {dev: {type: duckdb, schema: d}, ci: {type: duckdb, schema: c}}}
            other: {target: only, outputs: {only: {type: duckdb, schema: o}}}
            """);
        Write("models/orders.sql",
            "select 1 as id, '{{ target.name }} {{ flags.FULL_REFRESH }} {{ flags.STORE_FAILURES }}' as told");
    }

    public void Dispose()
    {
        engines.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    void Write(string path, string text)
    {
        var file = Path.Combine(folder, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }

    ProjectResult Load(string variable, string value, string? target = null) => ProjectLoader.TryLoad(
        folder,
        new()
        {
            Readers = [DbtReader.Instance], Target = target,
            EnvironmentVariables = new Dictionary<string, string> { [variable] = value },
        }, engines,
        TestContext.Current.CancellationToken);

    [Theory]
    [InlineData("DBT_TARGET", "ci", null, "ci", "c")]
    [InlineData("DBT_ENGINE_TARGET", "ci", null, "ci", "c")]
    [InlineData("DBT_TARGET", "ci", "dev", "dev", "d")]
    [InlineData("DBT_TARGET", "", null, "dev", "d")]
    [InlineData("DBT_PROFILE", "other", null, "only", "o")]
    public void The_target_and_the_profile_are_those_that_the_environment_names(
        string variable, string value, string? target, string environment, string schema)
    {
        var project = Load(variable, value, target).Unwrap();

        Assert.Equal(environment, project.Environment);
        Assert.Equal(schema, Assert.Single(project.Models).Name.Schema);
    }

    [Fact]
    public void A_target_that_there_is_not_is_refused() =>
        Assert.Contains(
            Assert.IsType<ProjectResult.Refused>(Load("DBT_TARGET", "nosuch")).Errors,
            error => error.Message == "unknown environment 'nosuch'");

    [Theory]
    [InlineData("DBT_FULL_REFRESH", "1", true, false)]
    [InlineData("DBT_FULL_REFRESH", "False", false, false)]
    [InlineData("DBT_ENGINE_FULL_REFRESH", "true", true, false)]
    [InlineData("DBT_FAIL_FAST", "yes", false, true)]
    public void Flags_of_the_environment_hold_for_runs(
        string variable, string value, bool isFullRefresh, bool failsFast)
    {
        var request = new RunRequest { Project = Load(variable, value).Unwrap() };

        Assert.Equal((isFullRefresh, failsFast), (request.IsFullRefresh, request.FailsFast));
        Assert.Equal($"dev {isFullRefresh} False", TextOf(request.Project));
    }

    [Fact]
    public void Failures_are_stored_and_a_state_is_named_by_the_environment()
    {
        Assert.Equal("dev False True", TextOf(Load("DBT_STORE_FAILURES", "1").Unwrap()));
        Assert.Equal("prod", Load("DBT_STATE", "prod").Unwrap().File.Defaults.State);
        Assert.True(Load("DBT_DEFER", "1").Unwrap().File.Defaults.Defers);
    }

    [Theory]
    [InlineData("DBT_INDIRECT_SELECTION", "cautious", "eager")]
    [InlineData("DBT_FAVOR_STATE", "1", "0")]
    [InlineData("DBT_TARGET_PATH", "out", "target")]
    [InlineData("DBT_LOG_PATH", "logs", "")]
    [InlineData("DBT_WARN_ERROR", "true", "false")]
    [InlineData("DBT_ENGINE_WARN_ERROR", "true", "false")]
    [InlineData("DBT_EMPTY", "true", "no")]
    [InlineData("DBT_WRITE_JSON", "false", "true")]
    [InlineData("DBT_DEFER_STATE", "state", "")]
    [InlineData("DBT_SINGLE_THREADED", "1", "0")]
    public void What_Foz_does_not_have_is_refused_by_name_and_nothing_asked_is_no_error(
        string variable, string value, string idle)
    {
        var error = Assert.Single(Assert.IsType<ProjectResult.Refused>(Load(variable, value)).Errors);

        Assert.Equal($"the environment variable {variable} is '{value}', which is not supported", error.Message);
        Assert.IsType<ProjectResult.Loaded>(Load(variable, idle));
    }

    [Fact]
    public void A_flag_that_is_neither_true_nor_false_is_an_error() => Assert.Equal(
        "the environment variable DBT_FULL_REFRESH must be true or false, not 'perhaps'",
        Assert.Single(Assert.IsType<ProjectResult.Refused>(Load("DBT_FULL_REFRESH", "perhaps")).Errors).Message);

    [Theory]
    [InlineData("DBT_USE_COLORS", "0")]
    [InlineData("DBT_LOG_FORMAT", "json")]
    [InlineData("DBT_ENV_SECRET_TOKEN", "x")]
    [InlineData("DBT_USER", "x")]
    public void What_is_for_dbts_own_process_or_for_templates_is_left_alone(string variable, string value) =>
        Assert.IsType<ProjectResult.Loaded>(Load(variable, value));

    [Fact]
    public void DBT_PROJECT_DIR_names_the_project_unless_one_of_Foz_is_nearer()
    {
        var near = Directory.CreateDirectory(Path.Combine(folder, "near")).FullName;
        var named = Path.Combine(folder, "named");

        Assert.Equal(folder, Find(static _ => null));
        Assert.Equal(named, Find(static name => name == "DBT_PROJECT_DIR" ? "../named" : null));
        File.WriteAllText(Path.Combine(near, "foz.yml"), "name: own\n");
        Assert.Equal(near, Find(static name => name == "DBT_PROJECT_DIR" ? "../named" : null));

        string? Find(Func<string, string?> variable) => ProjectFile.FindFolder(near, [DbtReader.Instance], variable);
    }

    static string TextOf(Project project) => Assert.Single(project.Models).Sql.Split('\'')[1];
}
