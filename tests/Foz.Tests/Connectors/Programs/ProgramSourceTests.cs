using Foz.Lake.Journal;

namespace Foz.Tests.Connectors.Programs;

/// <summary>Connectors of Airbyte and taps of Singer, written as shell scripts.</summary>
public sealed class ProgramSourceTests : IDisposable
{
    const string Catalog = """
        {"type":"CATALOG","catalog":{"streams":[
        {"name":"users","json_schema":{"properties":{"id":{"type":"integer"},"name":{"type":["null","string"]}}},"supported_sync_modes":["full_refresh","incremental"],"source_defined_cursor":true,"default_cursor_field":["id"],"source_defined_primary_key":[["id"]]},
        {"name":"plans","json_schema":{},"supported_sync_modes":["full_refresh"]}]}}
        """;

    /// <summary>A connector whose stream <c>users</c> grows by one row a read, from its state on.</summary>
    static readonly string Airbyte = """
        #!/bin/sh
        echo 'starting' >&2
        grep -q '"key":"s3cr3t"' "$3" || { echo '{"type":"CONNECTION_STATUS","connectionStatus":{"status":"FAILED","message":"no key"}}'; exit 0; }
        case $1 in
        check) echo '{"type":"CONNECTION_STATUS","connectionStatus":{"status":"SUCCEEDED"}}' ;;
        discover) echo 'CATALOG' ;;
        read)
          echo 'not json'
          echo '{"type":"LOG","log":{"level":"INFO","message":"reading"}}'
          if grep -q '"name":"plans"' "$5"; then
            echo '{"type":"RECORD","record":{"stream":"plans","emitted_at":1,"data":{"code":"a","price":1.5}}}'
          else
            last=0
            [ "$6" = --state ] && last=$(sed 's/.*"last":\([0-9]*\).*/\1/' "$7")
            next=$((last + 1))
            echo '{"type":"RECORD","record":{"stream":"users","emitted_at":1,"data":{"id":'$next',"name":"n'$next'","tags":["x"]}}}'
            echo '{"type":"RECORD","record":{"stream":"other","emitted_at":1,"data":{"id":99}}}'
            echo '{"type":"STATE","state":{"type":"STREAM","stream":{"stream_descriptor":{"name":"users"},"stream_state":{"last":'$next'}}}}'
          fi ;;
        esac
        """.Replace("CATALOG'", Catalog.Replace("\n", "", StringComparison.Ordinal) + "'", StringComparison.Ordinal);

    const string Tap = """
        #!/bin/sh
        case "$*" in
        *--discover*)
          echo '{"streams": ['
          echo '{"stream": "users", "tap_stream_id": "users", "key_properties": ["id"], "schema": {"properties": {"id": {"type": "integer"}}}, "metadata": [{"breadcrumb": [], "metadata": {"valid-replication-keys": ["id"]}}]}]}' ;;
        *)
          grep -q '"selected":true' "$4" || exit 3
          last=0
          [ "$5" = --state ] && last=$(sed 's/.*"last":\([0-9]*\).*/\1/' "$6")
          next=$((last + 1))
          echo '{"type":"SCHEMA","stream":"users","schema":{},"key_properties":["id"]}'
          echo '{"type":"RECORD","stream":"users","record":{"id":'$next'}}'
          echo '{"type":"STATE","value":{"last":'$next'}}' ;;
        esac
        """;

    SourceProject? project;

    public void Dispose() => project?.Dispose();

