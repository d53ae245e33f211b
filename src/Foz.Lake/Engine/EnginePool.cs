using System.Collections.Concurrent;
using System.Globalization;
using Foz.DuckDB;
using Foz.DuckDB.Connections;
using Foz.Lake.Engine.Functions;
using Foz.Lake.Sql;
using Foz.Storage;

namespace Foz.Lake.Engine;

/// <summary>
/// The process's instances of DuckDB, one for each workload, opened at their first session. Safe for use by many
/// threads.
/// </summary>
public sealed class EnginePool : IDisposable
{
    // The rest is for .NET and for what DuckDB uses besides its own limit. Where less is given, a join that is sorted
    // does not find room for its buffers under the smallest budgets, however much it may spill.
    const double EngineShare = 0.9;

    // Binding sees no data but the beginnings of files whose columns it looks for: this is for plans of the largest
    // statements, for those of many sessions at once, and for what is kept of catalogs.
    const long BindingBytes = 256L << 20;

    // What sessions set of an instance whose configuration is locked.
    static readonly string[] openConfigs =
    [
        "TimeZone", "memory_limit", "explain_output", "enable_progress_bar", "enable_progress_bar_print",
        "progress_bar_time",
    ];

    readonly EngineOptions options;
    readonly Lazy<LocalTempFolder> temp;
    readonly EngineInstance[] instances;
    readonly ConcurrentBag<EngineInstance> added = [];
    readonly StreamFunction streams = new();
    readonly ScanFunctions scans = new();
    readonly ConcurrentBag<PlanSession> planners = [];
    readonly ConcurrentBag<PlanSession> servingPlanners = [];
    TableFolders? served;

    /// <summary>A pool without instances yet.</summary>
    public EnginePool(EngineOptions options)
    {
        this.options = options;
        temp = new(() => LocalTempFolder.Create(options.TempFolder));
        // One for each workload, by number: a dictionary of ours would be compiled at each start of the process.
        instances = new EngineInstance[(int)Workload.Serving + 1];
        for (var i = 0; i < instances.Length; i++)
        {
            var workload = (Workload)i;
            var isSmall = workload is Workload.Binding or Workload.Serving;
            var own = new InstanceOptions
            {
                Name = workload.ToString(),
                MemoryBytes = isSmall ? BindingBytes : MemoryBytes / Math.Max(options.Workloads.Count, 1),
                Threads = options.Threads,
            };
            instances[i] = new(this, own, streams, scans, (bytes, reach) => OpenDatabase(
                isSmall
                    ? BindingSettings(own.Name)
                    : Settings(own.Name, bytes, own.Threads, workload == Workload.Query), workload, SpillBytesMax(),
                    reach));
        }
    }

    /// <summary>Bytes that all instances with a part of the budget may use together.</summary>
    public long MemoryBytes => (long)(options.MemoryBytes * EngineShare);

    /// <summary>How many steps can work at the same time without waiting for one another's threads.</summary>
    public int Threads => options.Threads;

    /// <summary>
    /// Opens a session: a connection of its own to the workload's instance. It costs microseconds, except for the first
    /// one.
    /// </summary>
    /// <exception cref="FozException">The native library is missing, or the instance could not be opened.</exception>
    public EngineSession Open(Workload workload) => instances[(int)workload].Open();

    /// <summary>The instance of a workload.</summary>
    public EngineInstance Find(Workload workload) => instances[(int)workload];

    /// <summary>
    /// Adds an instance, with files and without any part of the budget but what it is given; the pool closes it.
    /// </summary>
    public EngineInstance Add(InstanceOptions own)
    {
        var instance = new EngineInstance(
            this, own, streams, scans,
            (bytes, reach) => OpenDatabase(
                Settings(own.Name, bytes, own.Threads, keepsOrder: true), null, own.SpillBytesMax ?? SpillBytesMax(),
                reach));
        if (served is not null) instance.Confine(served);
        added.Add(instance);
        return instance;
    }

    /// <summary>
    /// Whether all instances serve that were opened: false while one that an error ended is opened again.
    /// </summary>
    public bool IsReady => instances.Concat(added).Aggregate(true, static (all, instance) => instance.IsReady && all);

