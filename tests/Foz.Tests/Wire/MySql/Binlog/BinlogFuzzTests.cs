using System.Buffers;
using System.Buffers.Binary;
using System.IO.Hashing;
using Foz.Wire;
using Foz.Wire.MySql;
using Foz.Wire.MySql.Binlog;

namespace Foz.Tests.Wire.MySql.Binlog;

/// <summary>Changed, cut and random bytes: each is read or is an error, and takes little memory.</summary>
public sealed class BinlogFuzzTests
{
    const int Tries = 30_000;
    const long BytesPerTryMax = 8 << 20;

    static readonly byte[][] Seeds =
    [
        Events.Format(),
        Events.Format("10.11.6-MariaDB"),
        Events.Query("shop", "BEGIN"),
        Events.Query("shop", new string('x', 300), BinlogEventType.QueryCompressed),
        Events.MySqlGtid(23, 1),
        Events.MySqlTable(),
        Events.Make(BinlogEventType.TableMap, Events.MariaTable),
        Events.Make(BinlogEventType.WriteRowsV1, Events.MariaRow),
        Events.MySqlRows(BinlogEventType.WriteRows, [0, 7, 0, 0, 0, 2, 1, 2], [3]),
        Events.MySqlRows(BinlogEventType.UpdateRows, [0, 7, 0, 0, 0, 2, 1, 2, 0, 7, 0, 0, 0, 2, 1, 2], [3, 3]),
        Events.Make(BinlogEventType.MariaGtidList, "0100000000000000330000000700000000000000"),
        Events.Make(BinlogEventType.MariaGtid, "07000000000000000000000001000000000000"),
        Events.Make(BinlogEventType.Rotate, "040000000000000062696E6C6F672E303030303031"),
        Events.Payload(Events.Make(BinlogEventType.Xid, new byte[8], hasChecksum: false), isCompressed: true),
        Events.Payload(Events.Make(BinlogEventType.Xid, new byte[8], hasChecksum: false), isCompressed: false),
        Events.Make(BinlogEventType.PreviousGtids, ReplicaPackets.DumpGtid(1, OneSet())[23..]),
    ];

