using System.Globalization;
using System.Text;
using Foz.Delta.Log;
using Foz.Delta.Scans;
using Foz.Delta.Schema;
using Foz.Delta.Snapshots;

namespace Foz.Tests.Delta.Scans;

/// <summary>Rows in memory are the model: a file that is dropped must have no row that matches.</summary>
public sealed class PruningPropertyTests
{
    static readonly StructField[] Columns =
    [
        new("i", DeltaType.Integer), new("l", DeltaType.Long), new("dec", new DecimalType(12, 3)),
        new("d", DeltaType.Double), new("f", DeltaType.Float), new("t", DeltaType.String), new("date", DeltaType.Date),
        new("ts", DeltaType.Timestamp), new("ntz", DeltaType.TimestampNtz), new("b", DeltaType.Boolean),
        new("p", DeltaType.String), new("q", DeltaType.Integer),
    ];

    static readonly TableSchema Schema = new(new StructType([.. Columns]), ["p", "q"], ColumnMappingMode.None);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Pruning_never_loses_a_row_that_matches(int seed)
    {
        var random = new Random(seed);
        var writer = new StatisticsWriter(Schema, StringMap.Empty);
        var files = new List<(AddFile File, object?[][] Rows)>();
        for (var i = 0; i < 200; i++) files.Add(MakeFile(i, random, writer));
        // Few files share a chunk, so that its bounds tell something too.
        var sets = files.Select(f => f.File).Chunk(5).Select(part => FileSet<AddFile>.Empty.Change([], part)).ToList();
        int dropped = 0, whole = 0;
        for (var i = 0; i < 400; i++)
        {
            var (predicate, model) = MakePredicate(random, depth: 3);
            var pruner = new FilePruner(Schema, predicate);
            var matched = sets.SelectMany(pruner.Match).ToDictionary(
                m => m.File.Path.Value, m => m.IsWhole, StringComparer.Ordinal);
            foreach (var (file, rows) in files)
            {
                var isKept = matched.TryGetValue(file.Path.Value, out var isWhole);
                if (i % 8 == 0) Assert.Equal(isKept, pruner.MayMatch(file));
                if (!isKept)
                    Assert.True(
                        Array.TrueForAll(rows, row => model(row) != true),
                        $"{file.Stats} was dropped by {Text(predicate)} (seed {seed})");
                if (isWhole)
                    Assert.True(
                        Array.TrueForAll(rows, row => model(row) == true),
                        $"{file.Stats} was whole by {Text(predicate)} (seed {seed})");
                if (!isKept) dropped++;
                if (isWhole) whole++;
            }
        }
        Assert.True(dropped > 5_000, $"only {dropped} dropped: the test shows nothing");
        Assert.True(whole > 200, $"only {whole} whole: the test shows nothing");
    }

    static (AddFile File, object?[][] Rows) MakeFile(int number, Random random, StatisticsWriter writer)
    {
        var rows = new object?[random.Next(1, 6)][];
        var nullShare = random.Next(3) switch { 0 => 0, 1 => 30, _ => 100 };
        var (p, q) = (MakeValue(Columns[10], random, 10), MakeValue(Columns[11], random, 10));
        for (var r = 0; r < rows.Length; r++)
        {
            rows[r] = [.. Columns.Select(column => MakeValue(column, random, nullShare))];
            (rows[r][10], rows[r][11]) = (p is "" ? null : p, q);
        }
        var statistics = Columns.Take(10)
            .Select((column, c) => StatisticsOf(column, [.. rows.Select(row => row[c])], random));
        var stats = writer.Write(rows.Length, statistics.OfType<ColumnStatistics>());
        if (random.Next(4) == 0) stats = FileStatistics.WithWideBounds(stats, rows.Length);
        var file = new AddFile
        {
            Path = FilePath.Relative($"f{number}"),
            PartitionValues = new(["p", "q"], [TextOf(rows[0][10], DeltaType.String), TextOf(q, DeltaType.Integer)]),
            SizeBytes = 1,
            ModificationTimeMs = 0,
            Stats = stats,
        };
        return (file, rows);
    }

    static ColumnStatistics? StatisticsOf(StructField column, object?[] values, Random random)
    {
        if (random.Next(10) == 0) return null;
        var known = values.OfType<object>().Where(v => v is not (double.NaN or float.NaN)).ToList();
        known.Sort(CompareValues);
        return new()
        {
            Column = ColumnPath.Of(column.Name),
            Min = known.Count > 0 && random.Next(8) > 0 ? TextOf(known[0], column.Type) : null,
            Max = known.Count > 0 && random.Next(8) > 0 ? TextOf(known[^1], column.Type) : null,
            NullCount = random.Next(8) > 0 ? values.Count(v => v is null) : null,
            HasNan = values.Any(v => v is double.NaN or float.NaN),
        };
    }

    static object? MakeValue(StructField column, Random random, int nullShare)
    {
        if (random.Next(100) < nullShare) return null;
        switch (column.Name)
        {
            case "i" or "q": return (long)random.Next(-20, 20);
            case "l": return random.Next(4) == 0 ? random.NextInt64() : random.Next(-20, 20);
            case "dec": return random.Next(-20_000, 20_000) / 1000m;
            case "d":
                return random.Next(8) switch
                {
                    0 => double.NaN,
                    1 => double.PositiveInfinity,
                    2 => -0.0,
                    _ =>
                random.Next(-40, 40) / 3.0
                };
            case "f": return random.Next(9) == 0 ? float.NaN : random.Next(-40, 40) / 3f;
            case "t": return MakeText(random);
            case "date": return new Day(random.Next(-800_000, 800_000) / random.Next(1, 4000));
            case "ts" or "ntz": return new Instant(random.NextInt64(-4_000_000, 4_000_000));
            case "b": return random.Next(2) == 0;
            default: return new[] { "", "a", "sul", "é", "z" }[random.Next(5)];
        }
    }

