using System.Diagnostics;
using System.Text;

namespace Foz.Operations.Tasks.Work;

/// <summary>
/// The processes of tasks. Each carries its task in an environment variable, which its children inherit, also those
/// that leave its process group: so all of them are found.
/// </summary>
static class TaskProcesses
{
    public const string Variable = "FOZ_TASK";

    const int PassesMax = 20;

    // Its input is a pipe that ends with Foz, also with kill -9: then all of the group ends.
    const string Guard =
        """
        exec 3<&0 </dev/null
        (exec >/dev/null 2>&1; trap '' TERM HUP INT; cat <&3; kill -KILL 0) &
        guard=$!
        exec 3<&-
        "$@"
        code=$?
        kill -KILL "$guard" 2>/dev/null
        exit "$code"
        """;

    static readonly string[] sessions = ["/usr/bin/setsid", "/bin/setsid"];

    /// <summary>Returns the program and arguments that run a program so that it does not survive Foz.</summary>
    public static (string Program, IReadOnlyList<string> Arguments) Guarded(
        string program, IReadOnlyList<string> arguments)
    {
        if (OperatingSystem.IsWindows() || sessions.FirstOrDefault(File.Exists) is not { } setsid)
            return (program, arguments);
        return (setsid, ["/bin/sh", "-c", Guard, "foz-task", program, .. arguments]);
    }

    /// <summary>Ends all processes of an attempt, on Linux.</summary>
    /// <param name="id">The attempt.</param>
    public static void End(string id)
    {
        if (!OperatingSystem.IsLinux()) return;
        var mark = Encoding.UTF8.GetBytes($"\0{Variable}={id}\0");
        // One that is just being made appears in the next pass.
        for (var pass = 0; pass < PassesMax; pass++)
        {
            var found = false;
            foreach (var folder in Directory.EnumerateDirectories("/proc"))
                if (int.TryParse(Path.GetFileName(folder), out var process) && process != Environment.ProcessId
                    && Has(process, mark))
                    found |= Kill(process);
            if (!found) return;
        }
    }

    static bool Has(int process, byte[] mark)
    {
        try
        {
            var variables = File.ReadAllBytes($"/proc/{process}/environ");
            return variables.AsSpan().IndexOf(mark) >= 0 || variables.AsSpan().StartsWith(mark.AsSpan(1));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    static bool Kill(int process)
    {
        try
        {
            using var found = Process.GetProcessById(process);
            found.Kill();
            return true;
        }
        catch (Exception e)
            when (e is ArgumentException or InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
