using Foz.Lake.Configuration;
using Foz.Operations.Schedules;
using Foz.Operations.Tasks;

namespace Foz.Tests.Operations.Tasks;

public sealed class TaskReaderTests
{
    [Theory]
    [InlineData("{x: {shell: a, after: y}, yy: {shell: b}}", "task 'x' is after 'y', which there is not", "did you mean 'yy'?")]
    [InlineData("{x: {shell: a, after: y}, y: {shell: b, after: x}}", "tasks wait for each other in a circle: x, y", null)]
    [InlineData("{x: {shell: a, sql: select 1}}", "task 'x' is two things at once: sql and shell", null)]
    [InlineData("{x: {after: []}}", "task 'x' does nothing", null)]
    [InlineData("{x: {shell: 'echo {{ due }}'}}", "a command line of the shell has no placeholders",
        "set a variable under 'environment', and write \"$NAME\" in the line")]
    [InlineData("{x: {sql: 'select {{ due }}'}}", "SQL has no placeholders: values are bound", "write $name for a parameter")]
    [InlineData("{x: {sql: 'select $dya'}}", "unknown parameter '$dya'", "did you mean 'day'?")]
    [InlineData("{x: {http: 'http://h/{{ dey }}'}}", "unknown placeholder 'dey'", "did you mean 'day'?")]
    [InlineData("{x: {http: 'http://h/{{ due | dote }}'}}", "unknown filter 'dote'", "did you mean 'date'?")]
    [InlineData("{x: {http: 'http://h/{{ day | date }}'}}", "'day' is not a moment: no filter takes it", null)]
    [InlineData("{x: {http: 'http://h/{{ due'}}", "a placeholder is not closed", "write {{ name }}")]
    [InlineData("{x: {sql: select 1 as n}, y: {http: 'http://h/{{ tasks.x.n }}'}}",
        "'tasks.x.n' is an output of 'x', which is not before this task", "name 'x' in 'after'")]
    [InlineData("{x: {sql: select 1, environment: {A: 1}}}", "a task of 'sql' has no 'environment'", null)]
    [InlineData("{x: {approval: anyone, retries: 3}}", "a task of 'approval' has no 'retries'", null)]
    [InlineData("{x: {run: build, retry_on_takeover: true}}", "a task of 'run' has no 'retry_on_takeover'", null)]
    [InlineData("{x: {shell: a, when: any}}", "'when' needs an 'after'", null)]
    [InlineData("{x: {wait_for: {file: a, table: b.c}}}", "a sensor waits for one of file, table, sql, http and time", null)]
    [InlineData("{x: {wait_for: {time: '25:00'}}}", "'25:00' is not a time", "write '08:00' or '2026-01-31 08:00'")]
    [InlineData("{x: {wait_for: {table: orders}}}", "'orders' is not a table", "write schema.table, such as silver.orders")]
    [InlineData("{x: {http: 'ftp://h'}}", "'ftp://h' is not an address of HTTP", "write https://host/path")]
    [InlineData("{x: {http: {url: 'http://h', method: PSOT}}}", "unknown method 'PSOT'", "did you mean 'POST'?")]
    [InlineData("{x: {http: {url: 'http://h', headers: {A: '${NO_SUCH}'}}}}",
        "the environment variable 'NO_SUCH' is not set", null)]
    [InlineData("{x: {python: ../a.py}}", "'../a.py' is not a path in the project", null)]
    [InlineData("{x: {container: --privileged}}", "'--privileged' is not the name of an image", null)]
    [InlineData("{x: {shell: a, tiemout: 3m}}", "unknown key 'tiemout'", "did you mean 'timeout'?")]
    [InlineData("{x: {shell: a, timeout: 3x}}", "'timeout' must be a length of time, such as 15m or '2 hours', not '3x'", null)]
    [InlineData("{x-y: {shell: a}}", "'x-y' is not a name for a task", "letters, digits and _")]
    [InlineData("{x: {run: 'build {{ due }}'}}", "the command of 'run' has no placeholders", null)]
    public void A_mistake_has_its_place_and_a_hint(string tasks, string message, string? hint)
    {
        var (_, errors) = Read($"{{parameters: {{day: '{{{{ due | date }}}}'}}, tasks: {tasks}}}");
        var error = Assert.Single(errors.Items, error => error.Message == message);
        Assert.Equal("foz.yml", error.Place!.Value.File);
        Assert.Equal(1, error.Place.Value.Line);
        Assert.True(error.Place.Value.Column > 1);
        if (hint is not null) Assert.Equal(hint, error.Hint);
    }

