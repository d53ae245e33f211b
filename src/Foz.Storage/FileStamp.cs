using System.Runtime.InteropServices;

namespace Foz.Storage;

/// <summary>
/// Identifies a state of a file or folder of this machine: changing it, replacing it, or adding or removing a name in a
/// folder changes its stamp, unless that happens within a tick of the file system's clock after the last change
/// (<see cref="IsOlderThan"/>).
/// </summary>
/// <param name="Device">The file system.</param>
/// <param name="Inode">Its number there; 0 where there is no such file.</param>
/// <param name="SizeBytes">Its size.</param>
/// <param name="ModifiedNs">When it was written last, in nanoseconds since 1970; programs can set it.</param>
/// <param name="ChangedNs">
/// When anything about it changed last, in nanoseconds since 1970; programs cannot set it.
/// </param>
public readonly record struct FileStamp(ulong Device, ulong Inode, long SizeBytes, long ModifiedNs, long ChangedNs)
{
    const int CurrentFolder = -100;
    const uint BasicStatistics = 0x7ff;
    const int NotFound = 2;
    const int NotFolder = 20;
    const long NsOfSecond = 1_000_000_000;
    const long NsOfTick = 100;

    /// <summary>Whether this system gives files stamps that can be trusted.</summary>
    public static bool AreKnown => OperatingSystem.IsLinux();

    /// <summary>Whether there is no such file.</summary>
    public bool IsNone => Inode == 0;

    /// <summary>
    /// Whether its last change is so far before an instant that a change after the instant has another time.
    /// </summary>
    public bool IsOlderThan(DateTimeOffset instant)
    {
        var ns = (instant - DateTimeOffset.UnixEpoch).Ticks * NsOfTick;
        return ModifiedNs < ns && ChangedNs < ns;
    }

    /// <summary>Returns the stamp of a file or folder; null where the system does not give it.</summary>
    public static FileStamp? Of(string path)
    {
        if (!AreKnown) return null;
        if (statx(CurrentFolder, path, 0, BasicStatistics, out var stat) != 0)
            return Marshal.GetLastPInvokeError() is NotFound or NotFolder ? default(FileStamp) : null;
        return new(
            ((ulong)stat.DeviceMajor << 32) | stat.DeviceMinor, stat.Inode, (long)stat.SizeBytes,
            stat.ModifiedSeconds * NsOfSecond + stat.ModifiedNs, stat.ChangedSeconds * NsOfSecond + stat.ChangedNs);
    }

    [DllImport("libc", SetLastError = true)]
    static extern int statx(
        int folder, [MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags, uint mask, out Statistics statistics);

    /// <summary>The kernel's <c>struct statx</c>, which is the same on all processors.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    readonly struct Statistics
    {
        [FieldOffset(32)]
        public readonly ulong Inode;

        [FieldOffset(40)]
        public readonly ulong SizeBytes;

        [FieldOffset(96)]
        public readonly long ChangedSeconds;

        [FieldOffset(104)]
        public readonly uint ChangedNs;

        [FieldOffset(112)]
        public readonly long ModifiedSeconds;

        [FieldOffset(120)]
        public readonly uint ModifiedNs;

        [FieldOffset(136)]
        public readonly uint DeviceMajor;

        [FieldOffset(140)]
        public readonly uint DeviceMinor;
    }
}
