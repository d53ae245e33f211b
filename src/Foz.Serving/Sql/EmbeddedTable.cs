namespace Foz.Serving.Sql;

/// <summary>Tables of the assembly: files with a line for each row, and tabs between its cells.</summary>
static class EmbeddedTable
{
    /// <summary>The lines of a resource, each with its cells.</summary>
    public static IEnumerable<string[]> ReadLines(string resource)
    {
        using var stream = typeof(EmbeddedTable).Assembly.GetManifestResourceStream(resource)!;
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
            if (line.Length > 0) yield return line.Split('\t');
    }
}
