using System.Globalization;
using System.Text;
using Foz.Connectors;
using Foz.Lake.Data;
using Foz.Lake.Engine;

namespace Foz.AcceptanceTests.PostgreSql;

/// <summary>What a source delivered, in texts as PostgreSQL writes the values.</summary>
public sealed class ReadRows
{
    /// <summary>What reading needs of the platform; no stream of PostgreSQL uses it.</summary>
    public static ReadContext Context { get; } =
        new() { Engine = new EnginePool(new EngineOptions()), WorkFolder = Path.GetTempPath() };

    public required IReadOnlyList<Field> Fields { get; init; }

    public required List<string?[]> Rows { get; init; }

    public required StreamRows.Streamed Stream { get; init; }

    public int PartitionCount { get; init; }

    /// <summary>Reads a batch of a stream, all partitions at the same time.</summary>
    public static async Task<ReadRows> ReadAsync(ISource source, StreamDefinition stream, StreamInputs inputs)
    {
        var token = TestContext.Current.CancellationToken;
        await using var rows = await source.ReadAsync(
            stream, inputs, Context, token);
        var streamed = Assert.IsType<StreamRows.Streamed>(rows);
        Assert.Equal(streamed.Fields, streamed.Stream.Schema);
        var parts = await Task.WhenAll(
            streamed.Stream.Partitions.Select(p => Task.Run(() => TextsAsync(streamed, p), token)));
        return new ReadRows
        {
            Fields = rows.Fields,
            Rows = [.. parts.SelectMany(p => p)],
            Stream = streamed,
            PartitionCount = parts.Length,
        };
    }

    /// <summary>The values of one column.</summary>
    public IEnumerable<string?> Column(string name)
    {
        var index = Fields.ToList().FindIndex(f => f.Name == name);
        Assert.True(index >= 0, $"no field {name} among {string.Join(", ", Fields.Select(f => f.Name))}");
        return Rows.Select(r => r[index]);
    }

    public static string? Text(Column column, DataType type, int row)
    {
        if (column.IsNull(row)) return null;
        return (type, column) switch
        {
            (DataType.Primitive { Name: "boolean" }, FixedColumn<byte> c) => c.Values[row] == 0 ? "f" : "t",
            (_, FixedColumn<short> c) => $"{c.Values[row]}",
            (DataType.Primitive { Name: "date" }, FixedColumn<int> c) =>
                DateOnly.FromDayNumber(new DateOnly(1970, 1, 1).DayNumber + c.Values[row])
                    .ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
            (_, FixedColumn<int> c) => $"{c.Values[row]}",
            (DataType.Primitive { Name: "timestamp" }, FixedColumn<long> c) => Timestamp(c.Values[row]) + "+00",
            (DataType.Primitive { Name: "timestamp_ntz" }, FixedColumn<long> c) => Timestamp(c.Values[row]),
            (_, FixedColumn<long> c) => $"{c.Values[row]}",
            (_, FixedColumn<float> c) => Number(c.Values[row]),
            (_, FixedColumn<double> c) => Number(c.Values[row]),
            (DataType.Decimal d, FixedColumn<Int128> c) => Decimal(c.Values[row], d.Scale),
            (DataType.Primitive { Name: "binary" }, BytesColumn c) => "\\x" + Convert.ToHexStringLower(c[row]),
            (_, BytesColumn c) => new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(c[row]),
            (DataType.Array a, ListColumn c) => List(c, a.Element, row),
            _ => throw new InvalidOperationException($"a {type} in a {column.GetType()}"),
        };
    }

    static string Timestamp(long microseconds)
    {
        var time = DateTime.UnixEpoch.AddTicks(microseconds * TimeSpan.TicksPerMicrosecond);
        return time.ToString("yyyy-MM-dd HH:mm:ss.FFFFFF", CultureInfo.InvariantCulture);
    }

    static string Number(double number) => number.ToString("R", CultureInfo.InvariantCulture);

    static string Number(float number) => number.ToString("R", CultureInfo.InvariantCulture);

    static string Decimal(Int128 unscaled, int scale)
    {
        var digits = Int128.Abs(unscaled).ToString(CultureInfo.InvariantCulture).PadLeft(scale + 1, '0');
        var text = scale == 0 ? digits : $"{digits[..^scale]}.{digits[^scale..]}";
        return unscaled < 0 ? "-" + text : text;
    }

    static string List(ListColumn list, DataType element, int row)
    {
        var values = new List<string>();
        for (var i = list.Offsets[row]; i < list.Offsets[row + 1]; i++)
            values.Add(Text(list.Elements, element, i) ?? "NULL");
        return $"[{string.Join('|', values)}]";
    }

    static async Task<List<string?[]>> TextsAsync(StreamRows.Streamed streamed, IAsyncEnumerable<ColumnBatch> partition)
    {
        var rows = new List<string?[]>();
        await foreach (var batch in partition.WithCancellation(TestContext.Current.CancellationToken))
        {
            Assert.True(batch.RowCount > 0);
            Assert.Equal(streamed.Fields.Count, batch.Columns.Count);
            for (var row = 0; row < batch.RowCount; row++)
                rows.Add([.. streamed.Fields.Select((f, i) => Text(batch.Columns[i], f.Type, row))]);
        }

        return rows;
    }
}
