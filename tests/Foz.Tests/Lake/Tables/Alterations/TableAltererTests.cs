using Foz.Delta;
using Foz.Delta.Log;
using Foz.Delta.Schema;
using Foz.Lake;
using Foz.Lake.Tables.Alterations;

namespace Foz.Tests.Lake.Tables.Alterations;

public sealed class TableAltererTests : IDisposable
{
    const string Mapped = "delta.columnMapping.mode";
    readonly RulesTable t = new();

    public void Dispose() => t.Dispose();

    [Fact]
    public async Task Columns_are_added_first_behind_others_and_inside_structs()
    {
        await t.AppendAsync("SELECT 1 AS id, {'a': 5} AS s, [{'x': 1}] AS l");
        await AlterAsync(new TableAlteration.AddColumns(
            new NewColumn("top", "string") { Place = ColumnPlace.First, Comment = "ça" },
            new NewColumn("next", "decimal(10,2)") { Place = ColumnPlace.AfterColumn("ID") },
            new NewColumn("s.b", "array<int>"),
            new NewColumn("l.element.y", "date") { Place = ColumnPlace.First }));

        Assert.Equal(["|1||{'a': 5, 'b': NULL}|[{'y': NULL, 'x': 1}]"], await t.RowsAsync());
        Assert.Equal("ça", (await t.ColumnAsync("top")).Comment);
        await t.AppendAsync("SELECT 2 AS id, {'b': [7], 'a': 6} AS s, 1.25::DECIMAL(10,2) AS next");
        Assert.Contains("|2|1.25|{'a': 6, 'b': [7]}|", await t.RowsAsync());
        var (name, parameters) = await LastAsync(version: 1);
        Assert.Equal("ADD COLUMNS", name);
        Assert.Contains(
            """{"column":{"name":"s.b","type":"array","nullable":true,"metadata":{}}}""", parameters["columns"]);
        Assert.Contains("\"position\":\"AFTER ID\"", parameters["columns"]);
        await FailsAsync(new TableAlteration.AddColumns(new NewColumn("ID", "int")), "has a column ID already");
        await FailsAsync(new TableAlteration.AddColumns(new NewColumn("z", "strin")), "strin");
    }

    [Fact]
    public async Task Columns_are_renamed_and_dropped_without_rewriting_once_the_table_maps_them()
    {
        await t.CreateAsync(
            [
                new("id", DeltaType.Long), new("p", DeltaType.String),
                new("s", new StructType(new StructField("a", DeltaType.Long), new("b", DeltaType.Long))),
            ],
            properties: null, "p");
        await t.AppendAsync("SELECT 1 AS id, 'x' AS p, {'a': 5, 'b': 6} AS s");
        await FailsAsync(new TableAlteration.RenameColumn("id", "key"), "none can be renamed or dropped");
        await AlterAsync(Set((Mapped, "name")));
        await AlterAsync(new TableAlteration.RenameColumn("id", "key"));
        await AlterAsync(new TableAlteration.RenameColumn("p", "part"));
        await AlterAsync(new TableAlteration.RenameColumn("s.a", "first"));
        await AlterAsync(new TableAlteration.DropColumns(["s.b"]));
        await AlterAsync(new TableAlteration.AddColumns(new NewColumn("s.b", "string"), new NewColumn("id", "string")));
        await t.AppendAsync("SELECT 2 AS key, 'y' AS part, {'first': 7, 'b': 'new'} AS s, 'i' AS id");

        Assert.Equal(["1|x|{'first': 5, 'b': NULL}|", "2|y|{'first': 7, 'b': new}|i"], await t.RowsAsync());
        Assert.Equal(["part"], (await t.LatestAsync()).PartitionColumns);
        Assert.Equal("id", (await t.ColumnAsync("key")).PhysicalName(ColumnMappingMode.Name));
        Assert.StartsWith(
            "col-", (await t.ColumnAsync("id")).PhysicalName(ColumnMappingMode.Name), StringComparison.Ordinal);
        var (name, parameters) = await LastAsync(version: 5);
        Assert.Equal(
            ("RENAME COLUMN", "s.a", "s.first"), (name, parameters["oldColumnPath"], parameters["newColumnPath"]));
        await FailsAsync(new TableAlteration.DropColumns(["part"]), "the table's partitioning uses it");
        await FailsAsync(new TableAlteration.DropColumns(["kye"]), "no column kye", "did you mean key?");
        Assert.Equal(
            2, (await t.MergeAsync(
                "SELECT 1 AS key, 'x' AS part, {'first': 9, 'b': 'm'} AS s", "key")).Snapshot.RowCount);
        Assert.Equal(["{'first': 7, 'b': new}", "{'first': 9, 'b': m}"], await t.RowsAsync("s"));
    }

