using System.Text;
using Foz.Delta;
using Foz.Delta.Log;

namespace Foz.Tests.Delta.Log;

public sealed class ActionReaderTests
{
    [Fact]
    public void What_is_written_is_read_back()
    {
        var seed = Soak.Seed();
        var actions = new RandomActions(seed).Many(2_000);
        var content = ActionWriter.Write(actions);
        Assert.Equal(actions.Count, Encoding.UTF8.GetString(content.Span).Count(c => c == '\n'));
        Assert.Equal(actions, ActionReader.Read(content, "test"));
    }

    [Fact]
    public void A_cut_off_commit_is_never_read_as_if_it_were_whole()
    {
        var seed = Soak.Seed();
        var actions = new RandomActions(seed).Many(12);
        var content = ActionWriter.Write(actions);
        var text = content.Span;
        for (var length = 0; length < content.Length; length++)
        {
            var isWhole = length > 0 && (text[length - 1] == '\n' || text[length] == '\n');
            if (isWhole) Assert.True(ActionReader.Read(content[..length], "test").Count <= actions.Count);
            else Assert.Equal(DeltaErrorKind.Corrupt, Assert.Throws<DeltaException>(() =>
                ActionReader.Read(content[..length], "test")).Kind);
        }
    }

    [Theory]
    [InlineData("""{"txn":{"appId":"a","version":1}}{"txn":{"appId":"b","version":2}}""", 2)]
    [InlineData(
        "{\r\n  \"txn\": {\r\n \"appId\": \"a\",\n \"version\": 1\n}\n}\r\n\r\n{\"txn\":{\"appId\":\"b\",\"version\":2}}", 2)]
    [InlineData("\uFEFF{\"txn\":{\"appId\":\"a\",\"version\":1}}", 1)]
    [InlineData("""{"txn":{"appId":"a","version":1},"add":null,"remove":null}""", 1)]
    [InlineData("""{"txn":{"appId":"a","version":1,"future":{"x":[1,{"y":2}]},"more":null}}""", 1)]
    [InlineData("""{"future":{"path":"x"}}{"txn":{"version":1,"appId":"a"}}""", 1)]
    [InlineData("""{"t\u0078n":{"app\u0049d":"a","version":1}}""", 1)]
    [InlineData("""{"txn":{"appId":"a","version":1.0}}""", 1)]
    [InlineData("""{"txn":{"appId":"a","version":1e0,"lastUpdated":null}}""", 1)]
    [InlineData("   \n", 0)]
    [InlineData("{}", 0)]
    public void The_layout_of_the_JSON_does_not_count(string json, int count)
    {
        var actions = Read(json);
        Assert.Equal(count, actions.Count);
        if (count > 0) Assert.Equal(new SetTransaction { AppId = "a", Version = 1 }, actions[0]);
        if (count > 1) Assert.Equal(new SetTransaction { AppId = "b", Version = 2 }, actions[1]);
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("\uFEFF", "empty")]
    [InlineData("{\"txn\":{\"appId\":\"a\",\"version\":1}}\n{\"txn\":", "line 2")]
    [InlineData("{\"txn\":{\"appId\":\"a\",\"version\":1}}\n\0\0\0\0", "line 2")]
    [InlineData("[]", "an object is expected")]
    [InlineData("null", "an object is expected")]
    [InlineData("""{"add":{"partitionValues":{},"size":1}}""", "'add' has no 'path'")]
    [InlineData("""{"add":{"path":"","size":1}}""", "'add' has no 'path'")]
    [InlineData("""{"add":{"path":"x"}}""", "'add' has no 'size'")]
    [InlineData("""{"add":{"path":1,"size":1}}""", "a string is expected")]
    [InlineData("""{"add":{"path":"x","size":"1"}}""", "a whole number is expected")]
    [InlineData("""{"add":{"path":"x","size":1.5}}""", "a whole number is expected")]
    [InlineData("""{"add":{"path":"x","size":1e99}}""", "a whole number is expected")]
    [InlineData("""{"add":{"path":"x","size":1,"dataChange":"yes"}}""", "true or false is expected")]
    [InlineData("""{"add":{"path":"x","size":1,"partitionValues":[]}}""", "an object is expected")]
    [InlineData("""{"add":{"path":"x","size":1,"deletionVector":{"storageType":"uu"}}}""", "no 'storageType'")]
    [InlineData("""{"add":{"path":"x","size":1,"deletionVector":{"storageType":"u"}}}""", "no 'pathOrInlineDv'")]
    [InlineData("""{"remove":{"deletionTimestamp":1}}""", "'remove' has no 'path'")]
    [InlineData("""{"cdc":{"path":"x"}}""", "'cdc' has no 'size'")]
    [InlineData("""{"protocol":{"minReaderVersion":1}}""", "no 'minWriterVersion'")]
    [InlineData("""{"protocol":{"minReaderVersion":99999999999,"minWriterVersion":1}}""", "a 32-bit number")]
    [InlineData("""{"protocol":{"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":"x"}}""", "an array")]
    [InlineData("""{"txn":{"version":1}}""", "no 'appId'")]
    [InlineData("""{"txn":{"appId":"x"}}""", "no 'version'")]
    [InlineData("""{"domainMetadata":{"configuration":""}}""", "no 'domain'")]
    [InlineData("""{"add":{"path":"\ud800","size":1}}""", "corrupt")]
    [InlineData("<html>503</html>", "line 1")]
    public void A_malformed_log_is_named_with_file_and_fault(string json, string fault)
    {
        var error = Assert.Throws<DeltaException>(() => Read(json));
        Assert.Equal(DeltaErrorKind.Corrupt, error.Kind);
        Assert.StartsWith("/t/_delta_log/0.json is corrupt: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(fault, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Text_that_is_no_UTF8_is_corrupt()
    {
        byte[] content = [.. "{\"add\":{\"path\":\"x"u8, 0xFF, 0xC3, .. "\",\"size\":1}}"u8];
        Assert.Equal(DeltaErrorKind.Corrupt,
            Assert.Throws<DeltaException>(() => ActionReader.Read(content, "t")).Kind);
        content = [.. "{\"add\":{\"path\":\"x\",\"size\":1,\"partitionValues\":{\"p\":\""u8, 0xC3, .. "\"}}}"u8];
        Assert.Equal(DeltaErrorKind.Corrupt,
            Assert.Throws<DeltaException>(() => ActionReader.Read(content, "t")).Kind);
    }

    [Theory]
    [InlineData("""
        "{\"numRecords\":3,\"minValues\":{\"s\":\"ü\\\"\"}}"
        """, """{"numRecords":3,"minValues":{"s":"ü\""}}""")]
    [InlineData("""{"numRecords" : 3}""", """{"numRecords" : 3}""")]
    [InlineData("null", "")]
    [InlineData("\"\"", "")]
    [InlineData("\"no json\"", "no json")]
    [InlineData("17", "")]
    [InlineData("[1]", "")]
    public void Statistics_are_kept_as_they_are(string json, string expected)
    {
        var add =
            (AddFile)Read($$$"""{"add":{"path":"x","size":1,"stats":{{{json}}},"modificationTime":7}}""").Single();
        Assert.Equal(expected, add.Stats.ToString());
        Assert.Equal(expected.Length == 0, add.Stats.IsNone);
        Assert.Equal(7, add.ModificationTimeMs);
    }

    [Fact]
    public void Partition_values_keep_null_apart_from_empty()
    {
        var add = (AddFile)Read("""{"add":{"path":"x","size":1,"partitionValues":{"a":null,"b":"","c":5,"d":"1"}}}""")
            .Single();
        Assert.Equal(["a", "b", "c", "d"], add.PartitionValues.Keys);
        Assert.Equal([null, "", "5", "1"], add.PartitionValues.Values);
    }

    [Fact]
    public void Files_of_one_commit_share_keys_and_repeated_values()
    {
        var adds = Read("""
            {"add":{"path":"x","size":1,"partitionValues":{"day":"2026-01-01"}}}
            {"add":{"path":"y","size":1,"partitionValues":{"day":"2026-01-01"}}}
            """).Cast<AddFile>().ToArray();
        Assert.Same(adds[0].PartitionValues["day"], adds[1].PartitionValues["day"]);
        Assert.Same(adds[0].PartitionValues.Keys, adds[1].PartitionValues.Keys);
    }

    [Fact]
    public void Commit_information_of_any_shape_is_read()
    {
        var info = (CommitInfo)Read("""
            {"commitInfo":{"timestamp":1.5,"operation":"MERGE","operationParameters":{"a":"x","b":[1,"y"],"c":{"d":null},
            "e":null,"f":true},"readVersion":"seven","isBlindAppend":"no","engineInfo":17,"userName":null,
            "clusterMetrics":{"x":1}}}
            """).Single();
        Assert.Equal("MERGE", info.Operation);
        Assert.Null(info.TimestampMs);
        Assert.Null(info.ReadVersion);
        Assert.Null(info.IsBlindAppend);
        Assert.Null(info.EngineInfo);
        Assert.Equal(["x", """[1,"y"]""", """{"d":null}""", null, "true"], info.OperationParameters.Values);
    }

    [Fact]
    public void The_first_commit_information_is_found_without_the_rest()
    {
        var content = Encoding.UTF8.GetBytes("""
            {"add":{"path":17}}
            {"commitInfo":{"operation":"WRITE","inCommitTimestamp":5}}
            {"commitInfo":{"operation":"OTHER"}}
            """);
        Assert.Equal(5, ActionReader.ReadInfo(content, "t")!.InCommitTimestampMs);
        Assert.Null(ActionReader.ReadInfo("{\"add\":{}}"u8.ToArray(), "t"));
    }

    static List<LogAction> Read(string json) =>
        ActionReader.Read(Encoding.UTF8.GetBytes(json), "/t/_delta_log/0.json");
}
