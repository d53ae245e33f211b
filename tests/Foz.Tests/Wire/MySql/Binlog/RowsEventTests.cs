using System.Text;
using Foz.Wire;
using Foz.Wire.MySql.Binlog;

namespace Foz.Tests.Wire.MySql.Binlog;

public sealed class RowsEventTests
{
    [Fact]
    public void A_table_of_MariaDB_names_all_of_its_columns()
    {
        var table = Table(Events.Make(BinlogEventType.TableMap, Events.MariaTable), isMariaDb: true);
        Assert.Equal((22UL, "w", "y", 30), (table.Id, table.Database, table.Name, table.Columns.Length));
        Assert.Equal(
            "id y u bt us e st l t bi vb g uu i4 i6 vc bc tc js d dt ts ti dec1 f db vg sg hi primary_dummy",
            string.Join(' ', table.Metadata.Names));
        Assert.Equal(["u", "us"], Named(table, i => table.Metadata.IsUnsigned[i] && table.Columns[i].Type
            != BinlogColumnType.Year));
        Assert.Equal([0], table.Metadata.PrimaryKey);
        Assert.Equal(["e", "t", "vc", "tc", "st"], Named(table, i => table.Metadata.Collations[i] == 45)
            .OrderBy(name => Array.IndexOf(["e", "t", "vc", "tc", "st"], name)));
        Assert.Equal(["l"], Named(table, i => table.Metadata.Collations[i] == 8));
        Assert.Equal(["js"], Named(table, i => table.Metadata.Collations[i] == 46));
        Assert.Equal(["a", "é"], table.Metadata.Values[5].Select(Encoding.UTF8.GetString));
        Assert.Equal(["x", "y"], table.Metadata.Values[6].Select(Encoding.UTF8.GetString));
        Assert.Equal(new BinlogColumn(BinlogColumnType.Decimal, 20, 5), table.Columns[23]);
        Assert.Equal(new BinlogColumn(BinlogColumnType.Bit, 3, 0), table.Columns[3]);
        Assert.Equal(new BinlogColumn(BinlogColumnType.String, 16, 0), table.Columns[12]);
        Assert.Equal(new BinlogColumn(BinlogColumnType.Enum, 1, 0), table.Columns[5]);
    }

    [Fact]
    public void A_row_of_MariaDB_has_the_values_that_were_inserted()
    {
        var table = Table(Events.Make(BinlogEventType.TableMap, Events.MariaTable), isMariaDb: true);
        var rows = RowsEvent.Read(BinlogEvent.Read(Events.Make(BinlogEventType.WriteRowsV1, Events.MariaRow), true));
        Assert.Equal((RowsOperation.Write, 22UL, 30), (rows.Operation, rows.TableId, rows.ColumnCount));
        var values = ReadRow(table, rows.Columns, rows.Rows);
        Assert.Equal("01000000", values[0]);
        Assert.Equal("7C", values[1]);
        Assert.Equal("636166E9", values[7]);
        Assert.Equal("0001", values[9]);
        Assert.Equal("0123456789AB4DEF8123456789ABCDEF", values[12]);
        Assert.Equal("", values[17]);
        Assert.Null(values[29]);
        Assert.Equal(
            -1234567890, BinlogDecimal.ReadUnscaled(Convert.FromHexString(values[23]!), 20, 5));
        var text = new byte[64];
        var length = BinlogTemporal.ReadDateTime(Convert.FromHexString(values[20]!), 3).FormatDateTime(text, 3);
        Assert.Equal("2024-01-02 03:04:05.678", Encoding.ASCII.GetString(text, 0, length));
        length = BinlogTemporal.ReadTime(Convert.FromHexString(values[22]!), 2).FormatTime(text, 2);
        Assert.Equal("-01:02:03.45", Encoding.ASCII.GetString(text, 0, length));
        Assert.Equal(1_704_164_645_678_900, BinlogTemporal.ReadTimestamp(Convert.FromHexString(values[21]!), 4));
        Assert.False(BinlogTemporal.ReadDate(Convert.FromHexString(values[19]!)).IsDay);
        Assert.Equal(
            new string('x', 1000),
            Encoding.ASCII.GetString(CompressedValue.Decompress(Convert.FromHexString(values[16]!))));
        var geometry = new System.Buffers.ArrayBufferWriter<byte>();
        GeometryText.Write(Convert.FromHexString(values[11]!), geometry);
        Assert.Equal(
            "SRID=4326;POLYGON((0 0,1.5 0,1 1,0 0))", Encoding.ASCII.GetString(geometry.WrittenSpan));
    }