    [Fact]
    public async Task What_a_constraint_or_generated_column_uses_is_neither_renamed_nor_dropped_nor_changed()
    {
        var generated = FieldMetadata.Empty.With(FieldMetadata.GenerationExpressionKey, "id + 1");
        await t.CreateAsync(
            [
                new("id", DeltaType.Integer), new("v", DeltaType.Integer),
                new("g", DeltaType.Integer, metadata: generated),
            ],
            [(Mapped, "name"), (TypeWidening.EnableProperty, "true"), ("delta.constraints.small", "V < 10")]);

        await FailsAsync(new TableAlteration.RenameColumn("v", "w"), "the constraint small (V < 10) uses it");
        await FailsAsync(new TableAlteration.DropColumns(["id"]), "the generated column g (id + 1) uses it");
        await FailsAsync(new TableAlteration.ChangeType("v", "bigint"), "the constraint small");
    }

    [Fact]
    public async Task Types_are_widened_and_old_files_read_as_the_new_ones()
    {
        await t.AppendAsync(
            "SELECT 1::INTEGER AS i, DATE '2024-02-29' AS d, {'l': [1::SMALLINT]} AS s, 1.5::DECIMAL(4,1) AS n");
        await FailsAsync(new TableAlteration.ChangeType("i", "bigint"), "does not allow types to be widened");
        await AlterAsync(Set((TypeWidening.EnableProperty, "true")));
        await AlterAsync(new TableAlteration.ChangeType("i", "bigint"));
        await AlterAsync(new TableAlteration.ChangeType("d", "timestamp_ntz"));
        await AlterAsync(new TableAlteration.ChangeType("s.l", "array<int>"));
        await AlterAsync(new TableAlteration.ChangeType("n", "decimal(10,2)"));
        await FailsAsync(new TableAlteration.ChangeType("i", "int"), "column i is long and cannot become integer");
        await t.AppendAsync("SELECT 5000000000 AS i, {'l': [70000::INTEGER]} AS s, 12345678.25::DECIMAL(10,2) AS n");

        Assert.Equal(
            ["1|2024-02-29 00:00:00|{'l': [1]}|1.50", "5000000000||{'l': [70000]}|12345678.25"], await t.RowsAsync());
        Assert.Equal([new(DeltaType.Integer, DeltaType.Long)], TypeWidening.ChangesOf(await t.ColumnAsync("i")));
        Assert.Equal("element", TypeWidening.ChangesOf(await t.ColumnAsync("s.l"))[0].FieldPath);
        Assert.True((await t.LatestAsync()).State.Protocol.Supports(TableFeature.TypeWidening));
        // Rows of a wider type widen the column by themselves now, but never to another family.
        await t.AppendAsync("SELECT 1.5::DECIMAL(20,4) AS n");
        Assert.Equal(new DecimalType(20, 4), (await t.ColumnAsync("n")).Type);
        await Assert.ThrowsAsync<FozException>(() => t.AppendAsync("SELECT 1.5::DOUBLE AS i"));
    }

    [Fact]
    public async Task A_constraint_is_added_only_where_all_rows_fulfil_it()
    {
        await t.AppendAsync("SELECT i AS id FROM range(-1, 5) r(i)");
        await FailsAsync(
            new TableAlteration.AddConstraint("Positive", "id >= 0"), "has a row that breaks the constraint positive",
            "id = -1");
        await t.DeleteAsync("id < 0");
        await AlterAsync(new TableAlteration.AddConstraint("Positive", "id >= 0"));
        Assert.Equal("id >= 0", (await t.LatestAsync()).Properties["delta.constraints.positive"]);
        Assert.True((await t.LatestAsync()).State.Protocol.Supports("checkConstraints"));
        await Assert.ThrowsAsync<FozException>(() => t.AppendAsync("SELECT -5 AS id"));

        await FailsAsync(new TableAlteration.AddConstraint("positive", "id > 1"), "has a constraint positive already");
        await FailsAsync(new TableAlteration.AddConstraint("c", "ids > 1"), "no column ids");
        await FailsAsync(new TableAlteration.AddConstraint("c", "now() > timestamp '2020-01-01'"), "now");
        await FailsAsync(new TableAlteration.AddConstraint("c", "id + 1"), "is no condition");
        await FailsAsync(
            new TableAlteration.DropConstraint("positiv"), "no constraint positiv", "did you mean positive?");
        await AlterAsync(new TableAlteration.DropConstraint("POSITIVE"));
        await t.AppendAsync("SELECT -5 AS id");
    }

