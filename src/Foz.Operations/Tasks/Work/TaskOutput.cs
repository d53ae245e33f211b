namespace Foz.Operations.Tasks.Work;

/// <summary>
/// The file that <c>FOZ_OUTPUT</c> names, in which a task writes its outputs: lines of <c>name=value</c>.
/// </summary>
sealed class TaskOutput : IDisposable
{
    public const string Variable = "FOZ_OUTPUT";

    /// <summary>The most bytes of a task's outputs together.</summary>
    public const int BytesMax = 64 << 10;

    readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("foz-task-");

    public TaskOutput() => File.WriteAllBytes(Path, []);

    /// <summary>Gets the file.</summary>
    public string Path => System.IO.Path.Combine(folder.FullName, "output");

    /// <summary>Reads the outputs.</summary>
    /// <returns>The outputs, or what is wrong with them.</returns>
    public (IReadOnlyDictionary<string, string> Values, string? Fault) Read()
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        var file = new FileInfo(Path);
        if (!file.Exists || file.LinkTarget is not null) return (values, "the file of its outputs is gone");
        if (file.Length > BytesMax) return (values, $"its outputs are larger than {BytesMax:N0} bytes");
        var number = 0;
        foreach (var line in File.ReadLines(Path))
        {
            number++;
            if (string.IsNullOrWhiteSpace(line)) continue;
            var equals = line.IndexOf('=', StringComparison.Ordinal);
            if (equals < 1 || !IsName(line.AsSpan(0, equals)))
                return (values, $"line {number} of its outputs is not name=value");
            values[line[..equals]] = line[(equals + 1)..];
        }
        return (values, null);
    }

    /// <summary>Returns whether a text can be the name of an output.</summary>
    public static bool IsName(ReadOnlySpan<char> text)
    {
        foreach (var c in text)
            if (!char.IsAsciiLetterOrDigit(c) && c != '_') return false;
        return text.Length is > 0 and <= 100;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        try
        {
            folder.Delete(recursive: true);
        }
        catch (IOException)
        {
            // What the task left running may write there still; the folder is of the temporary ones.
        }
    }
}
