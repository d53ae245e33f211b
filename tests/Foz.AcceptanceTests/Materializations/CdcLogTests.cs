using Foz.Lake.Journal;

namespace Foz.AcceptanceTests.Materializations;

/// <summary>Tables of the changes that a stream of mode <c>cdc</c> has read, with nothing configured.</summary>
public sealed class CdcLogTests : IDisposable
{
    readonly CdcProject project = new();

    public CdcLogTests() => project.Model("keys: id");

    public void Dispose() => project.Dispose();

    /// <summary>Applies changes: <c>op id v w lsn seq unchanged</c> each, NULL as <c>-</c>.</summary>
    async Task ApplyAsync(params string[] changes)
    {
        await AppendAsync(changes);
        await project.Lake.RunWellAsync();
    }

    Task AppendAsync(params string[] changes)
    {
        var rows = changes.Select(change =>
        {
            var parts = change.Split(' ').Select(part => part == "-" ? "NULL" : $"'{part}'").ToList();
            return $"({parts[1]}, {parts[2]}, {parts[3]}, {parts[0]}, {parts[4]}, {parts[5]}, {(parts.Count > 6 ? parts[6] : "NULL")})";
        });
        return project.Lake.AppendAsync("bronze.t", $"""
            SELECT CAST(id AS BIGINT) AS id, CAST(v AS VARCHAR) AS v, CAST(w AS VARCHAR) AS w, CAST(op AS VARCHAR) AS _cdc_op, CAST(lsn AS BIGINT) AS _cdc_lsn,
                CAST(seq AS BIGINT) AS _cdc_seq, 7::BIGINT AS _cdc_tx, TIMESTAMPTZ '2026-01-01 00:00:00+00' AS _cdc_commit_ts,
                TIMESTAMPTZ '2026-01-01 00:00:01+00' AS _cdc_synced_at, 'shop.t' AS _cdc_source,
                CASE WHEN un IS NOT NULL THEN string_split(CAST(un AS VARCHAR), ',') END AS _cdc_unchanged
            FROM (VALUES {string.Join(", ", rows)}) AS t(id, v, w, op, lsn, seq, un)
            """);
    }

    [Fact]
    public async Task A_copy_and_the_changes_after_it_give_the_rows_of_the_source()
    {
        await ApplyAsync("r 1 a x 100 -", "r 2 b x 100 -", "r 3 c x 100 -");
        Assert.Equal(["1|a|x", "2|b|x", "3|c|x"], await project.RowsAsync());
        await ApplyAsync("u 1 a2 x 100 0", "d 2 - - 101 0", "c 4 d x 101 1", "c 2 again x 102 0", "d 3 - - 103 1", "u 4 d2 y 103 0");
        Assert.Equal(["1|a2|x", "2|again|x", "4|d2|y"], await project.RowsAsync());
    }

    [Fact]
    public async Task Columns_that_the_source_did_not_send_stay()
    {
        await ApplyAsync("r 1 a big 100 -", "c 2 b large 101 0", "u 2 b2 - 102 0 w");
        Assert.Equal(["1|a|big", "2|b2|large"], await project.RowsAsync());
        await ApplyAsync("u 1 a2 - 103 0 w", "u 1 a3 - 104 0 w", "u 2 - new 105 0 v");
        Assert.Equal(["1|a3|big", "2|b2|new"], await project.RowsAsync());
        await ApplyAsync("d 1 - - 106 0", "c 1 n - 107 0", "u 2 - - 108 0");
        Assert.Equal(["1|n|", "2||"], await project.RowsAsync());
    }

    [Fact]
    public async Task A_row_whose_key_changes_keeps_what_was_not_sent()
    {
        await ApplyAsync("r 1 a big 100 -", "r 2 b large 100 -");
        await ApplyAsync("d 1 - - 101 0", "c 10 a - 101 1 w");
        Assert.Equal(["2|b|large", "10|a|big"], await Numbered());
        // Several times in one batch, over a key that was another row's, and back.
        await ApplyAsync(
            "d 10 - - 102 0", "c 11 a2 - 102 1 w", "d 2 - - 103 0", "c 10 b - 103 1 w", "u 11 a3 - 104 0 w",
            "d 11 - - 105 0", "c 1 a4 - 105 1 w", "u 10 - huge 106 0 v", "d 10 - - 107 0", "c 3 - - 107 1 v,w");
        Assert.Equal(["1|a4|big", "3|b|huge"], await Numbered());
        // An insert that is not behind the delete of another key has nothing to keep.
        await ApplyAsync("d 1 - - 108 0", "u 3 b2 - 109 0 w", "c 5 n - 109 1 w");
        Assert.Equal(["3|b2|huge", "5|n|"], await Numbered());
    }

