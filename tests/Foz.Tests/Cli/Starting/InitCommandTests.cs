using Foz.Cli.Commands.Starting;

namespace Foz.Tests.Cli.Starting;

public sealed class InitCommandTests : IDisposable
{
    readonly CommandRunner foz = new();

    public void Dispose() => foz.Dispose();

    [Fact]
    public async Task At_a_terminal_files_are_found_and_their_settings_proposed()
    {
        WriteExports();
        foz.Width = 80;
        // Files; the folder; all; keys of customers as proposed, of orders its own; run.
        foz.Keys = new("4\nexports\nall\n\norder_id\n\n");

        var result = await foz.RunAsync("init", "shop");

        result.ExpectOk();
        using var screen = new Screen(foz.Width);
        await screen.WriteAsync(result.Out);
        await screen.FlushAsync(TestContext.Current.CancellationToken);
        Expect.File("init_files.txt", string.Join(
            '\n', StillText.Of(screen.Picture).Split('\n').Where(line =>
                !line.Contains(" ok ", StringComparison.Ordinal)))
            + "\nsources/shop.yml\n" + Read("shop/sources/shop.yml")
            + "\nmodels/gold/orders_by_month.sql\n" + Read("shop/models/gold/orders_by_month.sql"));
        var rows = await foz.RunAsync(
            "query", "select month, row_count, valor from gold.orders_by_month", "-o", "csv", "--project", "shop");
        Assert.Equal("month,row_count,valor\n2026-01-01,2,1254.40\n", rows.Out);
    }

