using Foz.Delta.Iceberg;
using Foz.Lake;

namespace Foz.Tests.Connectors.Files.Formats;

public sealed class AvroTests
{
    const string Schema = """
        {"type": "record", "name": "order", "namespace": "shop", "fields": [
          {"name": "id", "type": "long"}, {"name": "small", "type": "int"}, {"name": "flag", "type": ["null", "boolean"]},
          {"name": "price", "type": {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}},
          {"name": "day", "type": {"type": "int", "logicalType": "date"}},
          {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
          {"name": "local", "type": {"type": "long", "logicalType": "local-timestamp-micros"}},
          {"name": "ratio", "type": "double"}, {"name": "raw", "type": "bytes"},
          {"name": "state", "type": {"type": "enum", "name": "state", "symbols": ["new", "paid"]}},
          {"name": "lines", "type": {"type": "array", "items": {"type": "record", "name": "line", "fields": [
            {"name": "sku", "type": "string"}, {"name": "due", "type": {"type": "int", "logicalType": "date"}}]}}},
          {"name": "tags", "type": {"type": "map", "values": "long"}},
          {"name": "any", "type": ["null", "string", "long", "line"]},
          {"name": "tree", "type": {"type": "record", "name": "tree", "fields": [
            {"name": "name", "type": "string"}, {"name": "next", "type": ["null", "tree"]}]}}]}
        """;

    [Fact]
    public async Task Types_of_a_schema_stay_in_all_depths()
    {
        await using var project = new FilesProject().Write("a.avro", File(Schema, [1, 2])).Define("*.avro");
        var batch = await project.ReadAsync();
        Assert.Equal(
            "long,integer,boolean,decimal(9,2),date,timestamp,timestamp_ntz,double,binary,string,array<struct<sku:string,due:date>>,map<string,long>,string,"
            + "struct<name:string,next:string>", batch.Types);
        using var session = FilesProject.Engine.Open(Foz.Lake.Engine.Workload.Ingestion);
        var row = batch.Rows.OrderBy(r => r[0]).First();
        Assert.Equal((1L, 10, true), (row[0], row[1], row[2]));
        Assert.Equal("-1.05", Convert.ToString(row[3], System.Globalization.CultureInfo.InvariantCulture));
        Assert.Equal("1969-12-31", $"{row[4]:yyyy-MM-dd}");
        Assert.Equal(double.PositiveInfinity, row[7]);
        Assert.Equal([0, 0x5C, 0xFF], (byte[])row[8]!);
        Assert.Equal("paid", row[9]);
        Assert.Equal("""{"sku":"ç\"","due":"2024-05-01"}""", row[12]);
        Assert.Equal("a.avro", row[^1]);
        Assert.Equal(
            [null, "text"],
            batch.Rows.Where(r => (long)r[0]! == 2).Select(r => r[2])
                .Append(batch.Rows.Single(r => (long)r[0]! == 2)[12]));
    }

    [Fact]
    public async Task A_field_that_a_later_file_brings_is_added()
    {
        await using var project = new FilesProject()
            .Write("1.avro", Simple("""{"name": "id", "type": "int"}""", w => w.WriteLong(7))).Define("*.avro");
        await project.ReadAsync();
        project.Write("2.avro", Simple("""{"name": "note", "type": "string"}, {"name": "id", "type": "long"}""", w =>
        {
            w.WriteString("x");
            w.WriteLong(5_000_000_000);
        }));
        project.Write("3.avro", Simple("""{"name": "id", "type": "long"}""", w => w.WriteLong(8)));
        var batch = await project.ReadAsync();
        Assert.Equal("id,note", batch.Names);
        Assert.Equal(["8|∅"], batch.Lines);
        Assert.Equal("2.avro", Assert.Single(batch.Rejected).File);
    }

    [Fact]
    public async Task A_file_that_is_cut_or_changed_anywhere_is_an_error_that_names_it_or_the_rows_that_it_holds()
    {
        var whole = File(Schema, [1]);
        var seed = Soak.Seed();
        var random = new Random(seed);
        for (var run = 0; run < 60; run++)
        {
            var bytes = whole.ToArray();
            if (run % 2 == 0) bytes = bytes[..random.Next(1, bytes.Length - 1)];
            else bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
            await using var project = new FilesProject().Write("a.avro", bytes).Define("a.avro");
            try
            {
                Assert.True((await project.ReadAsync()).Rows.Count <= 1, $"seed {seed}, run {run}");
            }
            catch (FozException e)
            {
                Assert.True(
                    e.Kind is ErrorKind.Source or ErrorKind.Sql or ErrorKind.Data or ErrorKind.Configuration,
                    $"seed {seed}, run {run}: {e}");
            }
        }
    }

    [Theory]
    [InlineData("no avro at all", "file a.avro cannot be read as Avro: it does not begin as an Avro file does")]
    [InlineData("Obj\u0001\u0002\u0014avro.codec\u0008lzma\u0000", "its codec is 'lzma'")]
    public async Task What_is_not_supported_is_named(string text, string expected)
    {
        await using var project = new FilesProject()
            .Write("a.avro", System.Text.Encoding.Latin1.GetBytes(text.PadRight(60, 'x'))).Define("a.avro");
        Assert.Contains(
            expected, (await Assert.ThrowsAsync<FozException>(project.ReadAsync)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Files_without_a_name_that_says_so_are_Avro_where_the_format_does()
    {
        await using var project = new FilesProject()
            .Write("a.bin.gz", Simple("""{"name": "id", "type": "int"}""", w => w.WriteLong(7)))
            .Write("empty.bin.gz", []).Define("*.bin.gz", settings: ("format", "avro"));
        Assert.Equal(["7"], (await project.ReadAsync()).Lines);
    }

    [Fact]
    public async Task Streams_of_Avro_are_discovered_with_their_columns()
    {
        await using var project = new FilesProject().Write("orders-1.avro", File(Schema, [1])).Define("*.avro");
        var stream = Assert.Single(await project.Source.DiscoverAsync(TestContext.Current.CancellationToken));
        Assert.Equal(("orders", 14), (stream.Definition.Name, stream.Fields.Count));
    }

    static byte[] Simple(string fields, Action<AvroWriter> write) => AvroFile.Write(
        $$"""{"type": "record", "name": "r", "fields": [{{fields}}]}""", [], [1], (writer, _) => write(writer));

    static byte[] File(string schema, int[] ids) => AvroFile.Write(schema, [], ids, (writer, id) =>
    {
        writer.WriteLong(id);
        writer.WriteLong(id * 10);
        if (writer.WriteIsPresent(id == 1)) writer.WriteBoolean(true);
        writer.WriteBytes([0xFF, 0x97]);
        writer.WriteLong(-1);
        writer.WriteLong(1_714_521_600_123);
        writer.WriteLong(-1);
        writer.WriteDouble(id == 1 ? double.PositiveInfinity : 1.5);
        writer.WriteBytes([0, 0x5C, 0xFF]);
        writer.WriteLong(1);
        writer.WriteArray([1, 2], line =>
        {
            writer.WriteString($"s{line}");
            writer.WriteLong(19_844);
        });
        writer.WriteArray(["k"], key =>
        {
            writer.WriteString(key);
            writer.WriteLong(4);
        });
        writer.WriteLong(id == 1 ? 3 : 1);
        writer.WriteString(id == 1 ? "ç\"" : "text");
        if (id == 1) writer.WriteLong(19_844);
        writer.WriteString("root");
        writer.WriteLong(1);
        writer.WriteString("leaf");
        writer.WriteLong(0);
    });
}
