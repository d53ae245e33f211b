using Foz.Delta.DeletionVectors;
using Foz.Delta.Log;

namespace Foz.Tests.Delta;

/// <summary>Actions with every field set or not, and texts that need escaping.</summary>
public sealed class RandomActions(int seed)
{
    static readonly string[] texts =
        ["", "a", "with space", "ü€💧", "\"quoted\"", "back\\slash", "line\nbreak", "\u0001", "a/b=c", "100%", "<>&'+"];

    readonly Random random = new(seed);

    public List<LogAction> Many(int count) => [.. Enumerable.Range(0, count).Select(_ => Next())];

    public LogAction Next() => random.Next(10) switch
    {
        0 or 1 or 2 => Add(),
        3 => Remove(),
        4 => new AddCdcFile { Path = Path(), PartitionValues = Map(), SizeBytes = Long(), Tags = Maybe(Map) },
        5 => new SetTransaction { AppId = Text(), Version = Long(), LastUpdatedMs = MaybeLong() },
        6 => new DomainMetadata { Domain = Text(), Configuration = Text(), IsRemoved = Flag() },
        7 => new Protocol
        {
            MinReaderVersion = random.Next(1, 4),
            MinWriterVersion = random.Next(1, 8),
            ReaderFeatures = Maybe(List),
            WriterFeatures = Maybe(List),
        },
        8 => Metadata(),
        _ => Info(),
    };

    public AddFile Add() => new()
    {
        Path = Path(),
        PartitionValues = Map(),
        SizeBytes = Long(),
        ModificationTimeMs = Long(),
        DataChange = Flag(),
        Stats = JsonText.FromString(
            Maybe(() => $$"""{"numRecords":{{random.Next(99)}},"x":"\"{{random.Next(99)}}"}""")),
        Tags = Maybe(Map),
        DeletionVector = Maybe(Vector),
        BaseRowId = MaybeLong(),
        DefaultRowCommitVersion = MaybeLong(),
        ClusteringProvider = Maybe(Text),
    };

    public RemoveFile Remove() => new()
    {
        Path = Path(),
        DeletionTimestampMs = MaybeLong(),
        DataChange = Flag(),
        ExtendedFileMetadata = Flag() ? Flag() : null,
        PartitionValues = Maybe(Map),
        SizeBytes = MaybeLong(),
        Stats = JsonText.FromString(Maybe(() => "{}")),
        Tags = Maybe(Map),
        DeletionVector = Maybe(Vector),
        BaseRowId = MaybeLong(),
        DefaultRowCommitVersion = MaybeLong(),
    };

    Metadata Metadata() => new()
    {
        Id = Guid.NewGuid().ToString(),
        Name = Maybe(Text),
        Description = Maybe(Text),
        SchemaString = """{"type":"struct","fields":[]}""",
        PartitionColumns = List(),
        Configuration = Map(),
        FormatOptions = Map(),
        CreatedTimeMs = MaybeLong(),
    };

    CommitInfo Info() => new()
    {
        TimestampMs = MaybeLong(),
        InCommitTimestampMs = MaybeLong(),
        Operation = Maybe(Text),
        OperationParameters = Map(),
        OperationMetrics = Map(),
        ReadVersion = MaybeLong(),
        IsolationLevel = Maybe(Text),
        IsBlindAppend = Flag() ? Flag() : null,
        EngineInfo = Maybe(Text),
        UserMetadata = Maybe(Text),
        UserName = Maybe(Text),
        TransactionId = Maybe(Text),
    };

    DeletionVectorDescriptor Vector() => new()
    {
        StorageType = "uip"[random.Next(3)],
        PathOrInlineDv = $"ab^-aqEH.-t@S}}K{{vb[*k^{random.Next(99)}",
        Offset = Flag() ? random.Next(9999) : null,
        SizeInBytes = random.Next(9999),
        Cardinality = Long(),
    };

    FilePath Path() => FilePath.Relative($"p={Text()}/part-{random.Next(1000)}.parquet");

    StringMap Map() => random.Next(4) == 0
        ? StringMap.Empty
        : new StringMap(Enumerable.Range(0, random.Next(1, 4))
            .Select(i => KeyValuePair.Create($"{Text()}{i}", Flag() ? Text() : null)));

    StringList List() => StringList.From(Enumerable.Range(0, random.Next(3)).Select(_ => Text()));

    string Text() => texts[random.Next(texts.Length)];

    long Long() => random.Next(5) == 0 ? random.NextInt64(long.MinValue, long.MaxValue) : random.Next(1_000_000);

    long? MaybeLong() => Flag() ? Long() : null;

    bool Flag() => random.Next(2) == 0;

    T? Maybe<T>(Func<T> make)
        where T : class => Flag() ? make() : null;
}
