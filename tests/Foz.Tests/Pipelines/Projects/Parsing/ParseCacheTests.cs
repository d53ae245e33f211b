using System.Text;
using Foz.Lake.Configuration;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Projects.Parsing;
using Foz.Storage;
using Foz.Tests.Pipelines.Materializations;

namespace Foz.Tests.Pipelines.Projects.Parsing;

/// <summary>A project that is read from the parse cache equals one that is parsed again.</summary>
public sealed class ParseCacheTests : IDisposable
{
    readonly ProjectFolder folder = new();
    // All files are younger, so that each is read.
    readonly SetClock clock = new() { Now = TimeProvider.System.GetUtcNow().AddHours(-1) };

    readonly string cache = Directory.CreateTempSubdirectory("foz-cache-").FullName;

    public ParseCacheTests()
    {
        folder["foz.yml"] = ProjectFolder.FozYml;
        folder["models/silver/m0.sql"] = "select 1 as id";
        for (var i = 1; i < 120; i++)
            folder[$"models/silver/m{i}.sql"] = $$"""
                -- the model {{i}}
                /* @foz
                description: "No {{i}}: é"
                tags: [a, 'b']
                meta: {deep: [1, {x: y}], empty: }
                columns:
                  - name: id
                    checks: [not_null, {min: 0}]
                checks:
                  - name: own
                    query: |
                      select * from silver.m{{i - 1}}
                      where id < 0
                @foz */
                select id, '{{i}}' as t -- from nowhere
                from silver.m{{i - 1}} where id in (select id from lake.silver.m{{i / 2}});
                """;
        folder["tests/one.sql"] = "/* @foz\non_violation: warn\n@foz */\nselect * from silver.m7 where id < 0";
    }

    string CacheFile => Assert.Single(Directory.GetFiles(cache));

    public void Dispose()
    {
        folder.Dispose();
        Directory.Delete(cache, recursive: true);
    }

    [Fact]
    public void What_was_parsed_before_is_what_is_parsed()
    {
        var anew = TextOf(folder.Load());
        Assert.Equal(anew, TextOf(Load()));
        Assert.True(new FileInfo(CacheFile).Length > 10_000);
        var written = File.GetLastWriteTimeUtc(CacheFile);

        Assert.Equal(anew, TextOf(Load()));
        Assert.Equal(written, File.GetLastWriteTimeUtc(CacheFile));
    }

    [Fact]
    public void A_changed_text_is_parsed_and_its_errors_are_told_each_time()
    {
        Load();
        folder["models/silver/m5.sql"] = "/* @foz\ntags: [c]\n@foz */\nselect id from silver.m1";
        Assert.Equal(["c"], Load().FindModel(new("silver", "m5"))!.Tags);

        folder["models/silver/m6.sql"] = "/* @foz\ntgas: [c]\n@foz */\nselect id frm silver.m1";
        var errors = folder.Errors(With);
        Assert.Equal(2, errors.Count);
        Assert.Equal(errors, folder.Errors(With));
    }

    [Fact]
    public void A_file_that_has_not_changed_is_not_read()
    {
        Assert.SkipUnless(FileStamp.AreKnown, "this system does not tell stamps of files");
        clock.Now = TimeProvider.System.GetUtcNow().AddHours(1);
        const string Name = "models/silver/m5.sql";
        var file = Path.Combine(folder.Path, Name);
        var anew = TextOf(folder.Load());
        Load();
        Assert.Equal("No 5: é", ((YamlNode.Scalar)Find()!.Yaml["description"]!).Text);
        Assert.Equal(anew, TextOf(Load()));

        File.WriteAllText(file, File.ReadAllText(file).Replace("No 5", "No V", StringComparison.Ordinal));
        Assert.Null(Find());
        Assert.Equal("No V: é", Load().FindModel(new("silver", "m5"))!.Description);
        Assert.NotNull(Find());
        File.Delete(file);
        File.Copy(Path.Combine(folder.Path, "models", "silver", "m4.sql"), file);
        Assert.Null(Find());
        Assert.Equal("No 4: é", Load().FindModel(new("silver", "m5"))!.Description);
        Assert.Equal(TextOf(folder.Load()), TextOf(Load()));

        FrontMatter? Find()
        {
            var kept = ParseCache.Open(cache, folder.Path, clock);
            return kept.FindFile(kept.StampOf(file), Name);
        }
    }

    [Fact]
    public void A_file_that_was_written_lately_is_read_again()
    {
        // Of a file system whose clock ticks slowly, two versions can have one stamp.
        Load();
        var entries = File.ReadAllBytes(CacheFile).Length;
        clock.Now = clock.Now.AddHours(2);
        Load();
        Assert.True(
            !FileStamp.AreKnown || File.ReadAllBytes(CacheFile).Length > entries,
            "stamps are kept once they are old enough");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(20)]
    [InlineData(60)]
    [InlineData(-1)]
    public void A_cache_that_is_damaged_or_of_another_build_is_not_read(int at)
    {
        var anew = TextOf(Load());
        var bytes = File.ReadAllBytes(CacheFile);
        bytes[at < 0 ? bytes.Length + at : at] ^= 0x41;
        File.WriteAllBytes(CacheFile, bytes);
        Assert.Equal(anew, TextOf(Load()));
        File.WriteAllBytes(CacheFile, bytes[..(bytes.Length / 2)]);
        Assert.Equal(anew, TextOf(Load()));
        File.WriteAllBytes(CacheFile, []);
        Assert.Equal(anew, TextOf(Load()));
    }

    [Fact]
    public void A_cache_that_cannot_be_written_stops_nothing()
    {
        Directory.Delete(cache);
        File.WriteAllText(cache, "a file where a folder should be");
        Assert.Equal(TextOf(folder.Load()), TextOf(Load()));
        File.Delete(cache);
        Directory.CreateDirectory(cache);
    }

    Project Load() => folder.Load(With);

    ProjectOptions With(ProjectOptions options) => options with { CacheFolder = cache, Clock = clock };

    /// <summary>All that is known of a project's models and tests.</summary>
    static string TextOf(Project project)
    {
        var text = new StringBuilder();
        foreach (var model in project.Models)
        {
            text.AppendLine(
                $"{model.Name} {model.Table} {model.File} {model.Body} {model.Description} "
                    + $"{string.Join(',', model.Tags)}");
            text.AppendLine(string.Join(';', model.Meta)).AppendLine(string.Join(';', model.References));
            text.AppendLine(string.Join(';', model.Settings))
                .AppendLine(string.Join(';', model.Checks.Select(check => $"{check} {check.Place}")));
            text.AppendLine(string.Join(';', model.Columns.Select(column => $"{column.Name} {column.Place}")));
        }
        foreach (var test in project.SqlTests)
            text.AppendLine($"{test.Name} {test.Body} {test.OnViolation} {string.Join(';', test.References)}");
        return text.ToString();
    }
}
