using System.Diagnostics;
using System.Text.Json;
using Foz.Dbt.Jinja;
using Foz.Lake;

namespace Foz.Tests.Dbt.Jinja;

public sealed class JinjaTemplateTests
{
    static readonly string ExpectedFile =
        Path.Combine(Repository.Root, "tests", "Foz.Tests", "Dbt", "Jinja", "Expected", "templates.json");

    public static TheoryData<string, string> Templates()
    {
        var data = new TheoryData<string, string>();
        foreach (var entry in ReadExpected())
            data.Add(entry.GetProperty("template").GetString()!, entry.GetProperty("expected").GetString()!);
        return data;
    }

    [Theory, MemberData(nameof(Templates))]
    public void A_template_writes_what_is_expected_of_it(string template, string expected) =>
        Assert.Equal(expected, Render(template));

    /// <summary>The expectations are what Jinja itself writes.</summary>
    [Fact]
    public async Task Jinja_writes_the_same()
    {
        const string Program = """
            import json, sys
            import jinja2
            env = jinja2.Environment(extensions=['jinja2.ext.do'])
            print(json.dumps([env.from_string(case['template']).render() for case in json.load(open(sys.argv[1], encoding='utf-8'))]))
            """;
        using var python = Start("python3", "-c", Program, ExpectedFile);
        if (python is null) Assert.Skip("there is no python3 here");
        var written = await python.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var said = await python.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await python.WaitForExitAsync(TestContext.Current.CancellationToken);
        if (said.Contains("No module named 'jinja2'", StringComparison.Ordinal))
            Assert.Skip("python3 has no jinja2 here");
        Assert.True(python.ExitCode == 0, said);
        using var answers = JsonDocument.Parse(written);
        var cases = ReadExpected();
        Assert.Equal(cases.Count, answers.RootElement.GetArrayLength());
        foreach (var (entry, answer) in cases.Zip(answers.RootElement.EnumerateArray()))
            Assert.True(
                entry.GetProperty("expected").GetString() == answer.GetString(),
                $"{entry.GetProperty("template").GetString()} is in Jinja\n{answer.GetString()}");
    }

    [Theory]
    [InlineData("a\n{{ 1 + }}", "t:2:8", "a value was expected, not '}}'", null)]
    [InlineData("{% if a %}b", "t:1:", "the block that begins here is never closed: {% endif %} is missing", null)]
    [InlineData("{% fro a in b %}", "t:1:4", "unknown Jinja block 'fro'", "did you mean 'for'?")]
    [InlineData(
        "\n {% include 'a' %}", "t:2:5", "the Jinja block 'include' is not supported",
        "a template includes no other: write what they share as a macro in macros/")]
    [InlineData("{{ 'a' | uper }}", "t:1:10", "unknown filter 'uper'", "did you mean 'upper'?")]
    [InlineData("{{ 1 is eevn }}", "t:1:9", "unknown test 'eevn' after 'is'", "did you mean 'even'?")]
    [InlineData(
        "{% set customer = 1 %}{{ custmer() }}", "t:1:26", "'custmer' is undefined", "did you mean 'customer'?")]
    [InlineData("{{ a.b }}", "t:1:6", "'a' is undefined", null)]
    [InlineData(
        "{{ 1 + 'a' }}", "t:1:4", "'+' cannot take int and str", "'~' puts texts together, whatever they are of")]
    [InlineData("{{ 1 / 0 }}", "t:1:4", "a number is divided by zero", null)]
    [InlineData("{{ 9223372036854775807 + 1 }}", "t:1:4", "the result of '+' is too large", null)]
    [InlineData(
        "{% macro m(a) %}{% endmacro %}{{ m(1, 2) }}", "t:1:34", "the macro 'm' takes at most 1 values, not 2",
        "it is defined at t:1:10")]
    [InlineData(
        "{% macro m(name) %}{% endmacro %}{{ m(nme=2) }}", "t:1:37", "the macro 'm' has no parameter 'nme'",
        "did you mean 'name'?")]
    [InlineData(
        "{% set a.b = 1 %}", "t:1:10", "'a' is no namespace, and only attributes of those can be set",
        "write {% set a = namespace(b=…) %} before")]
    [InlineData("{% for a in 5 %}{% endfor %}", "t:1:4", "'for' needs a list, not 5", null)]
    [InlineData("{% set a, b = [1] %}", "t:1:4", "1 items cannot be put into 2 names", null)]
    [InlineData("{# a", "t:1:1", "the comment '{#' is never closed", "close it with '#}'")]
    [InlineData("{{ 'a }}", "t:1:4", "the text that begins with ' is never closed", "close it with '")]
    [InlineData("{% raw %}a", "t:1:1", "'{% raw %}' is never closed", "close it with '{% endraw %}'")]
    [InlineData("{% endif %}", "t:1:4", "'endif' closes nothing here", null)]
    public void What_is_wrong_is_told_with_its_place(string template, string place, string message, string? hint)
    {
        var error = Assert.Throws<FozException>(() => Render(template));

        Assert.Equal(ErrorKind.Configuration, error.Kind);
        Assert.Equal(message, error.Message);
        Assert.StartsWith(place, error.Place?.ToString());
        Assert.Equal(hint, error.Hint);
    }

