namespace Foz.Tests.Cli.Terminal;

/// <summary>What commands show on a terminal that is not wide.</summary>
public sealed class CommandScreenTests : IDisposable
{
    readonly CommandRunner foz = new();

    public void Dispose() => foz.Dispose();

    [Fact]
    public async Task Commands_fit_a_terminal_of_eighty_columns()
    {
        Assert.Equal(0, (await foz.RunAsync("init", "shop", "--template", "empty")).ExitCode);
        foz.Write("shop/tests/no_card.sql", "select * from silver.sales where method = 'card'");
        foz.Width = 80;

        var pictures = new List<string>();
        foreach (var command in new[]
        {
            "plan", "run", "run", "ls --schema silver", "show silver.sales", "history silver.sales",
            "lineage gold.sales_by_day",
            "lineage bronze.sales --downstream", "test", "validate", "query --file shop/tests/no_card.sql",
            "source check",
        })
        {
            using var screen = new Screen(foz.Width);
            await screen.WriteAsync((await foz.RunAsync([.. command.Split(' '), "--project", "shop"])).Out);
            await screen.FlushAsync(TestContext.Current.CancellationToken);
            pictures.Add($"$ foz {command}\n{StillText.Of(screen.Picture)}");
        }
        Expect.File("commands.txt", string.Join('\n', pictures));
    }
}
