using Foz.Delta.Log;
using Foz.Delta.Scans;
using Foz.Delta.Schema;
using Foz.Delta.Snapshots;

namespace Foz.Tests.Delta.Scans;

public sealed class FilePrunerTests
{
    static readonly TableSchema Schema = new(
        new StructType(
            new StructField("id", DeltaType.Long),
            new StructField("price", new DecimalType(10, 2)),
            new StructField("big", new DecimalType(38, 10)),
            new StructField("sum", new DecimalType(20, 2)),
            new StructField("ratio", DeltaType.Double),
            new StructField("small", DeltaType.Float),
            new StructField("name", DeltaType.String),
            new StructField("day", DeltaType.Date),
            new StructField("at", DeltaType.Timestamp),
            new StructField("s", new StructType(new StructField("x", DeltaType.Integer))),
            new StructField("list", new ArrayType(DeltaType.Long, true)),
            new StructField("raw", DeltaType.Binary),
            new StructField("region", DeltaType.String),
            new StructField("month", DeltaType.Date)),
        ["region", "month"],
        ColumnMappingMode.None);

    [Theory]
    [InlineData("id", "=", "5", true)]
    [InlineData("id", "=", "4", false)]
    [InlineData("id", "=", "11", false)]
    [InlineData("id", "=", "5.5", false)]
    [InlineData("id", "<", "5", false)]
    [InlineData("id", "<", "5.1", true)]
    [InlineData("id", "<=", "5", true)]
    [InlineData("id", ">", "10", false)]
    [InlineData("id", ">", "9.9", true)]
    [InlineData("id", ">=", "10.1", false)]
    [InlineData("id", "<>", "5", true)]
    [InlineData("id", "=", "99999999999999999999999", false)]
    [InlineData("id", "=", "five", true)]
    [InlineData("price", ">", "99.995", false)]
    [InlineData("price", ">", "99.985", true)]
    [InlineData("big", "=", "12345678901234567.0001", true)]
    [InlineData("big", ">", "12345678901234600", false)]
    [InlineData("sum", "=", "123456789012345678.90", true)]
    [InlineData("sum", "=", "123456789012345000.90", false)]
    [InlineData("sum", "=", "12345", false)]
    [InlineData("ratio", ">", "2.5", false)]
    [InlineData("ratio", "<=", "-1", true)]
    [InlineData("small", "=", "0.1", true)]
    [InlineData("small", "=", "0.2", false)]
    [InlineData("name", "=", "Ana", true)]
    [InlineData("name", "<", "Ana", false)]
    [InlineData("name", ">", "Zé", true)]
    [InlineData("day", "=", "2024-02-29", true)]
    [InlineData("day", ">", "2024-03-01", false)]
    [InlineData("day", ">=", "2024-03-01 00:00:01", false)]
    [InlineData("at", "=", "2024-01-01 00:00:00.123999+00", true)]
    [InlineData("at", ">", "2024-01-01 00:00:00.124001+00", false)]
    [InlineData("at", "<", "2023-12-31 21:00:00-03", false)]
    [InlineData("s.x", "=", "7", true)]
    [InlineData("s.x", "=", "8", false)]
    [InlineData("S.X", "=", "8", false)]
    [InlineData("list", "=", "8", true)]
    [InlineData("raw", "=", "8", true)]
    [InlineData("nosuch", "=", "8", true)]
    [InlineData("region", "=", "sul", true)]
    [InlineData("region", "=", "norte", false)]
    [InlineData("month", "=", "2024-01-01", true)]
    [InlineData("month", ">", "2024-01-01", false)]
    public void A_comparison_keeps_files_whose_bounds_allow_it(
        string column, string comparison, string literal, bool isKept) =>
        Assert.Equal(isKept, MayMatch(Compare(column, comparison, literal)));

    /// <summary>The float 0.1 is 0.10000000149011612; its column can be one of doubles since.</summary>
    [Fact]
    public void Bounds_that_name_a_float_hold_for_it_as_a_double()
    {
        var file = File(
            "a", """{"numRecords":1,"minValues":{"ratio":0.1},"maxValues":{"ratio":0.1},"nullCount":{"ratio":0}}""");
        Assert.True(new FilePruner(Schema, Compare("ratio", "=", "0.10000000149011612")).MayMatch(file));
        Assert.False(new FilePruner(Schema, Compare("ratio", "=", "0.1001")).MayMatch(file));
    }

