using System.Diagnostics;
using Foz.Lake.Catalog;
using Foz.Operations.Firings;
using Foz.Operations.Schedules;
using Foz.Operations.Scheduling;
using Foz.Storage;
using Foz.Tests.Delta;
using Foz.Tests.Pipelines.Batches;

namespace Foz.Tests.Operations.Scheduling;

/// <summary>
/// Hosts of one lake that all take themselves for the leader. Their requests to the store are done in a random order.
/// Before and after each of them a host may end, or stand still for days. For one thread without a context: what a
/// host does until its next request is done in one go.
/// </summary>
/// <param name="objects">The lake.</param>
/// <param name="runs">The runs, which survive the hosts.</param>
/// <param name="clock">The time; each host's clock is wrong by up to <see cref="skewMax"/>.</param>
/// <param name="random">What happens.</param>
sealed class SimulatedHosts(MemoryObjectStore objects, SimulatedRuns runs, ManualTime clock, Random random)
{
    const int HostsMax = 3, RoundsStillMax = 24, FaultyStepShare = 12, TurnsMax = 60;

    static readonly TimeSpan skewMax = TimeSpan.FromSeconds(50);

    readonly List<Host> hosts = [];

    /// <summary>How many hosts ended in the middle of a step.</summary>
    public int Ended { get; private set; }

    /// <summary>How many stood still in the middle of a step, and went on later.</summary>
    public int StoodStill { get; private set; }

    /// <summary>How many requests were done while another host was in the middle of a step.</summary>
    public long Interleaved { get; private set; }

    /// <summary>How the firings ended, as hosts saw it.</summary>
    public Dictionary<string, FiringState> Ends { get; } = new(StringComparer.Ordinal);

    /// <summary>Lets each host do a step, all at once.</summary>
    /// <param name="schedules">The schedules.</param>
    /// <param name="isCalm">Whether nothing happens to them.</param>
    public void Step(ProjectSchedules schedules, bool isCalm = false)
    {
        if (hosts.Count == 0 || (!isCalm && random.Next(25) == 0)) Start();
        foreach (var host in hosts)
            if (!host.StandsStill())
            {
                host.Begin(schedules);
                // In one of so many steps, and soon: what is to be caught up makes steps long.
                host.TurnsToFault = isCalm || random.Next(FaultyStepShare) > 0 ? int.MaxValue : random.Next(1, TurnsMax);
            }
        while (hosts.Where(host => host is { IsStill: false, IsBusy: true }).ToList() is { Count: > 0 } busy)
        {
            var host = busy[random.Next(busy.Count)];
            if (busy.Count > 1) Interleaved++;
            if (--host.TurnsToFault > 0) host.GoOn();
            else if (random.Next(2) == 0)
            {
                hosts.Remove(host);
                Ended++;
            }
            else
            {
                host.StandStill(random.Next(1, RoundsStillMax));
                StoodStill++;
            }
        }
    }

    /// <summary>Ends all hosts but a new one.</summary>
    public void StartOver()
    {
        hosts.Clear();
        Start();
    }

    void Start()
    {
        // The older ones are not always gone: one that stood still does not know that another leads.
        if (hosts.Count == HostsMax || random.Next(3) == 0) hosts.Clear();
        hosts.Add(new(
            objects, runs, new SkewedTime(clock, (random.NextDouble() * 2 - 1) * skewMax),
            firing => Ends[firing.Id] = firing.State));
    }

    sealed class Host
    {
        readonly Scheduler scheduler;
        TaskCompletionSource? turn;
        Task work = Task.CompletedTask;
        bool isOpen;
        int roundsStill;

        public Host(MemoryObjectStore objects, SimulatedRuns runs, TimeProvider clock, Action<Firing> ended)
        {
            var store = new LakeStore(new CrashingStore(objects) { Turn = TakeTurnAsync }, clock);
            scheduler = new(new(store, "p", "e"), new(store, "p", "e"), runs, clock) { Ended = ended };
        }

        /// <summary>How many turns it has until something happens to it.</summary>
        public int TurnsToFault { get; set; }

        public bool IsBusy => turn is not null;

        public bool IsStill => roundsStill > 0;

        public void Begin(ProjectSchedules schedules)
        {
            if (IsBusy) return;
            work = isOpen
                ? scheduler.StepAsync(schedules, TestContext.Current.CancellationToken)
                : scheduler.OpenAsync(TestContext.Current.CancellationToken);
            isOpen = true;
            Check();
        }

        public void GoOn()
        {
            var next = turn!;
            turn = null;
            next.SetResult();
            Check();
        }

        public void StandStill(int rounds) => roundsStill = rounds;

        /// <summary>Whether it does so in this round too.</summary>
        public bool StandsStill()
        {
            if (roundsStill > 0) roundsStill--;
            return IsStill;
        }

        Task TakeTurnAsync() => (turn = new()).Task;

        void Check()
        {
            if (work.IsCompleted) work.GetAwaiter().GetResult();
            else Debug.Assert(IsBusy, "it waits for something else than its turn");
        }
    }

    sealed class SkewedTime(ManualTime clock, TimeSpan skew) : TimeProvider
    {
        public override long TimestampFrequency => clock.TimestampFrequency;

        public override DateTimeOffset GetUtcNow() => clock.Now + skew;

        public override long GetTimestamp() => clock.GetTimestamp();
    }
}