    /// <summary>
    /// Closes the files of this machine to all instances that serve: those that are added from now on, those in which
    /// statements are bound, and that of queries. They reach folders of tables and of the pool's own files, and their
    /// configuration can no longer be changed.
    /// </summary>
    /// <param name="lake">The lake's folder; null for a lake that is not on this machine.</param>
    /// <param name="system">The name of the folder below the lake that has what is no table.</param>
    /// <param name="closed">Folders that are no tables', though tables may lie below them.</param>
    /// <param name="always">Folders that are reached from the beginning.</param>
    public void Confine(string? lake, string system, IReadOnlyList<string> closed, IReadOnlyList<string> always)
    {
        served = new(lake, system, closed, FindTemp() is { } own ? [.. always, own.Path] : always);
        // Checkpoints of a lake elsewhere are read from copies between the files of other programs.
        foreach (var workload in lake is null ? [Workload.Binding] : new[] { Workload.Binding, Workload.Query })
            Find(workload).Confine(served);
    }

    /// <summary>What the last statements name.</summary>
    internal TextCache<SqlAnalysis> Analyses { get; } = new();

    /// <summary>Texts that were checked before they ran, with the statements that they were made from.</summary>
    internal TextCache<string> FinalTexts { get; } = new();

    /// <summary>The sizes of macros; null until functions for clients are defined.</summary>
    internal MacroSizes? Macros { get; set; }

    /// <summary>Columns and parameters of the last user statements, by all that they follow from.</summary>
    internal TextCache<StatementShape> Shapes { get; } = new();

    /// <summary>A session to plan statements in; disposing of it gives it back.</summary>
    /// <param name="workload">
    /// <see cref="Workload.Binding"/>, or <see cref="Workload.Serving"/> for what others send.
    /// </param>
    internal PlanSession BorrowPlanner(Workload workload = Workload.Binding)
    {
        var idle = workload == Workload.Serving ? servingPlanners : planners;
        while (idle.TryTake(out var planner))
        {
            if (planner.Session.IsCurrent) return planner;
            planner.Session.Dispose();
        }
        var session = Open(workload);
        // Others' constants are computed where their statements run, and not while these are described.
        if (workload == Workload.Serving) session.Execute("PRAGMA disable_optimizer", CancellationToken.None);
        return new PlanSession(idle, session);
    }

    /// <summary>
    /// Begins to load the native library on a thread of its own, for a process that will open a pool soon.
    /// </summary>
    /// <returns>The thread, for a caller that must not end the process during the load.</returns>
    public static Thread LoadAhead()
    {
        var thread = new Thread(static () =>
        {
            try
            {
                _ = Database.LibraryVersion;
            }
            catch (Exception e) when (e is TypeLoadException or BadImageFormatException)
            {
                // The caller that opens a pool gets the error.
            }
        })
        { IsBackground = true };
        thread.Start();
        return thread;
    }

    /// <summary>
    /// Makes an empty folder for files that do not outlive the pool: its creator deletes it, or the pool at its end, or
    /// <see cref="SweepTempFolders"/> of another process where this one is killed.
    /// </summary>
    /// <exception cref="IOException">The disk is full, or may not be written.</exception>
    public DirectoryInfo CreateTempFolder() =>
        Directory.CreateDirectory(Path.Combine(temp.Value.Path, Path.GetRandomFileName()));

    /// <summary>
    /// Deletes what killed processes of this user have left; nothing where no folder can be made to detect them.
    /// </summary>
    public void SweepTempFolders() => FindTemp()?.Sweep();

    /// <summary>Closes all instances and removes what they spilled.</summary>
    public void Dispose()
    {
        foreach (var planner in planners.Concat(servingPlanners)) planner.Session.Dispose();
        foreach (var instance in instances.Concat(added)) instance.Close();
        if (temp.IsValueCreated) temp.Value.Dispose();
    }