    [Fact]
    public void Other_conditions_keep_files_whose_bounds_allow_them()
    {
        Assert.True(MayMatch(new Predicate.In(ColumnPath.Parse("id"), ["1", "7", null])));
        Assert.False(MayMatch(new Predicate.In(ColumnPath.Parse("id"), ["1", "4", "5.5", null])));
        Assert.False(MayMatch(!new Predicate.In(ColumnPath.Parse("s.x"), ["6", "7"])));
        Assert.False(MayMatch(!new Predicate.In(ColumnPath.Parse("id"), ["1", null])));
        Assert.True(MayMatch(!new Predicate.In(ColumnPath.Parse("id"), ["1"])));
        Assert.False(MayMatch(new Predicate.IsNull(ColumnPath.Parse("id"))));
        Assert.True(MayMatch(new Predicate.IsNull(ColumnPath.Parse("name"))));
        Assert.False(MayMatch(!new Predicate.IsNull(ColumnPath.Parse("price")) & Compare("ratio", ">", "3")));
        Assert.True(MayMatch(new Predicate.IsNull(ColumnPath.Parse("list"))));
        Assert.True(MayMatch(new Predicate.StartsWith(ColumnPath.Parse("name"), "An")));
        Assert.True(MayMatch(new Predicate.StartsWith(ColumnPath.Parse("name"), "M")));
        Assert.True(MayMatch(new Predicate.StartsWith(ColumnPath.Parse("name"), "Zé Carlos")));
        Assert.False(MayMatch(new Predicate.StartsWith(ColumnPath.Parse("name"), "A")
            & new Predicate.StartsWith(ColumnPath.Parse("region"), "n")));
        Assert.False(MayMatch(new Predicate.StartsWith(ColumnPath.Parse("name"), "AM")));
        Assert.False(MayMatch(!new Predicate.StartsWith(ColumnPath.Parse("region"), "su")));
        Assert.True(MayMatch(Predicate.Unknown) && MayMatch(!Predicate.Unknown) && MayMatch(Predicate.True));
        Assert.False(MayMatch(Predicate.Unknown & Compare("id", "=", "4")));
        Assert.True(MayMatch(Predicate.Unknown | Compare("id", "=", "4")));
        Assert.False(MayMatch(!Predicate.True));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("\"")]
    [InlineData("{\"")]
    [InlineData("{\"minValues\\")]
    [InlineData("""{"minValues":{"id":"\\""")]
    [InlineData("""{"minValues":{"id":50}""")]
    [InlineData("""{"minValues":{"id":}}""")]
    [InlineData("""{"minValues":{id:50}}""")]
    [InlineData("""{"minValues":{"name":"\u00"},"maxValues":{"name":"\q"}}""")]
    [InlineData("""{"minValues":[{"id":50}],"maxValues":null}""")]
    [InlineData("""{"stats_json":"{\"numRecords\":3}"}""")]
    [InlineData("""{"numRecords":"3","minValues":[1],"maxValues":"x","nullCount":7}""")]
    [InlineData("""{"numRecords":3,"minValues":{"id":"x"},"maxValues":{"id":{"a":1}},"nullCount":{"id":-0.5}}""")]
    [InlineData("""{"numRecords":3,"minValues":{"id":50},"maxValues":{"id":40}}""")]
    [InlineData("""{"numRecords":3,"minValues":{"id":1e400},"maxValues":{"id":true}}""")]
    [InlineData("""{"numRecords":3,"minValues":{"name":"\ud83d"},"maxValues":{"id":1},"nullCount":{"id":0} }""")]
    [InlineData("""{"numRecords":3,"minValues":{"id":null},"maxValues":{"id":null},"nullCount":{"id":1} }""")]
    public void Odd_statistics_never_hide_a_file(string stats)
    {
        var pruner = new FilePruner(Schema, Compare("id", "=", "45") & !Compare("name", "=", "x"));
        Assert.True(pruner.MayMatch(File("a", stats)));
        Assert.Single(pruner.Prune(Set(File("a", stats))));
    }