    [Fact]
    public async Task NOT_NULL_is_set_only_where_all_rows_have_a_value()
    {
        await t.AppendAsync("SELECT 1 AS id, {'a': NULL::BIGINT} AS s");
        await FailsAsync(new TableAlteration.SetNotNull("s.a"), "NOT NULL of column s.a", "id = 1");
        await AlterAsync(new TableAlteration.SetNotNull("id"));
        await Assert.ThrowsAsync<FozException>(() => t.AppendAsync("SELECT NULL::INTEGER AS id"));
        await AlterAsync(new TableAlteration.DropNotNull("id"));
        await t.AppendAsync("SELECT NULL::INTEGER AS id");
        Assert.Null(await t.AlterAsync(new TableAlteration.DropNotNull("id")));
    }

    [Fact]
    public async Task Defaults_comments_tags_and_places_are_set_and_taken_away()
    {
        await t.AppendAsync("SELECT 1 AS id, 'a' AS v");
        await AlterAsync(new TableAlteration.SetDefault("v", "'new'"));
        await t.AppendAsync("SELECT 2 AS id");
        await FailsAsync(new TableAlteration.SetDefault("v", "id"), "no column id");
        await AlterAsync(new TableAlteration.DropDefault("v"));
        await t.AppendAsync("SELECT 3 AS id");
        await AlterAsync(new TableAlteration.MoveColumn("v", ColumnPlace.First));
        Assert.Equal(["a|1", "new|2", "|3"], (await t.RowsAsync()).OrderBy(row => row[^1]));

        await AlterAsync(new TableAlteration.Comment(null, "one row an order"));
        await AlterAsync(new TableAlteration.Comment("v", "a value"));
        await AlterAsync(new TableAlteration.Tag("v", new Dictionary<string, string?> { ["pii"] = "email" }));
        await AlterAsync(new TableAlteration.Tag(null, new Dictionary<string, string?> { ["domain"] = "sales" }));
        var latest = await t.LatestAsync();
        Assert.Equal(("one row an order", "sales"), (latest.Description, latest.Properties["foz.tag.domain"]));
        Assert.Equal(
            ("a value", "email"),
            ((await t.ColumnAsync("v")).Comment, (await t.ColumnAsync("v")).Metadata.GetString("foz.tag.pii")));
        await AlterAsync(new TableAlteration.Tag("v", new Dictionary<string, string?> { ["pii"] = null }));
        Assert.Null((await t.ColumnAsync("v")).Metadata["foz.tag.pii"]);
        Assert.Equal("CHANGE COLUMN", (await LastAsync(latest.Version + 1)).Operation);
    }

    [Fact]
    public async Task Properties_of_delta_are_checked()
    {
        await t.AppendAsync("SELECT 1 AS id");
        await FailsAsync(Set(("delta.apendOnly", "true")), "delta.apendOnly", "did you mean delta.appendOnly?");
        await FailsAsync(Set(("delta.appendOnly", "yes")), "true or false, not 'yes'");
        await FailsAsync(Set(("delta.logRetentionDuration", "soon")), "interval");
        await FailsAsync(Set(("delta.columnMapping.maxColumnId", "7")), "the protocol's own");
        await FailsAsync(Set(("delta.constraints.c", "id > 0")), "is a constraint");
        await FailsAsync(new TableAlteration.UnsetProperties(["team"]), "is not set");
        await AlterAsync(Set(("DELTA.appendonly", "true"), ("team", "sales")));
        var latest = await t.LatestAsync();
        Assert.Equal(("true", "sales"), (latest.Properties["delta.appendOnly"], latest.Properties["team"]));
        var error = await Assert.ThrowsAnyAsync<Exception>(() => t.DeleteAsync("true"));
        Assert.Contains("append-only", error.Message, StringComparison.Ordinal);
        await AlterAsync(new TableAlteration.UnsetProperties(["delta.appendOnly", "missing"], IfExists: true));
        await t.DeleteAsync("true");
    }

    [Theory]
    [InlineData(1, 2, "delta.constraints", "", 1, 3)]
    [InlineData(1, 2, "delta.minWriterVersion", "4", 1, 4)]
    [InlineData(1, 2, "delta.minWriterVersion", "2", 1, 2)]
    [InlineData(1, 2, "delta.feature.changeDataFeed", "supported", 1, 7)]
    [InlineData(1, 4, "delta.columnMapping.mode", "name", 2, 5)]
    [InlineData(1, 2, "delta.columnMapping.mode", "name", 3, 7)]
    [InlineData(1, 2, "delta.enableDeletionVectors", "true", 3, 7)]
    public async Task Old_protocols_rise_only_as_far_as_they_must(
        int reader, int writer, string property, string value, int readerAfter, int writerAfter)
    {
        await t.CreateOldAsync(reader, writer);
        TableAlteration alteration = property == "delta.constraints"
            ? new TableAlteration.AddConstraint("c", "id > 0")
            : Set((property, value));
        var changed = await t.AlterAsync(alteration);

        var protocol = (await t.LatestAsync()).State.Protocol;
        Assert.Equal((readerAfter, writerAfter), (protocol.MinReaderVersion, protocol.MinWriterVersion));
        Assert.Equal(writer == 2 && value == "2", changed is null);
        var old = new Protocol { MinReaderVersion = reader, MinWriterVersion = writer };
        Assert.Subset(protocol.AllWriterFeatures.ToHashSet(), old.AllWriterFeatures.ToHashSet());
        await t.AppendAsync("SELECT 1 AS id");
    }

