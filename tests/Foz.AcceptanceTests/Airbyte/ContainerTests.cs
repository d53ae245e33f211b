namespace Foz.AcceptanceTests.Airbyte;

/// <summary>Connectors in containers: how <c>docker</c> is called, by a program in its place.</summary>
public sealed class ContainerTests : IDisposable
{
    readonly TestLake lake = new();

    public ContainerTests()
    {
        // Runs the "image" below the project's folder, with the folder that is mounted in the place of /foz.
        lake.Write("bin/docker", """
            #!/bin/sh
            echo "$@" >> "$FAKE_LOG"
            [ "$1" = run ] || exit 0
            while [ $# -gt 0 ]; do
              case "$1" in
                --mount=*) files=$(echo "$1" | sed 's/.*source=\([^,"]*\).*/\1/') ;;
                images/*) image=$1; shift; break ;;
              esac
              shift
            done
            echo "$(stat -c %a "$files/..") $(stat -c %a "$files") $(stat -c %a "$files"/config.json)" >> "$FAKE_LOG"
            exec sh "$image" $(echo "$@" | sed "s#/foz/#$files/#g")
            """);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(
                Path.Combine(lake.Folder, "bin/docker"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        lake.Write("images/users", """
            case $1 in
            discover) echo '{"type":"CATALOG","catalog":{"streams":[{"name":"users","json_schema":{},"supported_sync_modes":["full_refresh"]}]}}' ;;
            read) grep -q '"key":"s3cr3t"' "$3" && echo '{"type":"RECORD","record":{"stream":"users","emitted_at":1,"data":{"id":1}}}' ;;
            esac
            """);
        lake.Write("images/silent", "sleep 600");
        lake.Write("sources/s.yml", "connection: s\nstreams: {users: {}}\n");
    }

    public void Dispose() => lake.Dispose();

    [Fact]
    public async Task A_container_has_its_files_its_limit_and_its_name()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs stat of Linux");
        Define("images/users");
        (await RunAsync()).Expect(0);
        Assert.Equal(["1"], await lake.QueryAsync("SELECT id FROM bronze.users"));
        var log = await LogAsync();
        Assert.Equal(4, log.Length);
        Assert.Matches(
            "^run --rm -i --init --name=foz-[0-9a-f]{32} --memory=2000000000 --memory-swap=2000000000 "
            + "--mount=type=bind,source=[^, ]+,target=/foz,readonly images/users discover --config /foz/config.json$",
            log[0]);
        Assert.EndsWith(
            "images/users read --config /foz/config.json --catalog /foz/catalog.json", log[2],
            StringComparison.Ordinal);
        // Any user in the container can read the secrets, and no other user of the machine finds them.
        Assert.Equal("700 755 644", log[1]);
        Assert.Empty(Directory.GetDirectories(Path.Combine(lake.Folder, "temp"), "foz-program-*"));
    }

    [Fact]
    public async Task One_that_hangs_is_removed()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs stat of Linux");
        Define("images/silent", silence: "1s");
        var result = (await RunAsync()).Expect(1);
        Assert.Contains(
            "it said nothing for 1 s (silence_max), and was stopped", result.Output + result.Errors,
            StringComparison.Ordinal);
        var log = await LogAsync();
        var name = log[0].Split(' ').Single(a => a.StartsWith("--name=", StringComparison.Ordinal))["--name=".Length..];
        Assert.Equal($"rm --force {name}", log[^1]);
    }

    void Define(string image, string silence = "60s") => lake.Write("foz.yml", $$"""
        name: t
        lake: lake
        connections:
          s:
            type: airbyte
            image: {{image}}
            memory: 2GB
            silence_max: {{silence}}
            config: {key: '${KEY}'}
        """);

    Task<string[]> LogAsync() =>
        File.ReadAllLinesAsync(Path.Combine(lake.Folder, "log"), TestContext.Current.CancellationToken);

    async Task<FozResult> RunAsync()
    {
        var command = FozProcess.Command(lake.Folder, "run");
        command.Environment["PATH"] =
            $"{Path.Combine(lake.Folder, "bin")}:{Environment.GetEnvironmentVariable("PATH")}";
        command.Environment["FAKE_LOG"] = Path.Combine(lake.Folder, "log");
        command.Environment["KEY"] = "s3cr3t";
        using var foz = FozProcess.Start(command);
        return await foz.WaitAsync();
    }
}