    static string MakeText(Random random)
    {
        var letters = new[] { "a", "b", "é", "\uFFFD", "\U0001F600", "\U0010FFFF" };
        var head = random.Next(3) == 0 ? new string('a', random.Next(28, 36)) : "";
        return head
            + string.Concat(Enumerable.Range(0, random.Next(6)).Select(_ => letters[random.Next(letters.Length)]));
    }

    static (Predicate Predicate, Func<object?[], bool?> Model) MakePredicate(Random random, int depth)
    {
        switch (depth == 0 ? 9 : random.Next(14))
        {
            case 0:
                var (a, modelA) = MakePredicate(random, depth - 1);
                return (!a, row => !modelA(row));
            case 1 or 2 or 3:
                var (b, modelB) = MakePredicate(random, depth - 1);
                var (c, modelC) = MakePredicate(random, depth - 1);
                return (b & c, row => modelB(row) & modelC(row));
            case 4 or 5:
                var (d, modelD) = MakePredicate(random, depth - 1);
                var (e, modelE) = MakePredicate(random, depth - 1);
                return (d | e, row => modelD(row) | modelE(row));
        }
        var at = random.Next(Columns.Length);
        var column = ColumnPath.Of(Columns[at].Name);
        switch (random.Next(8))
        {
            case 0:
                return (new Predicate.IsNull(column), row => row[at] is null);
            case 1:
                var literals = Enumerable.Range(0, random.Next(1, 4)).Select(_ => MakeValue(Columns[at], random, 10))
                    .ToArray();
                return (new Predicate.In(column, [.. literals.Select(v => TextOf(v, Columns[at].Type))]),
                    row => row[at] is not { } v ? null
                        : Array.Exists(literals, x => x is not null && CompareValues(v, x) == 0) ? true
                        : Array.Exists(literals, x => x is null) ? null : false);
            case 2 when Columns[at].Type == DeltaType.String:
                var prefix = MakeText(random) is var text && random.Next(2) == 0 && text.Length > 1
                    && !char.IsHighSurrogate(text[0]) ? text[..1] : text;
                return (new Predicate.StartsWith(column, prefix),
                    row => row[at] is string s ? s.StartsWith(prefix, StringComparison.Ordinal) : null);
            case 3:
                return random.Next(4) == 0 ? (Predicate.Unknown, _ => random.Next(2) == 0) : MakePredicate(random, 0);
        }
        var comparison = (Comparison)random.Next(6);
        if (Columns[at].Type is DecimalType or PrimitiveType { Kind: PrimitiveKind.Integer } && random.Next(3) == 0)
        {
            // Finer than the type: it lies between two values.
            var fine = random.Next(-200_000, 200_000) / 10_000m;
            return (new Predicate.Compare(column, comparison, fine.ToString(CultureInfo.InvariantCulture)),
                row => row[at] is { } v
                    ? Holds(comparison, Convert.ToDecimal(v, CultureInfo.InvariantCulture).CompareTo(fine))
                    : null);
        }
        var literal = MakeValue(Columns[at], random, 0)!;
        return (new Predicate.Compare(column, comparison, TextOf(literal, Columns[at].Type)!),
            row => row[at] is { } v ? Holds(comparison, CompareValues(v, literal)) : null);
    }

    static bool Holds(Comparison comparison, int order) => comparison switch
    {
        Comparison.Equal => order == 0,
        Comparison.NotEqual => order != 0,
        Comparison.Less => order < 0,
        Comparison.LessOrEqual => order <= 0,
        Comparison.Greater => order > 0,
        _ => order >= 0,
    };

    // As the engine orders: NaN highest and equal to itself, text by its bytes.
    static int CompareValues(object a, object b) => (a, b) switch
    {
        (double x, double y) => double.IsNaN(x) ? double.IsNaN(y) ? 0 : 1 : double.IsNaN(y) ? -1 : x.CompareTo(y),
        (float x, float y) => float.IsNaN(x) ? float.IsNaN(y) ? 0 : 1 : float.IsNaN(y) ? -1 : x.CompareTo(y),
        (string x, string y) => Encoding.UTF8.GetBytes(x).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(y)),
        (Day x, Day y) => x.Number.CompareTo(y.Number),
        (Instant x, Instant y) => x.Micros.CompareTo(y.Micros),
        _ => ((IComparable)a).CompareTo(b),
    };

    static string? TextOf(object? value, DeltaType type) => value switch
    {
        null => null,
        Day day =>
            DateOnly.FromDayNumber(day.Number + new DateOnly(1970, 1, 1).DayNumber).ToString(
                "yyyy-MM-dd", CultureInfo.InvariantCulture),
        Instant instant =>
            DateTime.UnixEpoch.AddMicroseconds(instant.Micros)
                .ToString("yyyy-MM-dd HH:mm:ss.ffffff", CultureInfo.InvariantCulture)
                + (type == DeltaType.Timestamp ? "+00" : ""),
        bool flag => flag ? "true" : "false",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString(),
    };

    static string Text(Predicate predicate) => predicate switch
    {
        Predicate.And and => $"({string.Join(" and ", and.Terms.Select(Text))})",
        Predicate.Or or => $"({string.Join(" or ", or.Terms.Select(Text))})",
        Predicate.Not not => $"not {Text(not.Term)}",
        Predicate.In isIn => $"{isIn.Column} in ({string.Join(", ", isIn.Literals)})",
        _ => predicate.ToString(),
    };

    sealed record Day(int Number);

    sealed record Instant(long Micros);
}
