using Foz.Cli.Commands.Projects;
using Foz.Cli.Terminal;
using Foz.Tests.Delta;

namespace Foz.Tests.Cli.Terminal;

public sealed class ProgressRowTests
{
    [Fact]
    public void A_share_is_shown_in_place_of_the_last_one_and_then_taken_away()
    {
        using var screen = new Screen(40);
        var clock = new ManualTime();
        var shell = new Shell
        {
            Out = screen, Error = screen, In = () => TextReader.Null, IsTerminal = true, WidthNow = () => 40,
            Clock = clock,
        }.Guarded();
        shell.Out.WriteLine("making the sample data");
        var row = new ProgressRow(shell);
        var percent = new DemoCommand.Percent(row);
        foreach (var share in new[] { 0.04, 0.33, 1 })
        {
            percent.Report(share);
            Assert.Equal($"making the sample data\n{share:P0}", screen.Picture.TrimEnd());
            clock.Now += TimeSpan.FromSeconds(1);
        }
        row.Dispose();
        Assert.Equal("making the sample data", screen.Picture.TrimEnd());
    }
}