    [Fact]
    public void Malformed_events_are_errors_and_take_little_memory()
    {
        var random = new Random(Soak.Seed());
        int read = 0, refused = 0;
        for (var i = 0; i < Tries * Soak.Factor; i++)
        {
            var data = Mutate(random, Seeds[random.Next(Seeds.Length)]);
            var before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                ReadAll(BinlogEvent.Read(data, hasChecksum: true));
                read++;
            }
            catch (WireException)
            {
                refused++;
            }

            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, BytesPerTryMax);
        }

        Assert.True(read > Tries / 100 && refused > Tries / 100, $"{read} were read, {refused} refused");
    }

    [Fact]
    public void Malformed_values_are_errors()
    {
        var random = new Random(Soak.Seed(1));
        byte[][] seeds =
        [
            Convert.FromHexString("0202000D000501000C0A00026869"),
            Convert.FromHexString("0002002000120001001300010005010002140061620200" + "0C000401000C0A000178"),
            Convert.FromHexString("000000000101000000000000000000F03F0000000000000040"),
            Convert.FromHexString("00000000010300000001000000040000000000000000000000000000000000000000000000"),
            Convert.FromHexString("8A03E8ABA81805A360140C770000"),
            Convert.FromHexString("810DFB38D204D2"),
        ];
        for (var i = 0; i < Tries * Soak.Factor; i++)
        {
            var seed = seeds[random.Next(seeds.Length)];
            var value = MutateBytes(random, seed);
            Try(() => BinaryJson.Write(value, new ArrayBufferWriter<byte>()));
            Try(() => GeometryText.Write(value, new ArrayBufferWriter<byte>()));
            Try(() => { _ = CompressedValue.Decompress(value); });
            Try(() => BinlogDecimal.ReadUnscaled(value, 14, 4));
            Try(() => BinlogTemporal.ReadDateTime(value.AsSpan(0, Math.Min(value.Length, 8)), 6)
                .FormatDateTime(new byte[BinlogTemporal.TextBytesMax], 6), value.Length >= 8);
            Try(() => BinlogTemporal.ReadTime(value.AsSpan(0, Math.Min(value.Length, 6)), 6)
                .FormatTime(new byte[BinlogTemporal.TextBytesMax], 6), value.Length >= 6);
        }

        static void Try(Action work, bool isPossible = true)
        {
            if (!isPossible) return;
            try
            {
                work();
            }
            catch (WireException)
            {
                // What is malformed is this error, and no other.
            }
        }
    }

    [Fact]
    public void Malformed_packets_of_a_login_are_errors()
    {
        var random = new Random(Soak.Seed(2));
        byte[][] seeds =
        [
            [10, .. "10.11.6-MariaDB\0"u8, 1, 0, 0, 0, .. new byte[8], 0, 0xFF, 0xF7, 45, 2, 0, 0xFF, 0x81, 21,
                .. new byte[10], .. new byte[13], .. "mysql_native_password\0"u8],
            [0xFF, 0x10, 0x04, .. "#08004Too many connections"u8],
            [0xFE, .. "caching_sha2_password\0"u8, .. new byte[20], 0],
        ];
        Assert.Equal("mysql_native_password", ServerGreeting.Read(seeds[0]).Method);
        Assert.Equal(new ServerError(1040, "08004", "Too many connections"), ServerError.Read(seeds[1]));
        Assert.Equal(20, AuthSwitch.Read(seeds[2]).Challenge.Length);
        for (var i = 0; i < Tries; i++)
        {
            var packet = MutateBytes(random, seeds[random.Next(seeds.Length)]);
            foreach (var read in (Action[])[
                () => ServerGreeting.Read(packet), () => ServerError.Read(packet), () => AuthSwitch.Read(packet)])
            {
                try
                {
                    read();
                }
                catch (WireException)
                {
                    // As above.
                }
            }
        }
    }

    static GtidSet OneSet()
    {
        Assert.True(GtidSet.TryParse($"{Events.Uuid}:1-5:9", out var set));
        return set;
    }

    /// <summary>Reads an event as far as a reader of changes does.</summary>
    static void ReadAll(BinlogEvent data)
    {
        switch (data.Type)
        {
            case BinlogEventType.FormatDescription:
                FormatDescriptionEvent.Read(data);
                break;
            case BinlogEventType.Rotate:
                RotateEvent.Read(data);
                break;
            case BinlogEventType.Query or BinlogEventType.QueryCompressed:
                QueryEvent.Read(data);
                break;
            case BinlogEventType.Gtid:
                GtidEvent.Read(data);
                break;
            case BinlogEventType.MariaGtid:
                MariaGtidEvent.Read(data);
                break;
            case BinlogEventType.MariaGtidList:
                MariaGtidListEvent.Read(data);
                break;
            case BinlogEventType.PreviousGtids:
                GtidSet.Read(data);
                break;
            case BinlogEventType.TableMap:
                TableMapEvent.Read(data, isMariaDb: data.Body.Length > 100);
                break;
            case BinlogEventType.TransactionPayload:
                using (var payload = TransactionPayload.Open(data))
                    Assert.InRange(Count(payload), 0, data.Size * 1_000_000L);
                break;
            case BinlogEventType.WriteRowsV1 or BinlogEventType.WriteRows or BinlogEventType.UpdateRows:
                ReadRows(RowsEvent.Read(data));
                break;
        }
    }

    static long Count(TransactionPayload payload)
    {
        var count = 0L;
        while (payload.TryRead(out _)) count++;
        return count;
    }

    static void ReadRows(RowsEvent rows)
    {
        var table = TableMapEvent.Read(
            BinlogEvent.Read(
                rows.ColumnCount > 2 ? Events.Make(BinlogEventType.TableMap, Events.MariaTable) : Events.MySqlTable(),
                hasChecksum: true),
            rows.ColumnCount > 2);
        if (rows.ColumnCount != table.Columns.Length) return;
        var reader = new RowValueReader(new RowLayout(table.Columns), rows.Rows);
        while (reader.HasMore)
        {
            ReadRow(ref reader, rows.Columns, rows.ColumnCount);
            if (rows.Operation == RowsOperation.Update) ReadRow(ref reader, rows.ColumnsAfter, rows.ColumnCount);
        }
    }

    static void ReadRow(ref RowValueReader reader, ColumnBits columns, int count)
    {
        reader.StartRow(columns.CountOf(count));
        for (var i = 0; i < count; i++)
            if (columns[i]) reader.TryRead(i, out _);
    }

    /// <summary>Changes the body of an event, whose size and checksum are right again.</summary>
    static byte[] Mutate(Random random, byte[] seed)
    {
        var body = MutateBytes(random, seed[BinlogEvent.HeaderBytes..^4]);
        byte[] data = [.. seed.AsSpan(0, BinlogEvent.HeaderBytes), .. body, 0, 0, 0, 0];
        BinaryPrimitives.WriteUInt32LittleEndian(data.AsSpan(9), (uint)data.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(
            data.AsSpan(data.Length - 4), Crc32.HashToUInt32(data.AsSpan(0, data.Length - 4)));
        return data;
    }

    static byte[] MutateBytes(Random random, byte[] seed)
    {
        var data = new List<byte>(seed);
        for (var count = random.Next(1, 4); count > 0; count--)
        {
            var at = random.Next(data.Count + 1);
            switch (random.Next(4))
            {
                case 0 when at < data.Count:
                    data[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1 when at < data.Count:
                    data[at] = (byte)random.Next(256);
                    break;
                case 2:
                    data.RemoveRange(at, Math.Min(random.Next(8), data.Count - at));
                    break;
                default:
                    data.InsertRange(at, Enumerable.Range(0, random.Next(8)).Select(_ => (byte)random.Next(256)));
                    break;
            }
        }

        return [.. data];
    }
}