    [Theory]
    [InlineData("command", "run")]
    [InlineData("retries", "2")]
    [InlineData("select", "gold")]
    public void What_is_of_a_command_is_refused_beside_tasks(string key, string value)
    {
        var (_, errors) = Read($"{{{key}: {value}, tasks: {{x: {{shell: a}}}}}}");
        Assert.Contains(key, Assert.Single(errors.Items).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Tasks_are_in_an_order_in_which_each_follows_those_before_it()
    {
        var (graph, errors) = Read("{tasks: {c: {shell: a, after: [a, b]}, b: {shell: a, after: a}, a: {shell: a}}}");
        errors.ThrowIfAny();
        Assert.Equal(["a", "b", "c"], graph!.Tasks.Select(task => task.Name));
        Assert.Equal(["b", "c"], graph.DownstreamOf(["b"]).Order());
    }

    [Fact]
    public void Parameters_of_SQL_are_bound_and_texts_and_comments_stay()
    {
        var (graph, errors) = Read(
            "{parameters: {day: '{{ due | date }}'}, tasks: {x: {sql: \"select '$day', $$ $day $$, $day, $n, $day "
                + "/* $day */ -- $day\", values: {n: '{{ due | unix }}'}}}}");
        errors.ThrowIfAny();
        var sql = Assert.IsType<TaskAction.Sql>(graph!.Tasks[0].Action);
        Assert.Equal("select '$day', $$ $day $$, $1, $2, $1 /* $day */ -- $day", sql.Statement);
        Assert.Equal(["{{ day }}", "{{ due | unix }}"], sql.Values.Select(value => value.Written));
    }

    [Fact]
    public void Placeholders_take_values_of_the_firing_in_its_time_zone()
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById("America/Sao_Paulo");
        var scope = new TaskScope
        {
            Due = TimeZoneInfo.ConvertTime(new DateTimeOffset(2026, 3, 1, 1, 30, 0, TimeSpan.Zero), zone),
            Values = new Dictionary<string, string> { ["day"] = "a/b", ["task"] = "x" },
            Outputs = new Dictionary<string, IReadOnlyDictionary<string, string>>
            {
                ["t"] = new Dictionary<string, string> { ["n"] = "5 %" },
            },
        };
        var errors = new ErrorList();
        string Fill(string text, Func<string, string>? escape = null) =>
            TaskText.Read(text, new("foz.yml", 1, 1), new(["day"], ["t"]), errors).Fill(scope, escape);
        Assert.Equal("2026-02-28 22:30:00", Fill("{{ due | date }} {{due|time}}"));
        Assert.Equal("2026-02-27, 2026-02, 2026-03-01T01:30:00Z",
            Fill("{{ due | add -1d | date }}, {{ due | month }}, {{ due | iso }}"));
        Assert.Equal("h/a%2Fb?5%20%25", Fill("h/{{ day }}?{{ tasks.t.n }}", Uri.EscapeDataString));
        Assert.Equal("2026-02-28T22:30:00-03:00", Fill("{{ due }}"));
        errors.ThrowIfAny();
        var missing = Assert.Throws<Foz.Lake.FozException>(() => Fill("{{ tasks.t.m }}"));
        Assert.Equal("the task 't' gave no output 'm'", missing.Message);
    }

    [Fact]
    public void A_body_of_JSON_keeps_its_types_and_escapes_values()
    {
        var (graph, errors) = Read(
            "{parameters: {day: '{{ due | date }}'}, tasks: {x: {http: {url: 'http://h', method: POST, json: "
                + "{text: 'a {{ day }}', n: 1.50, flag: true, nothing: null, quoted: '7', list: [1, x]}}}}}");
        errors.ThrowIfAny();
        var scope = new TaskScope
        {
            Due = default, Values = new Dictionary<string, string> { ["day"] = "\"},{\"" },
        };
        Assert.Equal(
            """{"text":"a \u0022},{\u0022","n":1.50,"flag":true,"nothing":null,"quoted":"7","list":[1,"x"]}""",
            Assert.IsType<TaskAction.Http>(graph!.Tasks[0].Action).Request.Body!.Fill(scope));
    }

    static (TaskGraph? Graph, ErrorList Errors) Read(string schedule)
    {
        var errors = new ErrorList();
        var yaml = (YamlNode.Mapping)YamlReader.Read($"a: {schedule}", "foz.yml", errors)!;
        errors.ThrowIfAny();
        var read = new ScheduleReader(errors).Read(scheduler: null, yaml, ["default"]);
        return (read.All is [var first, ..] ? first.Tasks : null, errors);
    }
}
