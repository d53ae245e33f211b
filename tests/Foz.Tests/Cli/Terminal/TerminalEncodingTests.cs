using System.Text;
using Foz.Cli.Terminal;

namespace Foz.Tests.Cli.Terminal;

public sealed class TerminalEncodingTests
{
    [Theory]
    [InlineData(null, null, null, "─│├…✓→⠋é😀")]
    [InlineData(null, null, "pt_BR.UTF-8", "─│├…✓→⠋é😀")]
    [InlineData("", null, "C.utf8", "─│├…✓→⠋é😀")]
    [InlineData("C", null, "en_US.UTF-8", "-|+~+>*??")]
    [InlineData(null, "POSIX", "en_US.UTF-8", "-|+~+>*??")]
    [InlineData(null, null, "de_DE.ISO-8859-1", "-|+~+>*é?")]
    [InlineData(null, null, "de_DE.ISO-8859-15@euro", "-|+~+>*é?")]
    public void Signs_that_the_locale_lacks_become_one_plain_character_each(
        string? all, string? characters, string? language, string expected)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "its terminal takes UTF-8");
        var encoding = TerminalEncoding.Of(name => name switch
        {
            "LC_ALL" => all,
            "LC_CTYPE" => characters,
            "LANG" => language,
            _ => throw new ArgumentOutOfRangeException(nameof(name), name, "is not a variable of the locale"),
        });
        var bytes = encoding.GetBytes("─│├…✓→⠋é😀");
        Assert.Equal(expected, (encoding is UTF8Encoding ? encoding : Encoding.Latin1).GetString(bytes));
    }
}
