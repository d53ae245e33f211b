using Foz.Delta.Schema;
using Foz.Lake.Tables.Writing;

namespace Foz.Tests.Lake.Tables;

public sealed class ColumnAssignmentsTests
{
    [Theory]
    [InlineData("a.b.c", "a.b")]
    [InlineData("A.B", "a.b")]
    [InlineData("a.c", "a")]
    [InlineData("a.c, a.b.c", "a a.b")]
    public void A_field_is_of_the_column_that_has_it_whatever_dots_are_in_names(string assigned, string columns)
    {
        var inner = new StructType([new StructField("c", DeltaType.Integer)]);
        var assignments = new ColumnAssignments(
            "t", new([new StructField("a", inner), new StructField("a.b", inner)]),
            assigned.Split(", ").ToDictionary(name => name, _ => "1"));
        Assert.Equal(columns.Split(' '), assignments.Columns);
    }
}
