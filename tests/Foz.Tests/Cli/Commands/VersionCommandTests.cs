using Foz.Cli.Commands;
using Foz.Cli.Terminal;
using Foz.DuckDB.Connections;
using Foz.Lake;

namespace Foz.Tests.Cli.Commands;

public sealed class VersionCommandTests : IDisposable
{
    readonly CommandRunner foz = new();

    public void Dispose() => foz.Dispose();

    [Fact]
    public async Task The_version_is_one_line_and_more_where_it_is_asked_for()
    {
        var brief = await foz.RunAsync("version");
        Assert.Matches(@"^foz \d+\.\d+\.\d+\n$", brief.Out);
        var full = await foz.RunAsync("version", "--verbose");
        full.ExpectOk();
        Assert.StartsWith(brief.Out, full.Out, StringComparison.Ordinal);
        Assert.Contains($"DuckDB {Database.LibraryVersion}, ", full.Out, StringComparison.Ordinal);
        Assert.Matches("SHA-256 [0-9a-f]{64}\n$", full.Out);
        Assert.Equal(
            [Path.GetFileName(EngineLibrary.Read().Path)],
            VersionCommand.NativeLibraries(AppContext.BaseDirectory).Select(Path.GetFileName));
    }

    [Theory]
    [InlineData(null, "is not there")]
    [InlineData("00", "its SHA-256 is 00, not 11")]
    public void A_library_that_is_not_the_pinned_one_is_an_error(string? actual, string message)
    {
        using var output = new StringWriter();
        var shell = new Shell { Out = output, Error = output, In = () => TextReader.Null };
        var error = Assert.Throws<FozException>(() => VersionCommand.WriteLibraries(shell, new("lib", actual, "11")));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }
}
