using Foz.Lake;
using Foz.Lake.Configuration;

namespace Foz.Tests.Lake.Configuration;

public sealed class VariablesTests
{
    [Fact]
    public void A_dotenv_file_is_read()
    {
        var errors = new ErrorList();
        var values = Variables.ReadFile(
            """
            # the shop
            HOST=db.example
            export USER = ana
            EMPTY=
            SPACED=a b  # a comment
            HASH=a#b
            SINGLE='a $b "c" # d'  # comment
            DOUBLE="a\n\"b\" \\ #"
            URL=postgres://x:y@h/d?a=b
            """, errors);

        Assert.True(errors.IsEmpty);
        Assert.Equal(
            new Dictionary<string, string>
            {
                ["HOST"] = "db.example", ["USER"] = "ana", ["EMPTY"] = "", ["SPACED"] = "a b", ["HASH"] = "a#b",
                ["SINGLE"] = "a $b \"c\" # d", ["DOUBLE"] = "a\n\"b\" \\ #", ["URL"] = "postgres://x:y@h/d?a=b",
            },
            values);
    }

    [Theory]
    [InlineData("just words")]
    [InlineData("1A=b")]
    [InlineData("A-B=c")]
    [InlineData("=x")]
    [InlineData("A='open")]
    [InlineData("A=\"open\\\"")]
    [InlineData("A='b' c")]
    public void A_line_that_sets_nothing_is_told_without_its_text(string line)
    {
        var errors = new ErrorList();
        Variables.ReadFile("OK=1\n" + line, errors);
        Assert.Equal(
            ".env:2: this line does not set a variable\n  write NAME=value or NAME='value'",
            Assert.Single(errors.Items).Describe());
    }

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("${A}", "1")]
    [InlineData("x${A}y${B}z", "x1y2z")]
    [InlineData("${A:-9}", "1")]
    [InlineData("${NONE:-9}", "9")]
    [InlineData("${EMPTY:-9}", "9")]
    [InlineData("${NONE:-}", "")]
    [InlineData("${EMPTY}", "")]
    [InlineData("$${A}", "${A}")]
    [InlineData("^[0-9]{5}$", "^[0-9]{5}$")]
    [InlineData("$A", "$A")]
    public void Variables_are_filled_in(string text, string expected)
    {
        var errors = new ErrorList();
        Assert.Equal(expected, VariableText.Expand(text, new("x.yml", 1, 2), Known, errors));
        Assert.True(errors.IsEmpty);
    }

    [Theory]
    [InlineData(
        "${SHOP_PASWORD}",
        "x.yml:1:2: the environment variable 'SHOP_PASWORD' is not set\n  did you mean 'SHOP_PASSWORD'?")]
    [InlineData(
        "${NONE}",
        "x.yml:1:2: the environment variable 'NONE' is not set\n  set it, add it to .env, or give a default: ${NONE:-…}")]
    [InlineData(
        "${A", "x.yml:1:2: '${' starts no variable here\n  write ${NAME} or ${NAME:-default}, or $${ for a plain ${")]
    [InlineData(
        "${1A}", "x.yml:1:2: '${' starts no variable here\n  write ${NAME} or ${NAME:-default}, or $${ for a plain ${")]
    [InlineData(
        "${A-b}",
        "x.yml:1:2: '${' starts no variable here\n  write ${NAME} or ${NAME:-default}, or $${ for a plain ${")]
    public void What_cannot_be_filled_in_is_told(string text, string expected)
    {
        var errors = new ErrorList();
        VariableText.Expand(text, new Place("x.yml", 1, 2), Known, errors);
        Assert.Equal(expected, Assert.Single(errors.Items).Describe());
    }

    [Fact]
    public void The_environment_wins_over_the_file()
    {
        var variables = new Variables(
            new Dictionary<string, string> { ["A"] = "env" },
            new Dictionary<string, string> { ["A"] = "file", ["B"] = "file" });
        Assert.Equal("env", variables["A"]);
        Assert.Equal("file", variables["B"]);
        Assert.Null(variables["C"]);
    }

    [Theory]
    [InlineData("${A}", true)]
    [InlineData("${A}${B}", true)]
    [InlineData("${A:-}", true)]
    [InlineData("${A:-secret}", false)]
    [InlineData("x${A}", false)]
    [InlineData("secret", false)]
    [InlineData("$${A}", false)]
    [InlineData("", false)]
    public void A_text_of_variables_only_is_known(string text, bool expected) =>
        Assert.Equal(expected, VariableText.IsOnlyVariables(text));

    static Variables Known { get; } = new(
        new Dictionary<string, string> { ["A"] = "1", ["B"] = "2", ["EMPTY"] = "", ["SHOP_PASSWORD"] = "x" },
        new Dictionary<string, string>());
}