    Database OpenDatabase(
        IReadOnlyDictionary<string, string> settings, Workload? workload, long spillBytesMax,
        IReadOnlyList<string>? reach)
    {
        try
        {
            var database = Database.OpenInMemory(settings);
            using var connection = database.Connect();
            connection.Register(streams.Function);
            foreach (var function in scans.Functions) connection.Register(function);
            connection.Register(FormatFunctions.Format);
            connection.Register(DateFields.Function);
            connection.Register(LosslessText.Function);
            connection.Register(HilbertCurve.Function);
            connection.Register(RowTally.Function);
            foreach (var function in TrimFunctions.All) connection.Register(function);
            foreach (var function in JulianDays.Functions) connection.Register(function);
            foreach (var overloads in DeclaredTexts.Functions.GroupBy(
                function => function.Name, StringComparer.Ordinal))
                connection.Register(overloads.Key, overloads);
            if (workload == Workload.Binding) LimitOptimizers(connection);
            // At opening, the first is read back right but not enforced; the others belong to extensions, not loaded
            // yet.
            connection.Execute(
                $"""
                SET GLOBAL max_temp_directory_size = '{spillBytesMax}B';
                SET GLOBAL parquet_metadata_cache = true;
                SET GLOBAL TimeZone = 'UTC';
                {ModelMacros.Sql}
                """);
            // What others send never reaches a file while it is bound.
            if (workload == Workload.Serving) reach = [];
            if (reach is not null) Close(connection, reach);
            return database;
        }
        catch (DuckDBException e)
        {
            throw EngineErrors.Translate(e);
        }
    }

    /// <summary>
    /// Closes the machine's files to an instance except for those below some folders, and its configuration except for
    /// what Foz sets later. DuckDB follows links and <c>..</c> before it compares, and adds the folder that the
    /// instance spills to.
    /// </summary>
    static void Close(Connection connection, IReadOnlyList<string> reach) => connection.Execute(
        $"""
        SET GLOBAL allowed_directories = [{string.Join(", ", reach.Select(SqlText.Literal))}];
        SET GLOBAL enable_external_access = false;
        SET GLOBAL allowed_configs = [{string.Join(", ", openConfigs.Select(SqlText.Literal))}];
        SET GLOBAL lock_configuration = true;
        """);

    Dictionary<string, string> Settings(string name, long memoryBytes, int threads, bool keepsOrder) => new()
    {
        ["memory_limit"] = Text(memoryBytes) + "B",
        ["threads"] = Text(threads),
        ["temp_directory"] = SpillFolder(name),
        ["autoload_known_extensions"] = "false",
        ["autoinstall_known_extensions"] = "false",
        ["allocator_background_threads"] = "true",
        ["enable_external_file_cache"] = "false",
        ["errors_as_json"] = "true",
        // Queries without an order still give a file's rows in theirs; writes have none to keep, and are parallel
        // without.
        ["preserve_insertion_order"] = keepsOrder ? "true" : "false",
    };

    Dictionary<string, string> BindingSettings(string name) => new()
    {
        ["memory_limit"] = Text(BindingBytes) + "B",
        ["threads"] = "1",
        ["temp_directory"] = SpillFolder(name),
        ["autoload_known_extensions"] = "false",
        ["autoinstall_known_extensions"] = "false",
        ["errors_as_json"] = "true",
    };

    /// <summary>
    /// Leaves only those optimizers that bring conditions down to the scans. Over empty tables others would plan the
    /// tables away; and after some that move columns or sides of joins, DuckDB refuses to serialize the plan, as the
    /// types of its operators are those from before.
    /// </summary>
    static void LimitOptimizers(Connection connection)
    {
        var others = connection.QueryScalar<string>(
            """
            SELECT string_agg(name, ',') FROM duckdb_optimizers()
            WHERE name NOT IN ('expression_rewriter', 'filter_pullup', 'filter_pushdown', 'cte_filter_pusher', 'cte_inlining',
                'regex_range', 'in_clause')
            """, [], CancellationToken.None);
        connection.Execute($"SET GLOBAL disabled_optimizers = '{others}'");
    }

    /// <summary>
    /// A folder for each instance, as two that spilled to one would write into the same files; none where no folder can
    /// be made, which leaves statements that need none.
    /// </summary>
    string SpillFolder(string name) => FindTemp() is { } folder ? Path.Combine(folder.Path, name) : "";

    LocalTempFolder? FindTemp()
    {
        try
        {
            return temp.Value;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Gets the bytes that all instances have spilled to the disk now.</summary>
    public long SpillBytes => temp.IsValueCreated ? temp.Value.BytesOfFolders() : 0;

    /// <summary>Nine tenths of what the disk has left, so that a runaway query does not fill it.</summary>
    public long SpillBytesMax()
    {
        var folder = Directory.Exists(options.TempFolder) ? options.TempFolder : Path.GetTempPath();
        return new DriveInfo(folder).AvailableFreeSpace / 10 * 9;
    }

    static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