    [Fact]
    public void A_table_of_MySQL_is_read()
    {
        var table = Table(Events.MySqlTable(), isMariaDb: false);
        Assert.Equal(["id", "name"], table.Metadata.Names);
        Assert.Equal([0u, 255u], table.Metadata.Collations);
        Assert.Equal([0], table.Metadata.PrimaryKey);
        Assert.Equal(table, Table(Events.MySqlTable(), isMariaDb: false));
    }

    [Fact]
    public void Rows_of_version_2_skip_their_extra_data()
    {
        var table = Table(Events.MySqlTable(), isMariaDb: false);
        byte[] rows = [0x00, 7, 0, 0, 0, 2, (byte)'h', (byte)'i', 0x02, 8, 0, 0, 0];
        var read = RowsEvent.Read(
            BinlogEvent.Read(Events.MySqlRows(BinlogEventType.WriteRows, rows, [0x03]), hasChecksum: true));
        var reader = new RowValueReader(new RowLayout(table.Columns), read.Rows);
        reader.StartRow(2);
        Assert.True(reader.TryRead(0, out var id));
        Assert.Equal("07000000", Convert.ToHexString(id));
        Assert.True(reader.TryRead(1, out var name));
        Assert.Equal("hi", Encoding.ASCII.GetString(name));
        Assert.True(reader.HasMore);
        reader.StartRow(2);
        Assert.True(reader.TryRead(0, out id));
        Assert.Equal("08000000", Convert.ToHexString(id));
        Assert.False(reader.TryRead(1, out _));
        Assert.False(reader.HasMore);
    }

    [Fact]
    public void Compressed_rows_of_MariaDB_are_as_those_that_are_not()
    {
        var plain = Convert.FromHexString(Events.MariaRow);
        const int RowsAt = 6 + 2 + 1 + 4;
        byte[] compressed = [.. plain[..RowsAt], .. Events.MariaCompressed(plain[RowsAt..])];
        var read = RowsEvent.Read(
            BinlogEvent.Read(Events.Make(BinlogEventType.WriteRowsCompressedV1, compressed), hasChecksum: true));
        Assert.Equal(plain[RowsAt..], read.Rows.ToArray());
    }

    [Fact]
    public void Updates_say_which_columns_both_rows_have()
    {
        byte[] rows = [0x00, 7, 0, 0, 0, 0x00, 1, (byte)'x'];
        var read = RowsEvent.Read(
            BinlogEvent.Read(Events.MySqlRows(BinlogEventType.UpdateRows, rows, [0x01, 0x02]), hasChecksum: true));
        Assert.Equal((1, 1), (read.Columns.CountOf(2), read.ColumnsAfter.CountOf(2)));
        Assert.Equal((true, false), (read.Columns[0], read.ColumnsAfter[0]));
    }

    [Fact]
    public void A_value_that_is_cut_off_is_malformed()
    {
        var layout = new RowLayout(Table(Events.MySqlTable(), isMariaDb: false).Columns);
        byte[] rows = [0x00, 7, 0, 0, 0, 5, (byte)'h', (byte)'i'];
        var error = Assert.Throws<WireException>(() =>
        {
            var reader = new RowValueReader(layout, rows);
            reader.StartRow(2);
            reader.TryRead(0, out _);
            reader.TryRead(1, out _);
        });
        Assert.Equal("a row: at byte 6 it ends early: a value of 5 bytes, 2 left", error.Message);
    }

