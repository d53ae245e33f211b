using Foz.Lake.Configuration;
using Foz.Operations.Alerts;
using Foz.Operations.Channels;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Projects.Reading;

namespace Foz.Tests.Operations.Alerts;

public sealed class AlertReaderTests : IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory("foz-alerts-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Files_are_read_as_they_are_written()
    {
        Write(
            "a.yml",
            """
            channels:
              console: {type: terminal, language: pt, role: analyst, per_minute: 5, texts: short}
            templates:
              short: {title: '{{ severity }}: {{ subject }}', text: '{{text}}'}
            links: {url: 'https://foz.example.com/x', expires: 2d}
            group_wait: 5s
            """);
        Write(
            "b.yml",
            """
            routes:
              - {to: console, owner: ana, tag: [x, y], schema: gold, kind: [step, late], severity: critical,
                 hours: '08:00-18:00', time_zone: America/Sao_Paulo, calendar: br, repeat: 4h, continue: true,
                 escalate: [{after: 1h, to: host}, {after: 30m, to: [console]}], resolved: false}
              - {to: host, environment: prod}
            rules:
              fresh: {late_after: 2h, tables: [silver.*], severity: warning}
              morning: {finished_by: '07:30', tables: 'tag:daily', time_zone: America/Sao_Paulo, calendar: br}
              negative: {sql: 'select * from gold.sales where amount < 0;', user: ana, every: 15m}
              disk: {disk_free: 10%}
              memory: {memory_free: 2GB}
              certificate: {certificate_days: 14}
            """);
        var (read, errors) = Read();
        Assert.Empty(errors);
        var console = read.Channels["console"];
        Assert.Equal(
            (MessageWords.Portuguese, "analyst", 5), (console.Channel.Words, console.Role, console.PerMinuteMax));
        Assert.Equal(TimeSpan.FromSeconds(5), read.GroupWait);
        Assert.Equal(TimeSpan.FromDays(2), read.Links!.Lifetime);
        // The second route is of another environment.
        var route = Assert.Single(read.Routes);
        Assert.Equal(
            (AlertSeverity.Critical, TimeSpan.FromHours(4), true, false),
            (route.Severity, route.Repeat, route.Continues, route.SendsResolved));
        Assert.Equal([30, 60], route.Escalations.Select(escalation => escalation.After.TotalMinutes));
        // That of the disk is stated by no file.
        Assert.Equal(AlertRule.Filling.Default, read.Rules[^1]);
        Assert.Equal(7, read.Rules.Count);
        Assert.Equal("select * from gold.sales where amount < 0", ((AlertRule.Sql)read.Rules[2]).Query);
    }

    [Theory]
    [InlineData("chanels: {}", "alerts/a.yml:1:1: unknown key 'chanels' (did you mean 'channels'?)")]
    [InlineData("channels: {a: {type: terminl}}",
        "alerts/a.yml:1:22: unknown type 'terminl' of a channel")]
    [InlineData("channels: {a: {type: terminal, langage: en}}", "unknown key 'langage'")]
    [InlineData("channels: {host: {type: terminal}}", "a channel 'host' is there by itself")]
    [InlineData("channels: {a: {type: terminal, texts: x}}", "unknown template 'x'")]
    [InlineData("routes: [{to: good, severty: info}]", "unknown key 'severty' (did you mean 'severity'?)")]
    [InlineData("routes: [{to: god}]", "unknown channel 'god' (did you mean 'good'?)")]
    [InlineData("routes: [{owner: ana}]", "'to' is missing")]
    [InlineData("routes: [{to: good, hours: '8-18'}]", "'8-18' are no hours (write '08:00-18:00')")]
    [InlineData("routes: [{to: good, environment: prd}]", "unknown environment 'prd' (did you mean 'prod'?)")]
    [InlineData("routes: [{to: good, kind: steps}]", "unknown kind 'steps' (did you mean 'step'?)")]
    [InlineData("rules: {r: {late_after: 1h, sql: 'select 1', tables: a}}", "rule 'r' must have one of late_after")]
    [InlineData("rules: {r: {severity: info}}", "rule 'r' must have one of late_after")]
    [InlineData("rules: {r: {late_after: 1h}}", "rule 'r' needs 'tables'")]
    [InlineData("rules: {r: {finished_by: 7h, tables: a}}", "'7h' is no time of day")]
    [InlineData("rules: {r: {disk_free: much}}", "'disk_free' must be an amount or a share")]
    [InlineData("rules: {r: {sql: 'select 1', cron: 'x'}}", "'x' is no cron expression")]
    [InlineData("rules: {r: {disk_free: 5%, every: 5m}}", "unknown key 'every'")]
    [InlineData("templates: {t: {text: '{{ subjct }}'}}",
    "unknown placeholder 'subjct' in a template (did you mean 'subject'?)")]
    [InlineData("templates: {t: {text: '{{ env(\"X\") }}'}}", "'{{' starts no placeholder in a template")]
    [InlineData("templates: {t: {text: '{{ if x }}'}}", "'{{' starts no placeholder in a template")]
    [InlineData("templates: {t: {title: '{{ title:0 }}'}}",
        "the length of 'title' must be from 1 to 60000 in a template")]
    [InlineData("links: {url: foz.example.com}", "'foz.example.com' is no address")]
    [InlineData("links: {url: 'https://a', key: short}", "unknown key 'key'")]
    public void A_mistake_has_its_place_and_the_nearest_name_and_the_rest_holds(string text, string expected)
    {
        Write("a.yml", text);
        Write(
            "b.yml",
            """
            channels: {good: {type: terminal}}
            routes: [{to: good}]
            rules: {disk: {disk_free: 1GB}}
            """);
        var (read, errors) = Read();
        Assert.Contains(errors, error => error.Contains(expected, StringComparison.Ordinal)
            && error.StartsWith("alerts/a.yml:1:", StringComparison.Ordinal));
        Assert.Equal((true, 1, 2), (read.Channels.ContainsKey("good"), read.Routes.Count, read.Rules.Count));
    }

    [Fact]
    public void A_secret_of_a_channel_that_is_not_set_is_named_and_one_that_is_is_masked()
    {
        Environment.SetEnvironmentVariable("ALERT_HOOK_KEY", "a-key-of-many-characters-and-more");
        Write("a.yml", "channels: {a: {type: webhook, url: 'https://a', secret: '${ALERT_HOOK_KEY}'}}");
        var file = FileOf();
        var errors = new ErrorList();
        Assert.Contains("a", AlertService.Read(file, static _ => { }, TimeProvider.System, errors).Channels.Keys);
        Assert.DoesNotContain("many-characters", file.Secrets.Mask("x a-key-of-many-characters-and-more y"));
        Write("a.yml", "channels: {a: {type: webhook, url: 'https://a', secret: '${ALERT_NO_SUCH}'}}");
        Assert.Contains("ALERT_NO_SUCH", string.Join('\n', Read().Errors));
    }

    (AlertSettings Read, IReadOnlyList<string> Errors) Read()
    {
        var errors = new ErrorList();
        var read = AlertService.Read(FileOf(), static _ => { }, TimeProvider.System, errors);
        return (read, [.. errors.Items.Select(error => $"{error.Place}: {error.Message} ({error.Hint})")]);
    }

    ProjectFile FileOf()
    {
        File.WriteAllText(
            Path.Combine(folder, "foz.yml"),
            "name: p\nlake: lake\nenvironments: {dev: {schema_prefix: dev_}, prod: {}}\ndefault_environment: dev\n");
        return ProjectLoader.LoadFile(folder, new());
    }

    void Write(string name, string text)
    {
        Directory.CreateDirectory(Path.Combine(folder, "alerts"));
        File.WriteAllText(Path.Combine(folder, "alerts", name), text);
    }
}
