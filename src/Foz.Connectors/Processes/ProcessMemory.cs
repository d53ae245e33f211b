using System.Diagnostics;
using System.Globalization;

namespace Foz.Connectors.Processes;

/// <summary>How much memory a program holds, and may.</summary>
static class ProcessMemory
{
    const string Shell = "/bin/sh";
    const long ReserveBytes = 1L << 30;

    // Wide, because the kernel counts what was asked for, and most programs ask for more than they use.
    const string Limit = "ulimit -d \"$1\" 2>/dev/null; shift; exec \"$@\"";

    /// <summary>
    /// The program and arguments that run a program under the kernel's limit (RLIMIT_DATA, which since Linux 4.7 counts
    /// all private memory that can be written); its own where it has none, or is not found.
    /// </summary>
    public static (string Program, IReadOnlyList<string> Arguments) Bound(ProcessDefinition definition)
    {
        if (definition.MemoryBytesMax is not { } bytes || !OperatingSystem.IsLinux() || !File.Exists(Shell)
            || Find(definition.Program) is not { } program)
            return (definition.Program, definition.Arguments);
        var kilobytes = Math.Min(bytes, long.MaxValue / 4) / 512 + ReserveBytes / 1024;
        return (Shell,
            ["-c", Limit, "sh", kilobytes.ToString(CultureInfo.InvariantCulture), program, .. definition.Arguments]);
    }

    /// <summary>
    /// Returns the file of a program, as it would be started; null where there is none, which the start reports.
    /// </summary>
    static string? Find(string program)
    {
        if (program.Contains('/', StringComparison.Ordinal))
            return Path.GetFullPath(program) is var path && File.Exists(path) ? path : null;
        return (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, program)).FirstOrDefault(MayRun);
    }

    static bool MayRun(string file) => File.Exists(file) && !OperatingSystem.IsWindows()
        && (File.GetUnixFileMode(file)
            & (UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute)) != UnixFileMode.None;

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
        .SelectMany(task =>
            File.ReadAllText(Path.Combine(task, "children")).Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .Select(child => int.Parse(child, NumberStyles.None, CultureInfo.InvariantCulture));
}
