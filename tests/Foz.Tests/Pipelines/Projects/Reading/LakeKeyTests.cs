using Foz.Lake.Configuration;
using Foz.Pipelines.Projects.Reading;

namespace Foz.Tests.Pipelines.Projects.Reading;

/// <summary>What the keys <c>lake:</c> and <c>cache:</c> of foz.yml come to.</summary>
public sealed class LakeKeyTests : IDisposable
{
    readonly ProjectFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("", "{folder}/lake")]
    [InlineData("lake: ../other/lake", "{parent}/other/lake")]
    [InlineData("lake: /srv/lake", "/srv/lake")]
    [InlineData("lake: ${ROOT}/lake", "/data/lake")]
    [InlineData("lake: file:///srv/a%20b", "/srv/a b")]
    [InlineData("lake: s3://bucket/prefix", "s3://bucket/prefix")]
    [InlineData("lake: gs://${BUCKET}", "gs://eggs")]
    [InlineData("lake: {url: 'abfss://c@acc.dfs.core.windows.net/x'}", "abfss://c@acc.dfs.core.windows.net/x")]
    [InlineData("lake: {url: here}", "{folder}/here")]
    public void A_lake_is_a_folder_of_the_project_or_an_address(string yaml, string path)
    {
        var lake = Read(yaml);

        Assert.Equal(
            path.Replace("{folder}", folder.Path).Replace("{parent}", Path.GetDirectoryName(folder.Path)), lake.Path);
        Assert.Empty(lake.Settings);
    }

    [Fact]
    public void Settings_are_filled_in_and_those_of_the_environment_take_the_place_of_all()
    {
        const string Yaml = """
            lake:
              url: s3://${BUCKET}/x
              endpoint: http://minio:9000
              path_style: true
              access_key_id: id
              secret_access_key: ${KEY}
            environments:
              prod: {lake: {url: s3://prod, region: eu-west-1}}
              dev: {memory: 1GB}
            """;
        var lake = Read(Yaml);
        Assert.Equal("s3://eggs/x", lake.Path);
        Assert.Equal(
            ["access_key_id=id", "endpoint=http://minio:9000", "path_style=true", "secret_access_key=hush"],
            lake.Settings.Select(s => $"{s.Key}={s.Value}").Order());
        Assert.Equal("hush", Read(Yaml, "dev").Settings["secret_access_key"]);
        var prod = Read(Yaml, "prod");
        Assert.Equal(("s3://prod", "eu-west-1"), (prod.Path, Assert.Single(prod.Settings).Value));
    }

    [Theory]
    [InlineData("", null, LakeLocation.CacheBytesDefault)]
    [InlineData("cache: {}", null, LakeLocation.CacheBytesDefault)]
    [InlineData("cache: {size: 5GB}", null, 5_000_000_000)]
    [InlineData("cache: {folder: tmp/c}", "{folder}/tmp/c", LakeLocation.CacheBytesDefault)]
    [InlineData("cache: {folder: '${ROOT}/c', size: 1MB}", "/data/c", 1_000_000)]
    [InlineData("cache: {folder: ~/c}", "{home}/c", LakeLocation.CacheBytesDefault)]
    [InlineData("cache: {folder: /a}\nenvironments: {e: {cache: {size: 2GB}}}", null, 2_000_000_000, "e")]
    [InlineData("cache: {folder: /a}\nenvironments: {e: {memory: 2GB}}", "/a", LakeLocation.CacheBytesDefault, "e")]
    public void A_cache_has_a_folder_and_a_size(string yaml, string? path, long bytes, string? environment = null)
    {
        var lake = Read(yaml, environment);

        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        Assert.Equal(
            (path?.Replace("{folder}", folder.Path).Replace("{home}", home), bytes),
            (lake.CacheFolder, lake.CacheBytesMax));
    }

    [Theory]
    [InlineData("lake: [a]", "foz.yml:2:7: 'lake' must be")]
    [InlineData("lake: {region: x}", "'url'")]
    [InlineData("lake: {url: s3://b, regin: x}", "did you mean 'region'?")]
    [InlineData("lake: {url: s3://b, secret_access_key: literal}", "secret_access_key")]
    [InlineData("lake: s3://${NOTHING}", "the environment variable 'NOTHING' is not set")]
    [InlineData("lake: {url: '${NOTHING}'}", "the environment variable 'NOTHING' is not set")]
    [InlineData("cache: 5GB", "foz.yml:2:8: 'cache' must be a mapping")]
    [InlineData("cache: {size: 5KB}", "'size' must be at least 1MB")]
    [InlineData("cache: {size: lots}", "foz.yml:2:15")]
    [InlineData("cache: {folde: x}", "did you mean 'folder'?")]
    [InlineData("cache: {folder: '${NOTHING}'}", "the environment variable 'NOTHING' is not set")]
    [InlineData("environments: {e: {cache: {folde: x}}}", "did you mean 'folder'?")]
    [InlineData("environments: {e: {lake: {url: s3://b, regin: x}}}", "did you mean 'region'?")]
    public void What_is_wrong_is_told_with_its_place(string yaml, string error)
    {
        Write(yaml);

        Assert.Contains(folder.Errors(), told => told.Contains(error, StringComparison.Ordinal));
    }

    LakeLocation Read(string yaml, string? environment = null)
    {
        Write(yaml);
        return ProjectLoader.LoadFile(folder.Path, folder.Options with { Target = environment }).Lake;
    }

    void Write(string yaml)
    {
        (folder.Variables["ROOT"], folder.Variables["BUCKET"], folder.Variables["KEY"]) = ("/data", "eggs", "hush");
        folder["foz.yml"] = $"name: x\n{yaml}\n";
    }
}
