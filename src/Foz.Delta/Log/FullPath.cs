namespace Foz.Delta.Log;

/// <summary>Where tables and files are, as programs without a notion of the table write it: URIs whose paths are not
/// encoded.</summary>
static class FullPath
{
    /// <summary>A table's folder, without a slash at the end.</summary>
    /// <param name="root">The root of its store.</param>
    public static string Of(string root) =>
        root.Contains("://", StringComparison.Ordinal) ? root
        : root.StartsWith('/') ? $"file://{root}"
        : $"file:///{root.Replace('\\', '/')}";

    /// <summary>A file of a table.</summary>
    /// <param name="location">The table's folder, in full.</param>
    /// <param name="path">Its path in the log.</param>
    public static string Of(string location, FilePath path) =>
        path.IsAbsolute ? Of(path.Value) : $"{location}/{path.Value}";
}