    [Fact]
    public async Task A_connector_of_Airbyte_goes_on_from_its_state()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() || OperatingSystem.IsMacOS(), "needs a shell");
        Open("airbyte", Airbyte, "streams: all");
        await project!.RunWellAsync();
        await project.RunWellAsync();
        Assert.Equal(["1|n1", "2|n2"], await project.RowsAsync("SELECT id, name FROM bronze.users"));
        Assert.Equal(["a|1.5"], await project.RowsAsync("SELECT code, price FROM bronze.plans"));
        Assert.Contains(
            "starting",
            await File.ReadAllTextAsync(
                Path.Combine(project.Folder, "logs/s.users.log"), TestContext.Current.CancellationToken),
                StringComparison.Ordinal);
        await project.RunWellAsync(isFullRefresh: true);
        Assert.Equal(["1"], await project.RowsAsync("SELECT id FROM bronze.users"));
    }

    [Theory]
    [InlineData("evolve")]
    [InlineData("fail")]
    public async Task A_table_that_a_source_of_all_streams_has_no_more_is_reported(string drift)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() || OperatingSystem.IsMacOS(), "needs a shell");
        Open("singer", Tap, $"drift: {drift}\nstreams: all");
        Assert.Null((await project!.RunWellAsync()).Error);
        project.Write("connector.sh", Tap.Replace("\"users\"", "\"members\"", StringComparison.Ordinal));
        var result = await project.RunWellAsync();

        const string What = "bronze.users: the source s does not have it any more, and the table stays unchanged";
        if (drift == "fail") Assert.Equal($"{What}: its drift policy is fail", result.Error?.Message);
        else Assert.Contains(What, project.Warnings);
        Assert.Equal(["1"], await project.RowsAsync("SELECT id FROM bronze.members"));
        Assert.Equal(["1"], await project.RowsAsync("SELECT id FROM bronze.users"));
    }

    [Fact]
    public async Task Arguments_go_after_the_subcommand_of_a_connector_of_Airbyte()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() || OperatingSystem.IsMacOS(), "needs a shell");
        // As the runner of low-code connectors: source-declarative-manifest read --config … --manifest-path
        // orders.yaml.
        var script = Airbyte.Replace(
            "case $1 in", "case \"$*\" in *--config*' --manifest-path orders.yaml') ;; *) exit 4 ;; esac\ncase $1 in",
            StringComparison.Ordinal);
        Open("airbyte", script, "streams: all", "arguments: [--manifest-path, orders.yaml], ");
        await project!.RunWellAsync();
        Assert.Equal(["1|n1"], await project.RowsAsync("SELECT id, name FROM bronze.users"));
    }

    [Fact]
    public async Task A_tap_of_Singer_goes_on_from_its_state()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() || OperatingSystem.IsMacOS(), "needs a shell");
        Open("singer", Tap, "streams: {users: {mode: incremental, keys: [id]}}");
        await project!.RunWellAsync();
        await project.RunWellAsync();
        await project.RunWellAsync();
        Assert.Equal(["1", "2", "3"], await project.RowsAsync("SELECT id FROM bronze.users"));
    }

    [Theory]
    [InlineData("airbyte")]
    [InlineData("singer")]
    public async Task Current_rows_are_told_apart_by_the_key_that_the_source_tells(string type)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() || OperatingSystem.IsMacOS(), "needs a shell");
        // The same row comes with each read.
        var script = (type == "singer" ? Tap : Airbyte).Replace("\"id\":'$next'", "\"id\":1", StringComparison.Ordinal);
        Open(type, script, "silver: current\nstreams: {users: {mode: incremental}}");
        await project!.RunWellAsync();
        await project.RunWellAsync();
        Assert.Equal(["1", "1"], await project.RowsAsync("SELECT id FROM bronze.users"));
        Assert.Equal(["1"], await project.RowsAsync("SELECT id FROM silver.users"));

        project.Write(
            "connector.sh",
            script.Replace("[[\"id\"]]", "[]", StringComparison.Ordinal).Replace(
                "[\"id\"], \"schema\"", "[], \"schema\"", StringComparison.Ordinal));
        var error = await Assert.ThrowsAsync<Foz.Lake.FozException>(() => project.RunAsync());
        Assert.Contains(
            "'silver: current' needs 'keys' of the stream 'users'", error.Message, StringComparison.Ordinal);
        project.Write("models/silver/users.sql", "SELECT DISTINCT id FROM bronze.users");
        await project.RunWellAsync();
        Assert.Equal(["1"], await project.RowsAsync("SELECT id FROM silver.users"));
    }

    [Theory]
    [InlineData("500ms", "sleep 60", "it said nothing for 0.5 s (silence_max), and was stopped")]
    [InlineData(
        "60s", "while true; do echo '{\"type\":\"LOG\",\"log\":{\"level\":\"INFO\",\"message\":\"x\"}}'; done",
        "it wrote more than 1,000,000 bytes (output_max)")]
    [InlineData(
        "60s",
        "echo '{\"type\":\"RECORD\",\"record\":{\"stream\":\"users\",\"data\":{\"id\":1}}}'; echo oh no >&2; exit 7",
        "it ended with exit code 7; it said last:\n  oh no")]
    [InlineData("60s", "kill -9 $$", "it ended with exit code 137")]
    [InlineData(
        "60s", "echo '{\"type\":\"TRACE\",\"trace\":{\"type\":\"ERROR\",\"error\":{\"message\":\"quota\"}}}'",
        "it tells of an error: quota")]
    public async Task A_connector_that_fails_fails_the_step_with_what_it_said(
        string silenceMax, string script, string expected)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() || OperatingSystem.IsMacOS(), "needs a shell");
        var body =
            $"#!/bin/sh\nif [ $1 = discover ]; then echo "
                + $"'{Catalog.Replace("\n", "", StringComparison.Ordinal)}'; exit; fi\n{script}\n";
        Open("airbyte", body, "streams: {users: }", $"silence_max: {silenceMax}, output_max: 1MB, ");
        var result = await project!.RunAsync();
        Assert.Equal(Outcome.Failed, result.Outcome);
        var error = Assert.Single(result.Steps).Error!;
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.Equal("its log is logs/s.users.log", error.Hint);
        Assert.False(Directory.Exists(Path.Combine(project.Folder, "lake/bronze/users/_delta_log"))
            && Directory.GetFiles(Path.Combine(project.Folder, "lake/bronze/users/_delta_log")).Length > 0);
    }

    [Fact]
    public async Task What_a_connector_says_of_its_key_is_kept_nowhere()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() || OperatingSystem.IsMacOS(), "needs a shell");
        var body =
            $"#!/bin/sh\nif [ $1 = discover ]; then echo '{Catalog.Replace("\n", "", StringComparison.Ordinal)}'; "
                + "exit; fi\necho refused s3cr3t >&2; exit 7\n";
        Open("airbyte", body, "streams: {users: }");
        Assert.Contains("it said last:\n  refused ***\n", await project!.FailAsync(), StringComparison.Ordinal);
        var log = await File.ReadAllTextAsync(
            Path.Combine(project.Folder, "logs/s.users.log"), TestContext.Current.CancellationToken);
        Assert.Equal("refused ***", log.Trim());
        Assert.DoesNotContain(
            "s3cr3t", Assert.Single(await project.RowsAsync("SELECT error FROM foz.steps")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(
        "airbyte", "streams: {usrs: }",
        "sources/s.yml:2:11: the connector has no stream 'usrs'\n  did you mean 'users'?")]
    [InlineData(
        "airbyte", "streams: {plans: {mode: incremental}}",
        "sources/s.yml:2:11: the connector's stream 'plans' cannot be read incrementally\n  set mode: snapshot")]
    [InlineData(
        "singer", "streams: {usrs: }", "sources/s.yml:2:11: the tap has no stream 'usrs'\n  did you mean 'users'?")]
    public async Task A_stream_that_there_is_not_is_told(string type, string streams, string expected)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() || OperatingSystem.IsMacOS(), "needs a shell");
        Open(type, type == "singer" ? Tap : Airbyte, streams);
        Assert.Equal(expected, await project!.FailAsync());
    }

    [Fact]
    public async Task A_program_that_is_not_there_is_told()
    {
        Open("airbyte", "", "streams: {users: }", command: "no-such-program");
        Assert.Contains("no-such-program cannot be started", await project!.FailAsync(), StringComparison.Ordinal);
    }

    void Open(string type, string script, string streams, string settings = "", string? command = null)
    {
        project = new SourceProject(
            $"c: {{type: {type}, {settings}command: [{command ?? "/bin/sh, connector.sh"}], config: "
                + $"{{a.b: 5, key: '${{KEY}}'}}}}");
        project.Variables["KEY"] = "s3cr3t";
        project.Write("connector.sh", script.Replace("\r\n", "\n", StringComparison.Ordinal));
        project.Write("sources/s.yml", $"connection: c\n{streams}\n");
    }
}
