namespace Foz.Tests.Cli;

/// <summary>The units of systemd in the packages: one service for each project, as one user.</summary>
public sealed class ServiceUnitTests
{
    [Theory]
    [InlineData("foz@.service")]
    [InlineData("foz-run@.service")]
    public void A_service_writes_only_where_no_other_project_does(string unit)
    {
        var settings = File.ReadAllLines(Path.Combine(Repository.Root, "deploy", "linux", unit))
            .Where(line => line.Contains('=', StringComparison.Ordinal) && line[0] != '#')
            .Select(line => line.Split('=', 2))
            .ToLookup(pair => pair[0], pair => pair[1], StringComparer.Ordinal);
        string[] Of(string name) => [.. settings[name]];

        Assert.Equal(["strict"], Of("ProtectSystem"));
        Assert.Equal(["/srv/%i"], Of("ReadWritePaths"));
        Assert.Equal(["foz/%i"], Of("CacheDirectory"));
        Assert.Equal(["0700"], Of("CacheDirectoryMode"));
        Assert.Equal(["XDG_CACHE_HOME=/var/cache/foz/%i"], Of("Environment"));
        Assert.Equal(["-/etc/foz/%i.env"], Of("EnvironmentFile"));
        Assert.Equal(["0027"], Of("UMask"));
        Assert.Equal(["true"], Of("PrivateTmp"));
    }
}