    [Theory]
    [InlineData(
        "{% for a in range(1000) %}{% for b in range(1000) %}{{ a }}{% endfor %}{% endfor %}",
        "does not end within 10,000 steps")]
    [InlineData("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "macros call each other more than 100 deep")]
    [InlineData("{{ range(10000000) | length }}", "range() makes more than 1,000 numbers")]
    [InlineData("{{ 'a' * 1000000000 }}", "'*' makes more than 1,000 items")]
    [InlineData(
        "{% set a = 'aaaaaaaaaa' * 90 %}{% for i in range(50) %}{{ a }}{% endfor %}",
        "writes more than 10,000 characters")]
    [InlineData(
        "{% set ns = namespace(t='aaaaaaaaaa') %}{% for i in range(50) %}{% set ns.t = ns.t ~ ns.t %}{% endfor %}",
        "a text has more than 10,000 characters")]
    [InlineData("{% set a = [] %}{% do a.append(a) %}{{ a }}", "a list or mapping holds itself")]
    public void What_takes_too_much_ends(string template, string message)
    {
        var limits = new JinjaLimits { StepsMax = 10_000, CharactersMax = 10_000, ItemsMax = 1_000 };

        var error = Assert.Throws<FozException>(() => Render(template, limits));

        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Brackets_in_brackets_without_end_are_refused()
    {
        var error =
            Assert.Throws<FozException>(() => Render("{{ " + new string('(', 1_000) + new string(')', 1_000) + " }}"));

        Assert.Contains("more than 200 deep", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Any_text_is_read_or_refused_with_its_place()
    {
        string[] parts =
        [
            "{{", "}}", "{%", "%}", "{#", "#}", "-", " ", "\n", "a", "1", "'", "\"", "(", ")", "[", "]", "|", ".", ",",
            "if", "for", "in", "set",
            "endif", "endfor", "endset", "macro", "m", "raw", "endraw", "is", "not", "=", "==", "~", "{", "}", ":", "é",
            "\\", "@",
        ];
        var seed = Soak.Seed();
        var random = new Random(seed);
        for (var i = 0; i < 20_000; i++)
        {
            var template = string.Concat(
                Enumerable.Range(0, random.Next(1, 20)).Select(_ => parts[random.Next(parts.Length)]));
            try
            {
                Render(template);
            }
            catch (FozException e)
            {
                Assert.True(e.Place is { Line: > 0 }, $"seed {seed}: {template}: {e.Describe()}");
            }
            catch (Exception e)
            {
                Assert.Fail($"seed {seed}: {template}: {e}");
            }
        }
    }

    [Fact]
    public void Return_ends_a_macro_with_a_value()
    {
        const string Template = """
            {% macro m(n) %}before{% for i in range(9) %}{% if i == n %}{{ return([i, 'x']) }}{% endif %}{% endfor %}after{% endmacro %}
            {{- m(3) }} {{ m(3)[1] }} {{ m(20) }}
            """;

        Assert.Equal("[3, 'x'] x beforeafter", Render(Template));
    }

    [Fact]
    public void What_is_wrong_in_a_macro_of_another_file_says_who_called_it()
    {
        var macro = Assert.IsType<JinjaStatement.Macro>(
            JinjaTemplate.Read("{% macro bad(a) %}\n{{ a | nosuch }}{% endmacro %}", "macros/bad.sql").Body[0]);
        var scope = JinjaTemplate.Context();
        var evaluator = new JinjaEvaluator(scope, JinjaLimits.Default, TestContext.Current.CancellationToken);
        scope.Set("bad", evaluator.Rendering.Bind(macro.Definition, scope));

        var error = Assert.Throws<FozException>(() =>
            evaluator.Render(JinjaTemplate.Read("select\n {{ bad(1) }}", "models/a.sql").Body));

        Assert.Equal("macros/bad.sql:2:8", error.Place.ToString());
        Assert.Contains("called at models/a.sql:2:5", error.Hint, StringComparison.Ordinal);
    }

    static List<JsonElement> ReadExpected() =>
        [.. JsonDocument.Parse(File.ReadAllText(ExpectedFile)).RootElement.EnumerateArray()];

    static string Render(string template, JinjaLimits? limits = null) => JinjaTemplate.Read(template, "t").Render(
        JinjaTemplate.Context(("return", new JinjaCallable("return", arguments =>
        {
            arguments.Rendering.Return(arguments.Single());
            return null;
        }))),
        limits ?? JinjaLimits.Default, TestContext.Current.CancellationToken);

    static Process? Start(string program, params string[] arguments)
    {
        try
        {
            return Process.Start(
                new ProcessStartInfo(program, arguments)
                {
                    RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false,
                });
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }
}
