using System.Globalization;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Engine;
using Foz.Serving.Governance;
using Foz.Serving.Settings;

namespace Foz.Serving.Workloads;

/// <summary>
/// The classes of a server: which one a statement is of, and how they share the memory. For many threads.
/// </summary>
sealed class WorkloadClasses : IDisposable
{
    const int SlotsMin = 4;
    const int SlotsOfThread = 2;

    // What the platform does itself: ingestion, commits, what is audited, rows that clients send.
    const int OwnPart = 4;
    const long MemoryBytesMin = 32L << 20;

    static readonly TimeSpan lookEvery = TimeSpan.FromSeconds(1);

    readonly List<WorkloadClass> classes = [];
    readonly Func<AccessList> granted;
    readonly WorkloadClass others;
    readonly ITimer timer;

    /// <param name="options">The classes, in the order in which they are looked at.</param>
    /// <param name="engines">Where their instances are added, and what they share.</param>
    /// <param name="opened">Makes functions known to an instance.</param>
    /// <param name="granted">Gives who has which role.</param>
    /// <param name="clock">The time.</param>
    /// <exception cref="FozException">They have more memory than there is for them.</exception>
    public WorkloadClasses(
        IReadOnlyList<WorkloadOptions> options, EnginePool engines, Action<EngineSession> opened,
        Func<AccessList> granted,
        TimeProvider clock)
    {
        this.granted = granted;
        var all = options.Any(o => o.Name == WorkloadOptions.DefaultName)
            ? options
            : [.. options, new WorkloadOptions { Name = WorkloadOptions.DefaultName }];
        var memory = MemoryOfEach(all, engines.MemoryBytes);
        var spill = engines.SpillBytesMax() / (all.Count + 1);
        foreach (var own in all)
        {
            var threads = own.Threads ?? engines.Threads;
            var instance = engines.Add(new()
            {
                Name = "workload-" + own.Name, MemoryBytes = own.MemoryBytes ?? memory, Threads = threads,
                SpillBytesMax = own.SpillBytesMax ?? spill, Opened = opened,
            });
            classes.Add(new(own, instance, own.Slots ?? Math.Max(SlotsMin, threads * SlotsOfThread), clock));
        }
        engines.Find(Workload.Query).LimitMemory(engines.MemoryBytes / OwnPart);
        others = classes.Single(c => c.Name == WorkloadOptions.DefaultName);
        timer = clock.CreateTimer(static state => ((WorkloadClasses)state!).Look(), this, lookEvery, lookEvery);
    }

    /// <summary>All of them.</summary>
    public IReadOnlyList<WorkloadClass> All => classes;

    /// <summary>The class of what a session does: the first that takes it, else the one of all others.</summary>
    /// <param name="user">Who the session is of.</param>
    /// <param name="settings">The session's settings.</param>
    public WorkloadClass Of(SessionUser user, SessionSettings settings)
    {
        if (classes.Count == 1) return others;
        var access = granted();
        var application = settings["application_name"];
        return classes.FirstOrDefault(c => c != others && Takes(c.Options)) ?? others;

        bool Takes(WorkloadOptions own) =>
            (own.Applications.Count == 0 || own.Applications.Contains(application, StringComparer.Ordinal))
            && (own.Users.Count + own.Roles.Count == 0 || own.Users.Contains(user.Name, StringComparer.Ordinal)
                || own.Roles.Any(role => access.IsIn(user.Grantee, role)));
    }

    /// <summary>Stops statements that wait or run too long, and lends unused slots.</summary>
    public void Look()
    {
        foreach (var known in classes) known.Look();
    }

    /// <inheritdoc/>
    public void Dispose() => timer.Dispose();

    /// <summary>Bytes of each class that says none.</summary>
    static long MemoryOfEach(IReadOnlyList<WorkloadOptions> all, long bytes)
    {
        var (given, open) = (all.Sum(o => o.MemoryBytes ?? 0), all.Count(o => o.MemoryBytes is null));
        var left = bytes - bytes / OwnPart - given;
        var each = open == 0 ? left : left / open;
        if (all.Any(o => o.MemoryBytes is not null) && (open == 0 ? each < 0 : each < MemoryBytesMin))
            throw new FozException(
                ErrorKind.Configuration,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"the workloads have {new MemorySize(given)} of {new MemorySize(bytes - bytes / OwnPart)}, which "
                        + $"leaves too little for the others"))
            {
                Hint = "give them less, or the process more with `memory:`; a quarter of what DuckDB has "
                    + "stays for ingestion and commits",
            };
        return each;
    }
}
