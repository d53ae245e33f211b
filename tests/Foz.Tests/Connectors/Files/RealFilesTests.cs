using System.Text.Json;
using Foz.Lake.Data;

namespace Foz.Tests.Connectors.Files;

/// <summary>Files that other programs wrote.</summary>
public sealed class RealFilesTests
{
    [Theory]
    [InlineData("municipios", 5_571)]
    [InlineData("estados", 27)]
    public async Task Brazil_reads_alike_from_CSV_and_JSON(string name, int count)
    {
        var folder = Repository.SharedFolder("real");
        await using var project = new FilesProject().Define($"{folder}/{name}.csv");
        var csv = await project.ReadAsync();
        project.TableFields = [];
        project.Define($"{folder}/{name}.json");
        var json = await project.ReadAsync();

        Assert.InRange(csv.Rows.Count, count - 1, count);
        Assert.Equal(csv.Names, json.Names);
        Assert.Empty(csv.Rejected);
        Assert.Empty(json.Rejected);
        Assert.All(csv.Fields, f => Assert.Equal(DataType.String, f.Type));
        Assert.Equal(DataType.Double, json.Fields.Single(f => f.Name == "latitude").Type);
        Assert.Equal(DataType.Long, json.Fields[0].Type);
        // Numbers without the zeros that mean nothing; texts as they are.
        Assert.Equal(
            csv.Rows.Select(Text).Order(StringComparer.Ordinal), json.Rows.Select(Text).Order(StringComparer.Ordinal));

        static string Text(object?[] row) => string.Join('|', row.SkipLast(2).Select(v =>
            v is string s && decimal.TryParse(s, out var number) ? $"{number / 1.0000000000000000000m}" : $"{v}"));
    }

    [Fact]
    public async Task The_rows_of_Chinook_come_through_as_they_are()
    {
        var path = Path.Combine(Repository.SharedFolder("real"), "ChinookData.json");
        using var document = JsonDocument.Parse(
            await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken));
        await using var project = new FilesProject();
        foreach (var table in document.RootElement.EnumerateObject())
        {
            project.TableFields = [];
            project.Write($"{table.Name}.json", table.Value.GetRawText()).Define($"{table.Name}.json");
            var batch = await project.ReadAsync();
            Assert.Empty(batch.Rejected);
            Assert.Equal(table.Value.GetArrayLength(), batch.Rows.Count);
            var texts = table.Value.EnumerateArray().SelectMany(r => r.EnumerateObject())
                .Where(p => p.Value.ValueKind == JsonValueKind.String).Select(p => p.Value.GetString());
            Assert.Equal(
                texts.Order(StringComparer.Ordinal),
                batch.Rows.SelectMany(r => r.SkipLast(2)).OfType<string>().Order(StringComparer.Ordinal));
        }
    }
}
