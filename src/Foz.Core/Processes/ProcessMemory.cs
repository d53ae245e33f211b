using System.Diagnostics;
using System.Globalization;

namespace Foz.Core.Processes;

/// <summary>How much memory a program holds.</summary>
static class ProcessMemory
{
    /// <summary>
    /// The resident memory of a program and, on Linux, of all that it started, in bytes; 0 where it has ended.
    /// </summary>
    public static long Of(Process process)
    {
        try
        {
            if (OperatingSystem.IsLinux()) return OfTree(process.Id, depth: 0);
            process.Refresh();
            return process.WorkingSet64;
        }
        catch (InvalidOperationException)
        {
            return 0;
        }
    }

    static long OfTree(int id, int depth)
    {
        const int depthMax = 16;
        try
        {
            // The second number is the resident pages (proc(5), /proc/pid/statm).
            var pages = long.Parse(
                File.ReadAllText($"/proc/{id}/statm").Split(' ')[1], NumberStyles.None, CultureInfo.InvariantCulture);
            var bytes = pages * Environment.SystemPageSize;
            return depth == depthMax ? bytes : bytes + Children(id).Sum(child => OfTree(child, depth + 1));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }

    static IEnumerable<int> Children(int id) => Directory.EnumerateDirectories($"/proc/{id}/task")
        .SelectMany(task => File.ReadAllText(Path.Combine(task, "children")).Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .Select(child => int.Parse(child, NumberStyles.None, CultureInfo.InvariantCulture));
}
