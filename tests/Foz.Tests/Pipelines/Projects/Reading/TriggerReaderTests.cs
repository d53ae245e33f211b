using Foz.Lake.Data;
using Foz.Pipelines.Projects;

namespace Foz.Tests.Pipelines.Projects.Reading;

public sealed class TriggerReaderTests : IDisposable
{
    readonly ProjectFolder folder = new() { ["foz.yml"] = ProjectFolder.FozYml };

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("trigger: available_now", typeof(ModelTrigger.AvailableNow))]
    [InlineData("trigger: continuous", typeof(ModelTrigger.Continuous))]
    [InlineData("trigger: {interval: 30s}", typeof(ModelTrigger.Interval))]
    [InlineData("trigger: {interval: 5 minutes}", typeof(ModelTrigger.Interval))]
    [InlineData("trigger: {available_now: true, max_rows: 10}", typeof(ModelTrigger.AvailableNow))]
    public void Triggers_are_read(string text, Type type) => Assert.IsType(type, Load(text).Trigger);

    [Fact]
    public void Limits_of_batches_are_read()
    {
        var trigger = Load("trigger: {continuous: true, max_rows: 10, max_bytes: 1GB}").Trigger;
        Assert.Equal(new(10, 1_000_000_000), trigger!.Limit);
    }

    [Theory]
    [InlineData("trigger: continous", "2:10: unknown trigger 'continous'\n  did you mean 'continuous'?")]
    [InlineData("trigger: 30s", "2:10: unknown trigger '30s'\n  write trigger: {interval: 30s}")]
    [InlineData("trigger: interval", "2:10: unknown trigger 'interval'\n  write trigger: {interval: 30s}")]
    [InlineData("trigger: [a]", "2:10: 'trigger' must be a word or a mapping: trigger: {interval: 30s}, not a list")]
    [InlineData(
        "trigger: {max_rows: 1}",
        "2:10: 'trigger' must state one of available_now, continuous and interval\n"
            + "  write trigger: {interval: 30s}, or trigger: {continuous: true}")]
    [InlineData(
        "trigger: {continuous: true, interval: 1s}",
        "2:10: 'trigger' must state one of available_now, continuous and interval\n"
            + "  write trigger: {interval: 30s}, or trigger: {continuous: true}")]
    [InlineData(
        "trigger: {interval: soon}",
        "2:21: 'interval' must be a length of time, not 'soon'\n"
            + "  write a number and a unit: trigger: {interval: 30s}")]
    [InlineData("trigger: {continuous: true, max_rows: 0}", "2:39: 'max_rows' must be a whole number of at least 1, not '0'")]
    public void Mistakes_are_named_where_they_are(string text, string error)
    {
        Write(text);
        Assert.Equal($"models/silver/m.sql:{error}", Assert.Single(folder.Errors()));
    }

    [Theory]
    [InlineData("table", "bronze.a", "a table is made of all rows each time")]
    [InlineData("view", "bronze.a", "a view is made of all rows each time")]
    [InlineData("incremental", "bronze.a", "its SELECT reads all rows each time")]
    public void A_model_that_reads_all_rows_each_time_cannot_follow(string type, string from, string why)
    {
        folder["models/silver/m.sql"] =
            $"/* @foz\ntrigger: continuous\nmaterialization: {type}\n@foz */\nselect * from {from}";
        folder["models/bronze/a.sql"] = "select 1 as id";
        Assert.Equal(
            $"models/silver/m.sql:1:1: 'silver.m' cannot follow its input: {why}\n  make it incremental and read "
                + "STREAM(table), or take 'trigger' out; 'schedule' runs any model",
            Assert.Single(folder.Errors()));
        // What is stated for all models is for those that can follow.
        folder["models/silver/m.sql"] = $"/* @foz\nmaterialization: {type}\n@foz */\nselect * from {from}";
        folder["foz.yml"] = ProjectFolder.FozYml + "trigger: continuous\n";
        Assert.Null(folder.Load().FindModel(new("silver", "m"))!.Trigger);
    }

    [Fact]
    public void The_trigger_of_the_project_is_that_of_models_without_one()
    {
        folder["foz.yml"] = ProjectFolder.FozYml + "trigger: {interval: 1m}\n";
        Assert.IsType<ModelTrigger.Interval>(Load("").Trigger);
        Assert.IsType<ModelTrigger.Continuous>(Load("trigger: continuous").Trigger);
    }

    Model Load(string text)
    {
        Write(text);
        return folder.Load().FindModel(new TableName("silver", "m"))!;
    }

    void Write(string text)
    {
        folder["models/silver/m.sql"] =
            $"/* @foz\n{text}\nmaterialization: incremental\n@foz */\nselect * from stream(bronze.a)";
        folder["models/bronze/a.sql"] = "select 1 as id";
    }
}