    [Fact]
    public async Task Features_are_dropped_where_nothing_needs_them()
    {
        await t.AppendAsync("SELECT i AS id FROM range(10) r(i)");
        await AlterAsync(new TableAlteration.AddConstraint("c", "id < 100"));
        await FailsAsync(new TableAlteration.DropFeature("checkConstraints"), "it has constraints");
        await AlterAsync(new TableAlteration.DropConstraint("c"));
        await AlterAsync(new TableAlteration.DropFeature("checkconstraints"));
        Assert.False((await t.LatestAsync()).State.Protocol.Supports("checkConstraints"));
        await FailsAsync(new TableAlteration.DropFeature("invariants"), "cannot be dropped");
        await FailsAsync(new TableAlteration.DropFeature("columnMaping"), "has no feature columnMaping");

        await t.DeleteAsync("id = 3");
        await FailsAsync(new TableAlteration.DropFeature("deletionVectors"), "files have deletion vectors");
        await (await t.Writer.OverwriteAsync(t.Table, "SELECT 1 AS id", new(), RulesTable.Cancel))
            .CommitAsync(RulesTable.Cancel);
        await AlterAsync(new TableAlteration.DropFeature("deletionVectors"));
        var protocol = (await t.LatestAsync()).State.Protocol;
        Assert.False(protocol.Supports(TableFeature.DeletionVectors));
        Assert.True(protocol.Supports("checkpointProtection"));
        Assert.Equal(1, protocol.MinReaderVersion);
        Assert.Equal(["1"], await t.RowsAsync());
    }

    [Fact]
    public async Task Clustering_columns_stand_in_their_domain_by_physical_names()
    {
        await t.CreateAsync(
            [new("id", DeltaType.Long), new("s", new StructType(new StructField("a", DeltaType.Long)))],
            [(Mapped, "name")]);
        await AlterAsync(new TableAlteration.ClusterBy("s.a", "id"));
        var physical = (await t.ColumnAsync("id")).PhysicalName(ColumnMappingMode.Name);
        Assert.Contains($"[\"{physical}\"]", (await t.LatestAsync()).State.Domains["delta.clustering"].Configuration);
        await AlterAsync(new TableAlteration.RenameColumn("id", "key"));
        await FailsAsync(new TableAlteration.DropColumns(["key"]), "the table's clustering");
        await AlterAsync(new TableAlteration.ClusterBy());
        Assert.Equal("s.a,key", (await LastAsync(version: 3)).Parameters["oldClusteringColumns"]);
        await t.AppendAsync("SELECT 1 AS key");
    }

    [Fact]
    public async Task A_property_that_only_other_engines_follow_is_kept_and_told()
    {
        await t.CreateAsync([new("id", DeltaType.Long)], []);
        var committed = await t.AlterAsync(Set(("delta.parquet.compression.codec", "zstd"), ("team", "sales")));
        Assert.Equal(
            "delta.parquet.compression.codec is kept for other engines: Foz does not follow it",
            committed!.Warning!.Message);
        Assert.Equal("zstd", (await t.LatestAsync()).Properties["delta.parquet.compression.codec"]);
        Assert.Null((await t.AlterAsync(Set(("delta.appendOnly", "true"))))!.Warning);
    }

    static TableAlteration.SetProperties Set(params (string Key, string Value)[] properties) =>
        new(properties.ToDictionary(p => p.Key, p => p.Value));

    async Task AlterAsync(TableAlteration alteration) => Assert.NotNull(await t.AlterAsync(alteration));

    async Task FailsAsync(TableAlteration alteration, params string[] parts)
    {
        var version = (await t.LatestAsync()).Version;
        var error = await Assert.ThrowsAnyAsync<Exception>(() => t.AlterAsync(alteration));
        var text = error is FozException own ? own.Describe() : ((DeltaException)error).Message;
        Assert.All(parts, part => Assert.Contains(part, text, StringComparison.Ordinal));
        Assert.Equal(version, (await t.LatestAsync()).Version);
    }

    async Task<(string? Operation, IReadOnlyDictionary<string, string?> Parameters)> LastAsync(long version)
    {
        await foreach (var commit in t.Table.HistoryAsync(RulesTable.Cancel))
            if (commit.Version == version) return (commit.Operation, commit.Parameters);
        throw new InvalidOperationException($"no version {version}");
    }
}
