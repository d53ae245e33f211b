using System.Diagnostics;
using System.Globalization;

namespace Foz.Storage;

/// <summary>
/// Named places around reads and writes where a test can kill the process, or do what another process might do there.
/// <c>FOZ_FAILPOINT=name</c> or <c>name:n</c> kills the process, as <c>kill -9</c> does, at the first or the n-th hit
/// of that name. Without the variable a hit costs nothing. With <c>FOZ_FAILPOINT_STOPS=1</c> the process is stopped
/// there, as <c>kill -STOP</c> does, until another process continues it.
/// </summary>
public static class Failpoint
{
    /// <summary>The environment variable that arms one failpoint.</summary>
    public const string Variable = "FOZ_FAILPOINT";

    /// <summary>The environment variable by which a process is stopped rather than killed: <c>1</c>.</summary>
    public const string StopsVariable = "FOZ_FAILPOINT_STOPS";

    static readonly (string Name, int Hit)? armed = Parse(Environment.GetEnvironmentVariable(Variable));
    static readonly bool isArmed = armed is not null;
    static readonly AsyncLocal<Action<string>?> watcher = new();
    static int hits;
    static int watchers;

    /// <summary>Dies here if the environment armed this name and this is the hit that it asked for.</summary>
    public static void Hit(string name)
    {
        if (isArmed) Count(name);
        if (Volatile.Read(ref watchers) > 0) watcher.Value?.Invoke(name);
    }

    /// <summary>
    /// Lets a test act at the hits of code that it starts from here on, and of nothing else, until the returned object
    /// is disposed.
    /// </summary>
    /// <param name="onHit">Receives the name of each hit; the hit throws its exceptions.</param>
    internal static IDisposable Watch(Action<string> onHit)
    {
        Interlocked.Increment(ref watchers);
        watcher.Value = onHit;
        return new Watching();
    }

    /// <summary>Reads <c>name</c> or <c>name:n</c>; null for nothing. The text is a test's, so faults throw.</summary>
    /// <exception cref="FormatException">The part after the colon is no positive number.</exception>
    internal static (string Name, int Hit)? Parse(string? text)
    {
        if (string.IsNullOrEmpty(text)) return null;
        var colon = text.LastIndexOf(':');
        if (colon < 0) return (text, 1);
        var hit = int.Parse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture);
        return hit > 0 ? (text[..colon], hit) : throw new FormatException($"{Variable}={text}: hits count from 1");
    }

    static void Count(string name)
    {
        if (armed!.Value.Name != name || Interlocked.Increment(ref hits) != armed.Value.Hit) return;
        if (Environment.GetEnvironmentVariable(StopsVariable) is "1")
        {
            using var stop = Process.Start(
                "kill", ["-STOP", Environment.ProcessId.ToString(CultureInfo.InvariantCulture)]);
            stop.WaitForExit();
            return;
        }
        using var self = Process.GetCurrentProcess();
        self.Kill();
        Environment.FailFast($"failpoint {name}");
    }

    sealed class Watching : IDisposable
    {
        public void Dispose()
        {
            watcher.Value = null;
            Interlocked.Decrement(ref watchers);
        }
    }
}
