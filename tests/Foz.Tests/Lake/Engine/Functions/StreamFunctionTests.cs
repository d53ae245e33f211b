using Foz.Lake;
using Foz.Lake.Data;
using Foz.Lake.Engine;

namespace Foz.Tests.Lake.Engine.Functions;

public sealed class StreamFunctionTests : IDisposable
{
    const int RowsPerBatch = 5_000;
    readonly EnginePool engines = new(new EngineOptions { MemoryBytes = 512 << 20, Threads = 2 });

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => engines.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void All_rows_of_all_partitions_arrive_once(int partitions)
    {
        using var session = engines.Open(Workload.Ingestion);
        using var stream = session.Register(new ColumnStream(
            [new("n", DataType.Long), new("t", DataType.String), new("d", new DataType.Decimal(12, 2))],
            [.. Enumerable.Range(0, partitions).Select(p => Numbers(p * 4 * RowsPerBatch, batches: 4))]));

        using var rows = session.Query(
            $"SELECT count(*), sum(n), count(t), sum(d), min(t) FROM {stream.Sql} WHERE t IS NULL OR t = 'n' || n",
            Cancel);
        var count = partitions * 4L * RowsPerBatch;
        var row = Assert.Single(rows.Rows(Cancel));
        Assert.Equal(count, row[0]);
        Assert.Equal(
            (Int128)(count * (count - 1) / 2), (Int128)(System.Numerics.BigInteger.Parse(row[1]!.ToString()!)));
        Assert.Equal(count - (count + 6) / 7, row[2]);
        Assert.Equal((count * (count - 1) / 2).ToString() + ".00", row[3]!.ToString());
    }

    [Fact]
    public void Nested_columns_keep_their_nulls_and_lengths()
    {
        using var session = engines.Open(Workload.Ingestion);
        using var stream = session.Register(new ColumnStream(
            [
                new("a", new DataType.Array(DataType.Integer)),
                new("s", new DataType.Struct([new("x", DataType.String), new("y", DataType.Double)])),
            ],
            [Nested()]));

        using var rows = session.Query($"SELECT to_json(a)::VARCHAR, to_json(s)::VARCHAR FROM {stream.Sql}", Cancel);
        Assert.Equal(
            [["[1,null,3]", """{"x":"é","y":1.5}"""], ["[]", null], [null, """{"x":null,"y":2.5}"""]],
            rows.Rows(Cancel));
    }

    [Fact]
    public void Nulls_of_structs_and_lists_are_those_of_each_row()
    {
        const int Rows = 5_000;
        var random = new Random(Soak.Seed());
        bool[] Flags() => [.. Enumerable.Range(0, Rows).Select(_ => random.Next(3) > 0)];
        var (outer, inner, list) = (Flags(), Flags(), Flags());
        var offsets = new int[Rows + 1];
        for (var row = 0; row < Rows; row++) offsets[row + 1] = offsets[row] + (list[row] ? row % 3 : 0);
        var batch = new ColumnBatch(Rows,
        [
            new StructColumn(
                [
                    new FixedColumn<int>([.. Enumerable.Range(0, Rows)], null),
                    new StructColumn([new FixedColumn<int>([.. Enumerable.Range(0, Rows)], null)], Words(inner)),
                    new ListColumn(new FixedColumn<int>([.. Enumerable.Range(0, offsets[^1])], null), offsets, Words(list)),
                ],
                Words(outer)),
        ]);
        using var session = engines.Open(Workload.Ingestion);
        using var stream = session.Register(new ColumnStream(
            [
                new("s", new DataType.Struct(
                [
                    new("n", DataType.Integer), new("i", new DataType.Struct([new("m", DataType.Integer)])),
                    new("l", new DataType.Array(DataType.Integer)),
                ])),
            ],
            [One()]));
        using var rows = session.Query($"SELECT to_json(s)::VARCHAR FROM {stream.Sql}", Cancel);
        var expected = Enumerable.Range(0, Rows).Select(row => !outer[row]
            ? null
            : $$"""{"n":{{row}},"i":{{(inner[row] ? $$"""{"m":{{row}}}""" : "null")}},"l":{{(list[row]
                ? $"[{string.Join(',', Enumerable.Range(offsets[row], offsets[row + 1] - offsets[row]))}]" : "null")}}}""");
        Assert.Equal(expected, rows.Rows(Cancel).Select(row => (string?)row[0]?.ToString()));

        async IAsyncEnumerable<ColumnBatch> One()
        {
            await Task.Yield();
            yield return batch;
        }

        static ulong[] Words(bool[] flags)
        {
            var words = new ulong[(flags.Length + 63) / 64];
            for (var i = 0; i < flags.Length; i++)
                if (flags[i]) words[i / 64] |= 1UL << i % 64;
            return words;
        }
    }

