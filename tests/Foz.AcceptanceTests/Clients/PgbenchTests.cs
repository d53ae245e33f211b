using System.Globalization;
using System.Text.RegularExpressions;
using Foz.Tests;

namespace Foz.AcceptanceTests.Clients;

/// <summary>pgbench with many clients at once: no statement fails, in any protocol.</summary>
public sealed partial class PgbenchTests(ServedProject project)
{
    const int Clients = 20;
    const int Transactions = 10;

    [Theory]
    [InlineData("simple")]
    [InlineData("extended")]
    [InlineData("prepared")]
    public async Task No_statement_of_twenty_clients_fails(string mode)
    {
        await project.ShellAsync(
            $"psql -c \"create table silver.bench_{mode} as select i as id, i % 100 as branch, i * 1.5 as "
                + "amount from range(10000) r(i)\"");
        await File.WriteAllTextAsync(
            Path.Combine(project.Folder, $"{mode}.sql"),
            $"""
            \set id random(1, 9999)
            select amount from silver.bench_{mode} where id = :id;
            begin;
            select branch, count(*), sum(amount) from silver.bench_{mode} where branch < :id group by branch order by branch limit 5;
            select count(*) from silver.bench_{mode} where id >= :id;
            end;

            """,
            TestContext.Current.CancellationToken);

        var output = await project.ShellAsync(
            $"pgbench -n -M {mode} -f $FOLDER/{mode}.sql -c {Clients} -j 2 -t {Transactions * Soak.Factor}");

        // What went wrong stands in the output.
        Assert.True(Number(Processed.Match(output), output) == Clients * Transactions * Soak.Factor, output);
        Assert.True(Number(Failed.Match(output), output) == 0, output);
        Assert.DoesNotContain("ERROR", output, StringComparison.OrdinalIgnoreCase);
    }

    static int Number(Match match, string output)
    {
        Assert.True(match.Success, output);
        return int.Parse(match.Groups["number"].Value, CultureInfo.InvariantCulture);
    }

    [GeneratedRegex(@"transactions actually processed: (?<number>\d+)", RegexOptions.ExplicitCapture)]
    private static partial Regex Processed { get; }

    [GeneratedRegex(@"failed transactions: (?<number>\d+)", RegexOptions.ExplicitCapture)]
    private static partial Regex Failed { get; }
}
