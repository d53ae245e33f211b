using Foz.Delta.Log;
using Foz.Delta.Readers;

namespace Foz.Tests.Documentation;

/// <summary>Holds what documents say of table features and of other engines against what the library knows.</summary>
public sealed class DeltaSupportTests
{
    const string Unknown = "?";

    static readonly string[] Readers =
        [
            "spark", "trino", "athena", "delta-rs", "delta-rs-query", "polars", "daft", "duckdb", "clickhouse",
            "delta-kernel",
        ];

    static readonly string[] Writers = ["spark", "trino", "delta-rs", "duckdb", "clickhouse", "delta-kernel"];

    [Fact]
    public void Features_that_readers_must_know_stand_with_what_engines_do() => Generated.Block(
        MarkdownDocument.Read("docs/reference/delta.md"), "features of readers", Table(isForReaders: true, Readers));

    [Fact]
    public void Features_that_only_writers_must_know_stand_with_what_engines_do() => Generated.Block(
        MarkdownDocument.Read("docs/reference/delta.md"), "features of writers", Table(isForReaders: false, Writers));

    [Fact]
    public void Every_engine_stands_with_its_name_and_what_its_facts_are_from() => Generated.Block(
        MarkdownDocument.Read("docs/guide/other-engines.md"), "readers",
        [
            "| name | engine | reads, beside tables that need no feature | does not read |", "|---|---|---|---|",
            .. TableReader.All.Select(reader =>
                Generated.Row($"`{reader.Name}`", reader.Title, Features(reader, true), Features(reader, false))),
        ]);

    static IEnumerable<string> Table(bool isForReaders, string[] engines) =>
    [
        Generated.Row(["feature", "Foz", .. engines]),
        $"|{string.Concat(Enumerable.Repeat("---|", engines.Length + 2))}",
        .. TableFeature.All.Where(feature => feature.IsForReaders == isForReaders).Select(feature => Generated.Row(
            [
                $"`{feature.Name}`", SupportOf(feature),
                .. engines.Select(name => Cell(TableReader.Find(name)!.FactOf(feature.Name))),
            ])),
    ];

    static string Features(TableReader reader, bool areRead)
    {
        var names = TableFeature.All.Where(feature =>
            feature.IsForReaders && !feature.Name.EndsWith("-preview", StringComparison.Ordinal))
            .Select(feature => reader.FactOf(feature.Name)).OfType<ReaderFact>().Where(fact => fact.Reads == areRead)
            .Select(fact =>
                $"`{fact.Subject}`{(fact.Note.Length > 0 ? $" ({fact.Note})" : fact.From.Length > 0 ? $" ({fact.From})" : "")}").ToList();
        return names.Count == 0 ? "–" : string.Join(", ", names);
    }

    static string Cell(ReaderFact? fact)
    {
        var word = fact?.Access switch
        {
            null => Unknown,
            ReaderAccess.ReadsAndWrites => "RW",
            ReaderAccess.Reads => "R",
            ReaderAccess.Writes => "W",
            ReaderAccess.Accepts => "a",
            ReaderAccess.Refuses => "–",
            _ => "wrong",
        };
        return fact is { From.Length: > 0 } ? $"{word} {fact.From}" : word;
    }

    static string SupportOf(TableFeature feature)
    {
        if (!feature.CanRead) return "–";
        var write = !feature.CanWrite ? "" : feature.ActiveWhen is null ? "W" : "a";
        if (feature.IsForReaders) return "R" + write;
        return write.Length == 0 ? "–" : write;
    }
}