    Task<List<string>> Numbered() => project.Lake.QueryAsync("SELECT * FROM silver.m ORDER BY id");

    [Fact]
    public async Task A_truncation_clears_the_table_and_a_new_copy_fills_it()
    {
        await ApplyAsync("r 1 a x 100 -", "r 2 b x 100 -", "c 3 c x 101 0");
        await ApplyAsync("t - - - 102 0", "c 4 d x 102 1", "u 4 d2 - 103 0 w");
        Assert.Equal(["4|d2|x"], await project.RowsAsync());
        // As after a reset: a truncation right before the rows of the copy.
        await ApplyAsync("t - - - 199 -", "r 1 new x 200 -", "r 4 d3 x 200 -");
        Assert.Equal(["1|new|x", "4|d3|x"], await project.RowsAsync());
        Assert.Equal(["0"], await project.Lake.QueryAsync("SELECT count(*) FROM silver.m__cdc WHERE __deleted"));
    }

    [Fact]
    public async Task One_batch_of_all_changes_gives_what_many_give()
    {
        string[] changes =
        [
            "r 1 a big 100 -", "r 2 b large 100 -", "d 1 - - 101 0", "c 10 a - 101 1 w", "u 10 a2 - 102 0 w", "t - - - 103 0",
            "c 1 n x 103 1", "c 2 m y 104 0", "d 2 - - 105 0", "c 3 m - 105 1 w", "d 1 - - 106 0", "u 3 z - 107 0 w",
        ];
        await ApplyAsync(changes);
        Assert.Equal(["3|z|y"], await project.RowsAsync());
        await project.Lake.RunAsync(isFullRefresh: true);
        Assert.Equal(["3|z|y"], await project.RowsAsync());
        Assert.All((await project.Lake.RunWellAsync()).Steps, step => Assert.Equal(Outcome.Skipped, step.Outcome));
    }

    [Theory]
    [InlineData("step.state")]
    [InlineData("commit.before")]
    [InlineData("commit.after")]
    public async Task A_batch_that_is_cut_off_gives_the_same_table(string failpoint)
    {
        await ApplyAsync("r 1 a big 100 -", "r 2 b large 100 -", "r 3 c x 100 -");
        await AppendAsync("d 1 - - 101 0", "c 10 a - 101 1 w", "u 2 b2 - 102 0 w", "d 3 - - 103 0", "c 3 n - 104 0", "u 3 n2 - 105 0 w");
        var wasHit = false;
        for (var cut = 1; cut <= 4; cut++)
        {
            var hits = 0;
            using (Foz.Storage.Failpoint.Watch(name =>
            {
                if (name != failpoint || ++hits != cut) return;
                wasHit = true;
                throw new IOException("cut off");
            }))
            {
                try
                {
                    await project.Lake.RunAsync();
                }
                catch (IOException)
                {
                    // The process would have ended here.
                }
            }
        }
        Assert.True(wasHit);
        await project.Lake.RunWellAsync();
        Assert.Equal(["2|b2|large", "3|n2|", "10|a|big"], await Numbered());
    }

    [Fact]
    public async Task A_history_of_a_log_ends_at_deletes_and_truncations()
    {
        project.Model("keys: id, stored_as_scd_type: 2");
        await ApplyAsync("r 1 a big 100 -", "r 2 b large 100 -", "u 1 a2 - 101 0 w");
        await ApplyAsync("d 2 - - 102 0", "c 20 b - 102 1 w", "u 1 a3 - 103 0 w");
        await ApplyAsync("t - - - 104 0", "c 1 n x 104 1");
        Assert.Equal(
            [
                "1|a|big|100|101", "1|a2|big|101|103", "1|a3|big|103|104", "1|n|x|104|", "2|b|large|100|102",
                "20|b|large|102|104",
            ],
            await project.Lake.QueryAsync(
                "SELECT id, v, w, __START_AT._cdc_lsn, __END_AT._cdc_lsn FROM silver.m ORDER BY id, __START_AT"));
    }
}