    static TableMapEvent Table(byte[] data, bool isMariaDb) =>
        TableMapEvent.Read(BinlogEvent.Read(data, hasChecksum: true), isMariaDb);

    static IEnumerable<string> Named(TableMapEvent table, Func<int, bool> where) =>
        Enumerable.Range(0, table.Columns.Length).Where(where).Select(i => table.Metadata.Names[i]);

    internal static List<string?> ReadRow(TableMapEvent table, ColumnBits columns, ReadOnlySpan<byte> rows)
    {
        var reader = new RowValueReader(new RowLayout(table.Columns), rows);
        reader.StartRow(columns.CountOf(table.Columns.Length));
        var values = new List<string?>();
        for (var i = 0; i < table.Columns.Length; i++)
            values.Add(columns[i] && reader.TryRead(i, out var value) ? Convert.ToHexString(value) : null);
        return values;
    }

    [Fact]
    public void Places_of_values_are_those_that_a_reader_of_single_values_finds()
    {
        var seed = Soak.Seed();
        var random = new Random(seed);
        BinlogColumn[] kinds =
        [
            new(BinlogColumnType.Tiny, 0, 0), new(BinlogColumnType.LongLong, 0, 0), new(BinlogColumnType.VarChar, 20, 0),
            new(BinlogColumnType.VarChar, 300, 0), new(BinlogColumnType.Blob, 3, 0), new(BinlogColumnType.Decimal, 12, 2),
        ];
        for (var round = 0; round < 200; round++)
        {
            BinlogColumn[] columns = [.. Enumerable.Range(0, random.Next(1, 20)).Select(_ => kinds[random.Next(kinds.Length)])];
            var layout = new RowLayout(columns);
            var (rows, expected) = (new List<byte>(), new List<string?>());
            var count = random.Next(5);
            for (var row = 0; row < count; row++)
            {
                bool[] nulls = [.. columns.Select(_ => random.Next(3) == 0)];
                var bits = new byte[(columns.Length + 7) / 8];
                for (var i = 0; i < columns.Length; i++)
                    if (nulls[i]) bits[i / 8] |= (byte)(1 << i % 8);
                rows.AddRange(bits);
                for (var i = 0; i < columns.Length; i++)
                {
                    var value = nulls[i] ? null : new byte[SizeOf(columns[i])];
                    if (value is not null) random.NextBytes(value);
                    expected.Add(value is null ? null : Convert.ToHexString(value));
                    if (value is null) continue;
                    var lengthBytes = columns[i] switch
                    {
                        { Type: BinlogColumnType.VarChar, Length: > 255 } => 2,
                        { Type: BinlogColumnType.VarChar } => 1,
                        { Type: BinlogColumnType.Blob } => 3,
                        _ => 0,
                    };
                    for (var b = 0; b < lengthBytes; b++) rows.Add((byte)(value.Length >> 8 * b));
                    rows.AddRange(value);
                }
            }
            byte[] bytes = [.. rows];
            var places = new RowPlaces(layout);
            places.Find(bytes);
            Assert.Equal(count, places.Count);
            var found = new List<string?>();
            foreach (var place in places.All) found.Add(place.IsNull ? null : Convert.ToHexString(place.Of(bytes)));
            Assert.True(expected.SequenceEqual(found), $"seed {seed}, round {round}");
            if (bytes.Length == 0) continue;
            var cut = random.Next(bytes.Length);
            try
            {
                places.Find(bytes.AsSpan(0, cut));
                Assert.True(places.Count < count, $"seed {seed}, round {round}, cut at {cut}");
            }
            catch (WireException error)
            {
                Assert.Contains("it ends early", error.Message, StringComparison.Ordinal);
            }
        }

        int SizeOf(BinlogColumn column) => column.Type switch
        {
            BinlogColumnType.Tiny => 1,
            BinlogColumnType.LongLong => 8,
            BinlogColumnType.Decimal => BinlogDecimal.BytesOf(column.Length, column.Scale),
            _ => random.Next(20),
        };
    }
}
