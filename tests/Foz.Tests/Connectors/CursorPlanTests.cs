using Foz.Connectors;
using Foz.Lake.Data;

namespace Foz.Tests.Connectors;

public sealed class CursorPlanTests
{
    static readonly StreamInputs.OfCursor Last = new()
    {
        To = "2026-01-02", Rows = 1,
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
        inputs = await MakeAsync([StreamInputs.Fold([Last, inputs])], of);
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

    static Task<StreamInputs.OfCursor?> MakeAsync(IReadOnlyList<StreamInputs> history, string of) =>
        CursorPlan.MakeAsync(history, of, _ => Task.FromResult<string?>("9"), _ => Task.FromResult(1L));
}