    [Fact]
    public void Statistics_are_read_whatever_their_order_and_spacing()
    {
        const string Stats = """
             { "z" : {"id":"}\"{"} , "nullCount" : { "name":1, "\u0069d" : 0 } , "q":[[{"minValues":{}}]],"maxValues":{"s":{"y":{"x":1}, "x" : 7 },"id":9},
               "minValues":{"s":{"x":7},"id" :5 ,"name":"\u0041na"},"tightBounds":true,"numRecords":3 }
            """;
        Assert.Equal(3, FileStatistics.RecordCount(File("a", Stats)));
        Assert.Equal(
            [false, true, false, false, true, false],
            new Predicate[]
            {
                Compare("id", "=", "4"), Compare("id", "=", "9"), Compare("s.x", "=", "6"), Compare("name", "=", "A"),
                Compare("day", "=", "2020-01-01"), new Predicate.IsNull(ColumnPath.Of("id")),
            }
                .Select(predicate => new FilePruner(Schema, predicate).MayMatch(File("a", Stats))));
    }

    [Fact]
    public void Null_counts_of_wide_bounds_count_only_where_they_are_none_or_all()
    {
        var isNull = new FilePruner(Schema, new Predicate.IsNull(ColumnPath.Parse("id")));
        var isNotNull = new FilePruner(Schema, !new Predicate.IsNull(ColumnPath.Parse("id")));
        foreach (var tight in new[] { "true", "false" })
        {
            var some = File("a", $$"""{"numRecords":3,"tightBounds":{{tight}},"nullCount":{"id":1} }""");
            var none = File("b", $$"""{"numRecords":3,"tightBounds":{{tight}},"nullCount":{"id":0} }""");
            var all = File("c", $$"""{"numRecords":3,"tightBounds":{{tight}},"nullCount":{"id":3} }""");
            Assert.Equal([true, false, true], new[] { some, none, all }.Select(isNull.MayMatch));
            Assert.Equal([true, true, false], new[] { some, none, all }.Select(isNotNull.MayMatch));
        }
    }

    [Fact]
    public void Files_without_rows_are_dropped()
    {
        var empty = File("a", """{"numRecords":0}""");
        Assert.False(new FilePruner(Schema, Compare("id", "=", "1")).MayMatch(empty));
        Assert.Empty(new FilePruner(Schema, !Compare("id", "=", "1")).Prune(Set(empty)));
    }

    [Fact]
    public void A_file_is_whole_only_where_every_row_matches_for_certain()
    {
        Assert.True(Matched(Compare("region", "=", "sul")).IsWhole);
        Assert.True(Matched(Compare("id", ">=", "5")).IsWhole);
        Assert.False(Matched(Compare("id", ">", "5")).IsWhole);
        Assert.False(Matched(Compare("name", ">", "A")).IsWhole, "a name is null");
        Assert.False(Matched(Compare("ratio", "<", "3")).IsWhole, "a ratio may be NaN");
        Assert.True(Matched(Compare("region", "=", "sul") | Compare("ratio", "<", "3")).IsWhole);
        Assert.False(Matched(Predicate.Unknown).IsWhole);

        static MatchedFile Matched(Predicate predicate) =>
            new FilePruner(Schema, predicate).Match(Set(Sample())).Single();
    }

    [Fact]
    public void Missing_and_empty_partition_values_are_told_apart()
    {
        var isNull = new FilePruner(Schema, new Predicate.IsNull(ColumnPath.Parse("region")));
        var isSul = new FilePruner(Schema, Compare("region", "=", "sul"));
        var empty = File("a", "") with { PartitionValues = new(["region", "month"], ["", null]) };
        var missing = File("a", "") with { PartitionValues = StringMap.Empty };
        var odd = File("a", "") with { PartitionValues = new(["month"], ["January"]) };
        Assert.True(isNull.MayMatch(empty));
        Assert.False(isSul.MayMatch(empty));
        Assert.True(isNull.MayMatch(missing));
        Assert.True(isSul.MayMatch(missing));
        Assert.True(new FilePruner(Schema, Compare("month", "=", "2024-01-01")).MayMatch(odd));
    }

    [Fact]
    public void Statistics_are_found_by_physical_name()
    {
        var (mapped, _) = ColumnMapping.Assign(new StructType(
            new StructField("s", new StructType(new StructField("x", DeltaType.Long))),
            new StructField("p", DeltaType.Long)), 0);
        var schema = new TableSchema(mapped, ["p"], ColumnMappingMode.Name);
        var path = schema.PhysicalPath(ColumnPath.Parse("s.x"))!.Names;
        var file = File(
            "a",
            $$"""{"numRecords":1,"minValues":{"{{path[0]}}":{"{{path[1]}}":3} },"maxValues":{"{{path[0]}}":{"{{path[1]}}":3} } }""")
            with
        { PartitionValues = new([mapped.Find("p")!.PhysicalName(ColumnMappingMode.Name)], ["8"]) };
        Assert.True(new FilePruner(schema, Compare("s.x", "=", "3") & Compare("p", "=", "8")).MayMatch(file));
        Assert.False(new FilePruner(schema, Compare("s.x", "=", "4")).MayMatch(file));
        Assert.False(new FilePruner(schema, Compare("p", "=", "9")).MayMatch(file));
    }

