using System.Text.Json.Nodes;
using Foz.Tests;

namespace Foz.AcceptanceTests.Airbyte;

/// <summary>Foz as a destination of Airbyte, in a process of its own.</summary>
public sealed class DestinationTests : IDisposable
{
    const int RowsOfState = 50;
    readonly TestLake lake = new();

    public void Dispose() => lake.Dispose();

    [Fact]
    public async Task States_that_a_killed_sync_told_are_committed_and_the_next_begins_behind_them()
    {
        lake.Write("foz.yml", "name: t\nlake: lake\n");
        lake.Write("config.json", $$"""{"batch_rows": {{RowsOfState}}}""");
        lake.Write("catalog.json", """
            {"streams":[{"stream":{"name":"numbers","json_schema":{"properties":{"n":{"type":"integer"}}}},
              "destination_sync_mode":"append_dedup","primary_key":[["n"]]}]}
            """);
        var seed = Soak.Seed();
        var random = new Random(seed);
        var told = 0;
        const int rounds = 4, target = 2_000;
        for (var round = 0; round < rounds; round++)
        {
            var kills = round < rounds - 1;
            told = await SyncAsync(
                told, kills ? target / rounds * (round + 1) : target, kills ? random.Next(1, 4) : null);
            var rows = await lake.QueryAsync(
                $"SELECT count(*), count(DISTINCT n), count(*) FILTER (n < {told}) FROM bronze.numbers");
            var counts = rows.Single().Split('|').Select(long.Parse).ToList();
            Assert.True(
                counts[0] == counts[1] && counts[2] == told,
                $"seed {seed}, round {round}: told {told}, rows {rows.Single()}");
        }
        Assert.Equal(target, told);
    }

    /// <summary>
    /// Sends consecutive numbers with a state after each fifty, and returns the last state that was reported.
    /// </summary>
    async Task<int> SyncAsync(int from, int to, int? killsAtState)
    {
        var command = FozProcess.Command(
            lake.Folder, "airbyte-destination", "write", "--config", "config.json", "--catalog", "catalog.json");
        command.RedirectStandardInput = true;
        using var foz = FozProcess.Start(command);
        var sending = SendAsync(foz, from, to, ends: killsAtState is null);
        var (told, count) = (from, 0);
        while (await foz.ReadLineAsync() is { } line)
        {
            var message = JsonNode.Parse(line)!;
            if ($"{message["type"]}" != "STATE") continue;
            var state = (int)message["state"]!["stream"]!["stream_state"]!["n"]!;
            Assert.True(state > told, $"state {state} behind {told}");
            told = state;
            if (++count == killsAtState) foz.Kill();
        }
        await sending;
        (await foz.WaitAsync()).Expect(killsAtState is null ? 0 : FozProcess.KilledExitCode);
        return told;
    }

    static async Task SendAsync(FozProcess foz, int from, int to, bool ends)
    {
        try
        {
            for (var n = from; n < to; n++)
            {
                await foz.WriteLineAsync(
                    Fill("""{"type":"RECORD","record":{"stream":"numbers","emitted_at":1,"data":{"n":$1}}}""", n));
                if ((n + 1) % RowsOfState == 0)
                    await foz.WriteLineAsync(Fill(
                        """{"type":"STATE","state":{"type":"STREAM","stream":{"stream_descriptor":{"name":"numbers"},"stream_state":{"n":$1}}}}""", n + 1));
            }
            // A process that the test kills must not end earlier.
            if (ends) foz.CloseInput();
        }
        catch (IOException)
        {
            // It was killed.
        }
    }

    static string Fill(string template, int number) => template.Replace("$1", $"{number}", StringComparison.Ordinal);
}