    [Fact]
    public async Task A_script_says_all_of_it_and_is_asked_nothing()
    {
        WriteExports();
        var result = await foz.RunAsync(
            "init", "shop", "--template", "files", "--address", "exports", "--streams", "customers", "--run");

        result.ExpectOk();
        Assert.Contains("silver.customers", result.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("orders", Read("shop/sources/shop.yml"), StringComparison.Ordinal);
        Assert.Contains("    path: ../exports\n", Read("shop/foz.yml"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("postgres")]
    [InlineData("mysql")]
    [InlineData("sqlserver")]
    [InlineData("files")]
    [InlineData("api")]
    [InlineData("empty")]
    public async Task Every_template_is_a_project_in_order(string template)
    {
        (await foz.RunAsync("init", "shop", "--template", template)).ExpectOk();
        foz.Write("shop/.env", "SHOP_PASSWORD=x\nSHOP_TOKEN=x\nSHOP_URL=postgres://user:x@localhost/shop\n");
        (await foz.RunAsync("validate", "--project", "shop")).ExpectOk();
    }

    [Theory]
    [InlineData("\u0003")]
    [InlineData("4\n\u0003")]
    [InlineData("4\nexports\n\u0004")]
    [InlineData("4\nexports\nall\n\n\u0003")]
    public async Task Ctrl_C_leaves_nothing(string typed)
    {
        WriteExports();
        foz.Width = 80;
        foz.Keys = new(typed);
        var result = await foz.RunAsync("init", "shop");
        Assert.Equal(2, result.ExitCode);
        Assert.EndsWith("stopped; no files written\n", result.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(foz.Folder, "shop")));
    }

    [Fact]
    public async Task A_wrong_answer_is_asked_again()
    {
        WriteExports();
        foz.Width = 80;
        foz.Keys = new("9\n4\nabsent\nexports\n7\ncustomer\n1\n-\nn\n");
        var result = await foz.RunAsync("init", "shop");
        result.ExpectOk();
        Assert.Contains("'9' is no number from 1 to 6", result.Out, StringComparison.Ordinal);
        Assert.Contains("there is no folder absent", result.Error, StringComparison.Ordinal);
        Assert.Contains("there is no '7' to load", result.Out, StringComparison.Ordinal);
        Assert.Contains("did you mean 'customers'?", result.Out, StringComparison.Ordinal);
        // Without a key the rows are a view of all of them.
        Assert.Contains("from bronze.customers", Read("shop/models/silver/customers.sql"), StringComparison.Ordinal);
        (await foz.RunAsync("run", "--project", "shop")).ExpectOk();
    }

    [Fact]
    public async Task A_file_that_is_there_is_kept_and_nothing_else_is_written()
    {
        foz.Write("shop/.gitignore", "mine\n");
        var result = await foz.RunAsync("init", "shop", "--template", "empty");
        Assert.Equal(2, result.ExitCode);
        Assert.StartsWith(
            "error: shop/.gitignore already exists; no files written\n", result.Error, StringComparison.Ordinal);
        Assert.Equal("mine\n", Read("shop/.gitignore"));
        Assert.Single(Directory.GetFileSystemEntries(Path.Combine(foz.Folder, "shop")));
    }

    [Fact]
    public async Task Without_a_terminal_nothing_is_asked_and_a_password_is_in_no_file()
    {
        var result = await foz.RunAsync(
            "init", "shop", "--template", "postgres", "--address", "postgres://ana:hunter2pass@localhost:1/shop");
        Assert.Equal(1, result.ExitCode);
        Assert.DoesNotContain("hunter2pass", result.Out + result.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(foz.Folder, "shop")));
    }

    [Theory]
    [InlineData("mysql", "mysql://ana:pa;ss@db:3307/shop?SslMode=None",
        "connection_string: 'Server=db;Port=3307;Database=shop;User ID=ana;SslMode=None;Password=\"${ERP_PASSWORD}\"'")]
    [InlineData("sqlserver", "sqlserver://ana:x@db:1434/shop",
        "connection_string: 'Server=db,1434;Database=shop;User ID=ana;Password=\"${ERP_PASSWORD}\"'")]
    [InlineData("mysql", "mysql://ana:a%22b@db/shop",
        "connection_string: 'Server=db;Database=shop;User ID=ana;Password=''${ERP_PASSWORD}'''")]
    [InlineData("postgres", "host=db user=ana password=x dbname=shop", "password: ${ERP_PASSWORD}")]
    [InlineData("postgres", "postgres://ana@db/shop?sslmode=require", "url: postgres://ana@db/shop?sslmode=require")]
    [InlineData("api", "https://api.example.com/v1", "url: https://api.example.com/v1")]
    public void An_address_is_a_connection_without_its_password(string kind, string address, string line)
    {
        var connection = ConnectionDraft.Read(SourceKind.Of(kind), "erp", address, "/p", () => null);
        Assert.Contains(line, connection.Lines);
        if (connection.Secret is { } secret)
            Assert.DoesNotContain(connection.Lines, l => l.EndsWith($"={secret}", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("postgres", "db.example.com")]
    [InlineData("mysql", "postgres://ana@db/shop")]
    [InlineData("sqlserver", "not an address")]
    [InlineData("api", "ftp://x")]
    public void A_malformed_address_is_refused_with_an_example(string kind, string address)
    {
        var error = Assert.Throws<Foz.Lake.FozException>(
            () => ConnectionDraft.Read(SourceKind.Of(kind), "erp", address, "/p", () => null));
        Assert.Equal($"write {SourceKind.Of(kind).Example}", error.Hint);
    }

    [Theory]
    [InlineData("name: s\n", "name: s\n\nconnections:\n  a:\n    type: x\n")]
    [InlineData("connections:\n  # mine\n  b:\n    type: y   # why\n\nlake: l\n",
        "connections:\n  # mine\n  b:\n    type: y   # why\n  a:\n    type: x\n\nlake: l\n")]
    [InlineData("connections:    # all\r\n    b:\r\n        type: y\r\n",
        "connections:    # all\r\n    b:\r\n        type: y\r\n    a:\r\n      type: x\r\n")]
    public void A_connection_is_added_and_every_other_character_stays(string text, string expected) =>
        Assert.Equal(expected, ConnectionBlock.Add(text, ["  a:", "    type: x"]));

    [Fact]
    public void Connections_on_one_line_are_not_changed() => Assert.Throws<Foz.Lake.FozException>(
        () => ConnectionBlock.Add("connections: {b: {type: y}}\n", ["  a:", "    type: x"]));

    [Fact]
    public async Task A_source_is_added_to_a_project_whose_comments_stay()
    {
        WriteExports();
        (await foz.RunAsync("init", "shop", "--template", "files", "--address", "exports", "--streams", "orders"))
            .ExpectOk();
        foz.Write("shop/foz.yml", Read("shop/foz.yml").Replace("name: shop", "name: shop    # ours"));

        var result = await foz.RunAsync(
            "source", "add", "files", "crm", "--address", "exports", "--streams", "customers", "--project", "shop");

        result.ExpectOk();
        Assert.Contains("name: shop    # ours\n", Read("shop/foz.yml"), StringComparison.Ordinal);
        (await foz.RunAsync("run", "--project", "shop")).ExpectOk();
        Assert.Equal(
            "n\n2\n",
            (await foz.RunAsync(
                "query", "select count(*) as n from silver.customers", "-o", "csv", "--project", "shop")).Out);

        var again = await foz.RunAsync("source", "add", "files", "crm", "--address", "exports", "--project", "shop");
        Assert.Equal(2, again.ExitCode);
        var same = await foz.RunAsync("source", "add", "files", "other", "--address", "exports", "--project", "shop");
        same.ExpectOk();
        Assert.Contains("schema: other_bronze\n", Read("shop/sources/other.yml"), StringComparison.Ordinal);
        (await foz.RunAsync("validate", "--project", "shop")).ExpectOk();
    }

    [Fact]
    public async Task Alone_the_command_says_how_to_begin_and_what_comes_next()
    {
        var beginning = await foz.RunAsync();
        beginning.ExpectOk();
        foreach (var way in new[] { "foz demo", "foz init shop", "foz import" })
            Assert.Contains($"  {way} ", beginning.Out, StringComparison.Ordinal);
        Assert.All(beginning.Out.Split('\n'), line => Assert.InRange(line.Length, 0, 80));

        (await foz.RunAsync("init", ".", "--template", "empty")).ExpectOk();
        Assert.Contains("Next:\n  foz run\n", (await foz.RunAsync()).Out, StringComparison.Ordinal);
        (await foz.RunAsync("run")).ExpectOk();
        Assert.Contains("Next:\n  foz query\n", (await foz.RunAsync()).Out, StringComparison.Ordinal);
        foz.Write(
            "models/gold/odd.sql",
            """
            /* @foz
            columns:
              - name: a
                checks:
                  - name: not_null
                    on_violation: warn
            @foz */
            select null::int as a
            """);
        (await foz.RunAsync("run")).ExpectOk();
        Assert.Contains("Next:\n  foz checks ls\n", (await foz.RunAsync()).Out, StringComparison.Ordinal);
        Assert.Contains("not_null(a)", (await foz.RunAsync("checks", "ls")).Out, StringComparison.Ordinal);
        foz.Write("models/gold/broken.sql", "selec 1\n");
        Assert.Contains("Next:\n  foz validate\n", (await foz.RunAsync()).Out, StringComparison.Ordinal);
        foz.Write("foz.yml", "nam: x\n");
        var broken = await foz.RunAsync();
        broken.ExpectOk();
        Assert.Contains("Next:\n  foz validate\n", broken.Out, StringComparison.Ordinal);
    }

    string Read(string path) => File.ReadAllText(Path.Combine(foz.Folder, path));

    /// <summary>Files as old systems write them: semicolons, Latin-1, a comma in decimals, days first.</summary>
    void WriteExports()
    {
        foz.Write("exports/customers.csv", "id,name,city\n1,Ana,Recife\n2,Bia,Belem\n");
        var orders = Path.Combine(foz.Folder, "exports", "orders.csv");
        File.WriteAllText(
            orders, "order_id;data_pedido;cliente;valor\n1;15/01/2026;João;1.234,50\n2;31/01/2026;Flávia;19,90\n",
            System.Text.Encoding.Latin1);
        // A run waits for files that may still be written.
        foreach (var file in Directory.GetFiles(Path.Combine(foz.Folder, "exports")))
            File.SetLastWriteTimeUtc(file, new DateTime(2026, 2, 1, 0, 0, 0, DateTimeKind.Utc));
    }
}