    [Fact]
    public void What_was_read_once_serves_later_predicates_and_snapshots()
    {
        var files = Enumerable.Range(0, 1000)
            .Select(i =>
                File($"f{i}",
                    $$"""{"numRecords":1,"minValues":{"id":{{i}},"name":"n{{i}}"},"maxValues":{"id":{{i}},"name":"n{{i}}"},"nullCount":{"id":0,"name":0} }"""))
            .ToArray();
        var set = Set(files);
        for (var round = 0; round < 3; round++)
        {
            Assert.Equal(["f7"], Names(set, Compare("id", "=", "7")));
            Assert.Equal(["f998", "f999"], Names(set, Compare("id", ">=", "998") & Compare("name", ">", "n")));
            Assert.Equal(["f42"], Names(set, Compare("name", "=", "n42")));
            set = set.Change(
                [files[500 + round].Key],
                [
                    File($"g{round}",
                        """{"numRecords":1,"minValues":{"id":-1,"name":"a"},"maxValues":{"id":-1,"name":"a"}}"""),
                ]);
            Assert.Equal(round + 1, Names(set, Compare("id", "=", "-1")).Count());
        }
    }

    [Fact]
    public void Many_files_keep_their_order()
    {
        var set = Set([.. Enumerable.Range(0, 40_000)
            .Select(i =>
                File($"f{i:D5}",
                    $$"""{"numRecords":1,"minValues":{"id":{{i % 7}}},"maxValues":{"id":{{i % 7}}} }"""))]);
        var expected = Enumerable.Range(0, 40_000).Where(i => i % 7 == 3).Select(i => $"f{i:D5}").ToArray();
        Assert.Equal(expected, Names(set, Compare("id", "=", "3")));
        Assert.Equal(expected, Names(set, Compare("id", "=", "3")));
    }

    static IEnumerable<string> Names(FileSet<AddFile> set, Predicate predicate) =>
        new FilePruner(Schema, predicate).Prune(set).Select(file => file.Path.Value);

    static bool MayMatch(Predicate predicate)
    {
        var pruner = new FilePruner(Schema, predicate);
        var isKept = pruner.MayMatch(Sample());
        Assert.Equal(isKept, pruner.Prune(Set(Sample())).Count == 1);
        return isKept;
    }

    static AddFile Sample() => File("a", """
        {"numRecords":4,"tightBounds":true,"unknown":{"id":[1,{}]},
         "minValues":{"id":5,"price":1.5,"big":1.2345678901234567E16,"sum":1.2345678901234568e17,"ratio":-1.0,"small":0.1,"name":"Ana","day":"2024-02-01","at":"2024-01-01T00:00:00.000Z","s":{"x":7,"y":"z"}},
         "maxValues":{"id":10,"price":99.99,"big":1.2345678901234567E16,"sum":1.2345678901234568e17,"ratio":2.5,"small":0.1,"name":"Zé Carlos da Silva Xavier de Alb􏿿","day":"2024-03-01","at":"2024-01-01T00:00:00.123Z","s":{"x":7}},
         "nullCount":{"id":0,"price":4,"ratio":0,"name":1,"s":{"x":2},"list":3}}
        """);

    static AddFile File(string path, string stats) => new()
    {
        Path = FilePath.Relative(path),
        PartitionValues = new(["region", "month"], ["sul", "2024-01-01"]),
        SizeBytes = 1,
        ModificationTimeMs = 0,
        Stats = JsonText.FromString(stats),
    };

    static FileSet<AddFile> Set(params AddFile[] files) => FileSet<AddFile>.Empty.Change([], files);

    static Predicate.Compare Compare(string column, string comparison, string literal) =>
        new(ColumnPath.Parse(column), comparison switch
        {
            "=" => Comparison.Equal,
            "<>" => Comparison.NotEqual,
            "<" => Comparison.Less,
            "<=" => Comparison.LessOrEqual,
            ">" => Comparison.Greater,
            _ => Comparison.GreaterOrEqual,
        }, literal);
}
