using Foz.Delta.Log;
using Foz.Delta.Transactions;
using Foz.Lake.Tables;
using Foz.Lake.Tables.Writing;

namespace Foz.Tests.Lake.Tables;

/// <summary>
/// A new table asks as little as it can of its readers, until a change of single rows gains by deletion vectors.
/// </summary>
public sealed class DeletionVectorRulesTests : IDisposable
{
    readonly RulesTable t = new();

    public void Dispose() => t.Dispose();

    [Theory]
    [InlineData("SELECT i AS id, 'x' AS s FROM range(10) AS r(i)", 1, 2, "")]
    [InlineData("SELECT 1 AS id, TIMESTAMP '2024-01-01 00:00:00' AS at", 3, 7, "timestampNtz")]
    [InlineData("SELECT 1 AS id, TIMESTAMPTZ '2024-01-01 00:00:00Z' AS at", 1, 2, "")]
    public async Task A_table_that_is_made_appended_to_and_replaced_asks_for_what_its_columns_need(
        string select, int reader, int writer, string features)
    {
        await CommitAsync(t.Writer.AppendAsync(t.Table, select, new(), RulesTable.Cancel));
        await CommitAsync(t.Writer.AppendAsync(t.Table, select, new(), RulesTable.Cancel));
        await CommitAsync(t.Writer.OverwriteAsync(t.Table, select, new(), RulesTable.Cancel));
        var protocol = (await t.LatestAsync()).State.Protocol;
        Assert.Equal((reader, writer), (protocol.MinReaderVersion, protocol.MinWriterVersion));
        Assert.Equal(features, string.Join(',', protocol.AllReaderFeatures));
    }

    [Fact]
    public async Task The_first_change_that_gains_takes_the_feature_with_all_that_was_asked_before()
    {
        await CreateAsync();
        // Most rows go: the file is rewritten, which needs no feature.
        var none = await CommitAsync(t.Writer.DeleteAsync(t.Table, "id < 60", new(), RulesTable.Cancel));
        Assert.Null(none.Notice);
        Assert.Equal(1, none.Snapshot.State.Protocol.MinReaderVersion);

        var took = await CommitAsync(t.Writer.UpdateAsync(
            t.Table, new Dictionary<string, string>(StringComparer.Ordinal) { ["s"] = "'y'" }, "id = 70", new(),
            RulesTable.Cancel));
        Assert.Contains("deletionVectors", took.Notice!.Message, StringComparison.Ordinal);
        var state = took.Snapshot.State;
        Assert.Equal((3, 7), (state.Protocol.MinReaderVersion, state.Protocol.MinWriterVersion));
        Assert.Equal(["deletionVectors"], state.Protocol.ReaderFeatures!);
        Assert.Equal(["appendOnly", "deletionVectors", "invariants"], state.Protocol.WriterFeatures!);
        Assert.Equal(("true", null), (
            state.Metadata.Configuration.Find("delta.enableDeletionVectors"),
            state.Metadata.Configuration.Find(DeletionVectorRules.Property)));
        Assert.Contains(state.Files, file => file.DeletionVector is not null);
        // In the commit of the change, and reported once.
        Assert.Contains(
            (await t.Table.Delta.ReadCommitAsync(took.Version, RulesTable.Cancel))!.Actions,
            action => action is Protocol);
        Assert.Null((await CommitAsync(t.Writer.DeleteAsync(t.Table, "id = 71", new(), RulesTable.Cancel))).Notice);
        Assert.Equal(39, (await t.RowsAsync()).Count);
    }

    [Fact]
    public async Task Changes_at_the_same_time_that_both_take_it_and_an_append_are_no_conflict()
    {
        await CreateAsync();
        await using var first = await t.Writer.DeleteAsync(t.Table, "id = 1", new(), RulesTable.Cancel);
        await using var second = await t.Writer.DeleteAsync(t.Table, "id = 2", new(), RulesTable.Cancel);
        await using var appended = await t.Writer.AppendAsync(
            t.Table, "SELECT 1000 AS id, 'z' AS s", new(), RulesTable.Cancel);
        await first.CommitAsync(RulesTable.Cancel);
        await second.CommitAsync(RulesTable.Cancel);
        await appended.CommitAsync(RulesTable.Cancel);
        var rows = await t.RowsAsync();
        Assert.Equal(99, rows.Count);
        Assert.DoesNotContain("1|x", rows);
        Assert.DoesNotContain("2|x", rows);
        Assert.Contains("1000|z", rows);
    }

    [Theory]
    [InlineData("delta.enableDeletionVectors", "false")]
    [InlineData("delta.compatibility.symlinkFormatManifest.enabled", "true")]
    public async Task A_table_that_must_be_read_without_them_never_takes_it(string property, string value)
    {
        await CreateAsync(new(StringComparer.Ordinal) { [property] = value });
        var change = await CommitAsync(t.Writer.DeleteAsync(t.Table, "id = 1", new(), RulesTable.Cancel));
        Assert.Null(change.Notice);
        Assert.Equal(
            (1, 2), (change.Snapshot.State.Protocol.MinReaderVersion, change.Snapshot.State.Protocol.MinWriterVersion));
        Assert.Equal(99, (await t.RowsAsync()).Count);
    }

    Task<CommittedChange> CreateAsync(Dictionary<string, string?>? properties = null) =>
        CommitAsync(t.Writer.AppendAsync(
            t.Table, "SELECT i AS id, 'x' AS s FROM range(100) AS r(i)", new() { Properties = properties ?? [] },
            RulesTable.Cancel));

    static async Task<CommittedChange> CommitAsync(Task<TableChange> begun)
    {
        await using var change = await begun;
        return await change.CommitAsync(RulesTable.Cancel);
    }
}
