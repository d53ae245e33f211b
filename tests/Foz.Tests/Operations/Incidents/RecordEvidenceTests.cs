using Foz.Lake.Journal;
using Foz.Operations.Incidents;

namespace Foz.Tests.Operations.Incidents;

public sealed class RecordEvidenceTests
{
    [Theory]
    [InlineData("it broke", "foz run bronze.a")]
    [InlineData(
        "bronze.a stands still, 1 change is held: a new column\n  mend it, then: foz stream resume bronze.a",
        "foz stream resume bronze.a")]
    [InlineData(
        "the changes of shop cannot be read on\n  foz stream reset shop starts again with a copy of its tables",
        "foz stream reset shop")]
    [InlineData("the log has a statement: copy the tables again (foz stream reset)", "foz run bronze.a")]
    public void What_helps_is_a_command_that_can_help(string error, string command)
    {
        var at = TimeProvider.System.GetUtcNow();
        var step = new StepRecord
        {
            RunId = "20260101000000000-aaaa", Step = "bronze.a", Kind = "stream", Outcome = Outcome.Failed, StartedAt = at,
            FinishedAt = at, Error = error,
        };
        Assert.Equal(command, new RecordEvidence("p", "dev").Of(step, TableFacts.Unknown).Single().Command);
    }
}
