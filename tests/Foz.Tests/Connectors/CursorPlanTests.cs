using Foz.Connectors;
using Foz.Lake.Data;

namespace Foz.Tests.Connectors;

public sealed class CursorPlanTests
{
    static readonly StreamInputs.OfCursor Last = new()
    {
        To = "2026-01-02", EndRows = "1:00000000000000000000000000000007",
        Of = CursorPlan.Of("at", DataType.Timestamp, "timestamptz", "public.i"),
    };

    [Theory]
    [InlineData("id", "long", "bigint", "public.i")]
    [InlineData("at", "timestamp", "timestamptz", "public.j")]
    [InlineData("at", "long", "bigint", "public.i")]
    [InlineData("at", "string", "uuid", "public.i")]
    public async Task The_cursor_of_another_column_table_or_kind_begins_again(
        string column, string type, string sourceType, string table)
    {
        var of = CursorPlan.Of(column, new DataType.Primitive(type), sourceType, table);
        var inputs = await MakeAsync([Last], of);
        Assert.Equal(
            (null, "9", of, true), (inputs!.From, inputs.To, inputs.Of, inputs.Rereads));
        inputs = await MakeAsync([StreamInputs.Fold([Last, inputs])], of, "99");
        Assert.Equal(("9", false), (inputs!.From, inputs.Rereads));
    }

    [Theory]
    [InlineData("date", "date")]
    [InlineData("timestamp_ntz", "timestamp(3)")]
    public async Task The_cursor_goes_on_where_its_column_has_a_type_of_the_same_kind(string type, string sourceType)
    {
        var of = CursorPlan.Of("at", new DataType.Primitive(type), sourceType, "public.i");
        Assert.Equal(Last.To, (await MakeAsync([Last], of))!.From);
    }

    [Fact]
    public async Task The_cursor_of_a_batch_that_does_not_say_what_it_is_of_goes_on() =>
        Assert.Equal(Last.To, (await MakeAsync([Last with { Of = null }], "x of y"))!.From);

    [Fact]
    public async Task Rows_of_the_last_cursor_are_read_again_once_where_they_changed()
    {
        var table = new Table { Rows = { ["5"] = [1, 2] } };
        var first = (await table.PlanAsync([])).Inputs;
        Assert.Equal((null, "5", false), (first!.From, first.To, first.Rereads));
        Assert.Null((await table.PlanAsync([first])).Inputs);
        // As many as before, but one is another.
        table.Rows["5"] = [2, 3];
        var next = (await table.PlanAsync([first])).Inputs;
        Assert.Equal(("5", "5", true, false), (next!.From, next.To, next.Rereads, next.ReadsNulls));
        Assert.Null((await table.PlanAsync([first, next])).Inputs);
        Assert.Null((await table.PlanAsync([StreamInputs.Fold([first, next])])).Inputs);
        // Inputs of an older program do not say what its rows were.
        Assert.True((await table.PlanAsync([next with { EndRows = null, NullRows = null }])).Inputs!.Rereads);
    }

    [Fact]
    public async Task Rows_without_a_cursor_are_read_where_they_are_others_than_before()
    {
        var table = new Table { Rows = { [""] = [1] } };
        var first = (await table.PlanAsync([])).Inputs;
        Assert.Equal((null, null, false), (first!.From, first.To, first.Rereads));
        Assert.Null((await table.PlanAsync([first])).Inputs);
        Assert.Null((await table.PlanAsync([StreamInputs.Fold([first])])).Inputs);
        table.Rows[""] = [2];
        var second = (await table.PlanAsync([first])).Inputs;
        Assert.Equal((null, null, true), (second!.From, second.To, second.Rereads));
        table.Rows["5"] = [3];
        var third = (await table.PlanAsync([first, second])).Inputs;
        Assert.Equal((null, "5", true), (third!.From, third.To, third.Rereads));
        table.Rows[""] = [2, 4];
        var fourth = (await table.PlanAsync([first, second, third])).Inputs;
        Assert.Equal(("5", "5", true, true), (fourth!.From, fourth.To, fourth.Rereads, fourth.ReadsNulls));
        Assert.Null((await table.PlanAsync([first, second, third, fourth])).Inputs);
    }

    [Fact]
    public async Task The_first_batch_of_an_empty_table_makes_it()
    {
        var table = new Table();
        var first = (await table.PlanAsync([])).Inputs;
        Assert.Equal((null, null, "0"), (first!.From, first.To, first.NullRows));
        Assert.Null((await table.PlanAsync([first])).Inputs);
        table.Rows["5"] = [1];
        var second = (await table.PlanAsync([first])).Inputs;
        Assert.Equal((null, "5"), (second!.From, second.To));
        Assert.Null((await table.PlanAsync([first, second])).Inputs);
    }

    [Fact]
    public async Task More_rows_than_are_hashed_are_counted_with_a_warning()
    {
        var table = new Table { Rows = { ["5"] = [1], [""] = [2] }, Times = CursorPlan.HashedMax + 1 };
        var first = await table.PlanAsync([]);
        Assert.Equal(("100001", "100001"), (first.Inputs!.EndRows, first.Inputs.NullRows));
        var idle = await table.PlanAsync([first.Inputs]);
        Assert.Null(idle.Inputs);
        Assert.Equal(
            [
                "stream 't': 100,001 rows have the last at, more than 100,000: one that changes or replaces another with "
                    + "this cursor is not noticed, only another number of them",
                "stream 't': 100,001 rows have no at, more than 100,000: those that came after the first batch are not "
                    + "read, then or later",
            ], idle.Plan.Warnings.Select(w => w.Message));
        table.Times++;
        var more = (await table.PlanAsync([first.Inputs])).Inputs;
        Assert.Equal((true, false), (more!.Rereads, more.ReadsNulls));
    }

    static async Task<StreamInputs.OfCursor?> MakeAsync(
        IReadOnlyList<StreamInputs> history, string of, string max = "9") =>
        (await new Table { Of = of, Rows = { ["2026-01-02"] = [7], ["9"] = [7], [max] = [7] } }.PlanAsync(history))
            .Inputs;

    /// <summary>Rows, as numbers that are their hashes, by their cursors; those of "" have none.</summary>
    sealed class Table
    {
        public string Of { get; init; } = "at of t";

        public Dictionary<string, int[]> Rows { get; } = [];

        public long Times { get; set; } = 1;

        public async Task<(BatchPlan Plan, StreamInputs.OfCursor? Inputs)> PlanAsync(IReadOnlyList<StreamInputs> history)
        {
            var plan = await CursorPlan.MakeAsync(history, new(this.Of, new() { Name = "t", Cursor = "at" })
            {
                Max = from => Task.FromResult(
                    Rows.Keys.Where(key => key != "" && string.CompareOrdinal(key, from) > 0).Max()),
                Count = value => Task.FromResult(Of(value).LongCount() * Times),
                Hash = value => Task.FromResult((UInt128)Of(value).Sum()),
            });
            return (plan, (StreamInputs.OfCursor?)plan.Inputs);

            IEnumerable<int> Of(string? value) => Rows.GetValueOrDefault(value ?? "", []);
        }
    }
}
