using Foz.Lake;
using Foz.Lake.Configuration;
using FsCheck;
using FsCheck.Fluent;

namespace Foz.Tests.Lake.Configuration;

public sealed class SettingsReaderTests
{
    static readonly SettingSpec[] Specs =
    [
        new("host", "The server's name.") { IsRequired = true },
        new("password", "The password.") { IsSecret = true },
        new("url", "All in one."),
        new("format", "The files' format.") { Values = ["csv", "json"] },
        new("options", "More."),
    ];

    static (ErrorList Errors, Settings Settings) Read(string yaml)
    {
        var errors = new ErrorList();
        var mapping = (YamlNode.Mapping)YamlReader.Read(yaml, "x.yml", errors)!;
        var reader = new SettingsReader(Specs, errors);
        reader.Check(mapping, ["type"], "a connection");
        return (errors, reader.Read(mapping, ["type"]));
    }

    [Theory]
    [InlineData(
        "{host: h, pasword: x}", "x.yml:1:11: unknown key 'pasword' in a connection\n  did you mean 'password'?")]
    [InlineData("{type: x}", "x.yml:1:1: 'host' is missing in a connection\n  The server's name.")]
    [InlineData("{host: }", "x.yml:1:1: 'host' is missing in a connection\n  The server's name.")]
    [InlineData("{host: h, format: jsn}", "x.yml:1:19: unknown format 'jsn'\n  did you mean 'json'?")]
    [InlineData("{host: h, format: [csv, xml]}", "x.yml:1:19: unknown format 'xml'\n  known: csv, json")]
    [InlineData(
        "{host: {a: {b: c}}}", "x.yml:1:8: 'host' is nested too deep: it takes a value, a list or a mapping of values")]
    [InlineData(
        "host: h\npassword: hunter2",
        "x.yml:2:11: 'password' is a secret and must not stand in a file\n  write ${PASSWORD} here, and set PASSWORD in the environment or in .env, outside of git")]
    [InlineData(
        "host: h\npassword: ${A:-hunter2}",
        "x.yml:2:11: 'password' is a secret and must not stand in a file\n  write ${PASSWORD} here, and set PASSWORD in the environment or in .env, outside of git")]
    [InlineData(
        "host: h\nurl: postgres://ana:hunter2@db/shop",
        "x.yml:2:6: a password stands in 'url'\n  write ${PASSWORD} in its place, and set PASSWORD in the environment or in .env, outside of git")]
    [InlineData(
        "host: h\nurl: Host=db;Password=hunter2",
        "x.yml:2:6: a password stands in 'url'\n  write ${PASSWORD} in its place, and set PASSWORD in the environment or in .env, outside of git")]
    [InlineData(
        "host: h\noptions: {a: 'amqp://u:hunter2@h'}",
        "x.yml:2:14: a password stands in 'options'\n  write ${PASSWORD} in its place, and set PASSWORD in the environment or in .env, outside of git")]
    public void Wrong_settings_are_told(string yaml, string expected)
    {
        var errors = Read(yaml).Errors;
        Assert.Equal(expected, Assert.Single(errors.Items).Describe());
        Assert.DoesNotContain("hunter2", errors.Items[0].Describe(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("host: h\npassword: ${PW}")]
    [InlineData("host: h\npassword: ''")]
    [InlineData("host: h\nurl: postgres://ana:${PW}@db/shop")]
    [InlineData("host: h\nurl: Host=db;Password=${PW}")]
    [InlineData("host: h\nurl: postgres://ana@db/shop")]
    public void Secrets_from_variables_are_taken(string yaml) => Assert.True(Read(yaml).Errors.IsEmpty);

    [Fact]
    public void Values_of_any_shape_read_back()
    {
        var (errors, settings) = Read("host: h\nurl: true\nformat: [csv, json]\noptions: {a: 1, b: x}\npassword: ~\n");
        Assert.True(errors.IsEmpty);
        Assert.Equal("h", settings.RequiredText("host"));
        Assert.True(settings.Flag("url", otherwise: false));
        Assert.Equal(["csv", "json"], settings.Texts("format"));
        Assert.Equal("1", settings.Map("options")["a"]);
        Assert.Null(settings.Text("password"));
        Assert.Equal("x.yml:2:6", settings.PlaceOf("url").ToString());
    }

    [Fact]
    public void Any_text_in_quotes_reads_as_itself() =>
        Prop.ForAll(
            ArbMap.Default.ArbFor<string>().Filter(t => t is not null && !t.Any(char.IsSurrogate)), (string text) =>
        {
            var yaml = $"host: {System.Text.Json.JsonSerializer.Serialize(text)}";
            var (errors, settings) = Read(yaml);
            return errors.IsEmpty && settings.Text("host") == text;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Whole_numbers_read_as_they_are_written() =>
        Prop.ForAll(ArbMap.Default.ArbFor<long>(), (long number) =>
            Read($"host: {number}").Settings.Integer("host") == number).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("1.5")]
    [InlineData("0x10")]
    [InlineData("ten")]
    public void What_is_no_whole_number_is_refused_with_its_place(string text)
    {
        var error = Assert.Throws<FozException>(() => Read($"host: {text}").Settings.Integer("host"));
        Assert.Equal($"x.yml:1:7: 'host' must be a whole number, not '{text}'", error.Describe());
    }
}