    [Fact]
    public void Structs_that_are_all_null_need_no_fields()
    {
        var fields = new DataType.Struct(
            [new("t", DataType.String), new("l", new DataType.Array(DataType.String)), new("n", DataType.Integer)]);
        using var session = engines.Open(Workload.Ingestion);
        using var stream = session.Register(new ColumnStream(
            [new("s", fields)],
            [new[] { new ColumnBatch(100, [new StructColumn([], new ulong[2])]) }.ToAsyncEnumerable()]));
        session.Execute($"CREATE TEMP TABLE kept AS FROM {stream.Sql}", Cancel);

        Assert.Equal(
            100L,
            session.QueryScalar<long>(
                "SELECT count(*) FROM kept WHERE s IS NULL AND s.t IS NULL AND s.l IS NULL AND s.n IS NULL", Cancel));
    }

    [Fact]
    public void An_error_of_the_reader_ends_the_statement_with_that_error()
    {
        using var session = engines.Open(Workload.Ingestion);
        using var stream = session.Register(new ColumnStream([new("n", DataType.Long)], [Failing()]));

        var error = Assert.Throws<FozException>(
            () => session.QueryScalar<long>($"SELECT count(*) FROM {stream.Sql}", Cancel));
        Assert.Contains("the source went away", error.Message, StringComparison.Ordinal);
    }

    static async IAsyncEnumerable<ColumnBatch> Numbers(int first, int batches)
    {
        for (var batch = 0; batch < batches; batch++)
        {
            await Task.Yield();
            var start = first + batch * RowsPerBatch;
            var numbers = Enumerable.Range(start, RowsPerBatch).Select(n => (long)n).ToArray();
            yield return new(RowsPerBatch,
            [
                new FixedColumn<long>(numbers, validity: null),
                Texts([.. numbers.Select(n => n % 7 == 0 ? null : $"n{n}")]),
                new FixedColumn<Int128>([.. numbers.Select(n => (Int128)n * 100)], validity: null),
            ]);
        }
    }

    static async IAsyncEnumerable<ColumnBatch> Nested()
    {
        await Task.Yield();
        yield return new(3,
        [
            new ListColumn(new FixedColumn<int>([1, 0, 3], [0b101]), [0, 3, 3, 3], [0b011]),
            new StructColumn([Texts(["é", null, null]), new FixedColumn<double>([1.5, 0, 2.5], null)], [0b101]),
        ]);
    }

    static async IAsyncEnumerable<ColumnBatch> Failing()
    {
        yield return new(1, [new FixedColumn<long>([1], null)]);
        await Task.Yield();
        throw new FozException(ErrorKind.Source, "the source went away");
    }

    static BytesColumn Texts(string?[] texts)
    {
        var bytes = texts.SelectMany(t => System.Text.Encoding.UTF8.GetBytes(t ?? "")).ToArray();
        var offsets = new int[texts.Length + 1];
        var validity = new ulong[(texts.Length + 63) / 64];
        for (var i = 0; i < texts.Length; i++)
        {
            offsets[i + 1] = offsets[i] + System.Text.Encoding.UTF8.GetByteCount(texts[i] ?? "");
            if (texts[i] is not null) validity[i / 64] |= 1UL << (i % 64);
        }
        return new(bytes, offsets, validity);
    }
}
