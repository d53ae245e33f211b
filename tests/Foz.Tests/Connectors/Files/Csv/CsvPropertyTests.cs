using System.Text;

namespace Foz.Tests.Connectors.Files.Csv;

/// <summary>Random files whose rows are known, with unreadable lines among them.</summary>
public sealed class CsvPropertyTests
{
    static readonly string[] Values =
    [
        "", "a", "01310-100", "São Paulo", "x y", " x", "x ", "\"", "\"\"", "he said \"no\"", "1;2", "a,b", ",",
        "l1\nl2",
        "l1\r\nl2", "\\", "'", "\t", "日本", "😀", "NULL",
    ];

    static readonly string[] Malformed = ["x", "x,y,z,w", "\"x\"y,z,w", "x,\"open,z", "x,y,\"z"];

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 140)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task Good_rows_and_rejected_rows_are_all_rows(int seed)
    {
        var random = new Random(seed);
        var hasDirt = seed % 2 == 0;
        var isOpening = seed % 4 == 0;
        var hasHeader = seed % 5 != 0;
        string[] allEnds = ["\r\n", "\n", "\r"];
        var ends = allEnds[random.Next(hasDirt ? 2 : 3)];
        var (text, line) = (new StringBuilder(hasHeader ? $"a,b,c{ends}" : ""), hasHeader ? 2L : 1L);
        // The first row defines how many columns there are.
        if (!hasHeader) text.Append($"1,2,\"a\nb\"{ends}");
        var (rows, rejected) = (new List<string>(), new List<(long Line, string Text)>());
        if (!hasHeader)
        {
            rows.Add("1|2|a\nb");
            line += 2;
        }
        for (var i = random.Next(60); i > 0; i--)
        {
            if (seed % 7 == 0) ends = allEnds[random.Next(2)];
            if (hasDirt && random.Next(5) == 0)
            {
                var bad = Malformed[random.Next(isOpening ? Malformed.Length : 3)];
                text.Append(bad).Append(ends);
                rejected.Add((line++, bad));
            }
            if (random.Next(8) == 0)
            {
                text.Append(ends);
                line++;
            }
            var values = Enumerable.Range(0, 3).Select(_ => Value(random, isOpening)).ToArray();
            rows.Add(string.Join('|', values.Select(v => v ?? "∅")));
            var row = string.Join(',', values.Select(v => Field(v, random)));
            text.Append(row).Append(ends);
            line += 1 + row.Count(c => c == '\n');
        }

        await using var project = new FilesProject().Write("a.csv", text.ToString())
            .Define("a.csv", settings: ("header", hasHeader ? "true" : "false"));
        var batch = await project.ReadAsync();

        Assert.Equal(rows.Order(StringComparer.Ordinal), batch.Lines);
        Assert.Equal(rejected, batch.Rejected.Select(r => (r.Line, r.Text)));
    }

    /// <summary>
    /// Returns a random value. After an unclosed quote, a field that starts like the end of a field looks like one.
    /// </summary>
    static string? Value(Random random, bool isOpening)
    {
        var value = random.Next(6) == 0 ? null : Values[random.Next(Values.Length)];
        return isOpening && value is "," or " x" ? "x" : value;
    }

    static string Field(string? value, Random random)
    {
        if (value is null) return "";
        var needsQuotes = value.Length == 0 || value.AsSpan().ContainsAny(",\"\r\n") || value.StartsWith(' ');
        var quoted = $"\"{value.Replace("\"", "\"\"")}\"";
        return needsQuotes || random.Next(3) == 0 ? quoted : value;
    }
}
