using System.Globalization;
using Foz.DuckDB;
using Foz.DuckDB.Connections;
using Foz.Lake.Configuration;
using Foz.Lake.Data;
using Foz.Lake.Engine.Functions;
using Foz.Lake.Sql;

namespace Foz.Lake.Engine;

/// <summary>
/// A connection to an instance of DuckDB, with temporary tables and variables of its own. One statement at a time: the
/// next one ends the rows of the one before.
/// </summary>
public sealed class EngineSession : IDisposable
{
    // The part of an instance's memory that the texts of one call of a function for others may take.
    const int CallPart = 4;

    /// <inheritdoc cref="EngineConnection.TimeZoneDefault"/>
    public const string TimeZoneDefault = EngineConnection.TimeZoneDefault;

    readonly StreamFunction streams;
    readonly ScanFunctions scans;
    readonly List<(string Folder, string Table)> tables = [];
    readonly List<StreamRelation> relations = [];
    readonly bool isLent;
    EngineConnection connection;
    bool isDisposed;

    /// <param name="connection">The connection, which is the session's.</param>
    /// <param name="instance">The instance that it is of.</param>
    /// <param name="streams">What makes streams readable.</param>
    /// <param name="scans">What makes files of scans known.</param>
    /// <param name="isLent">Whether the connection is given back at the end, and not closed.</param>
    internal EngineSession(
        EngineConnection connection, EngineInstance instance, StreamFunction streams, ScanFunctions scans,
        bool isLent = false) =>
        (this.connection, Instance, this.streams, this.scans, this.isLent) =
            (connection, instance, streams, scans, isLent);

    /// <summary>The instance.</summary>
    public EngineInstance Instance { get; }

    /// <summary>
    /// Whether it is of the generation of its instance that new sessions are of: neither dead nor replaced.
    /// </summary>
    public bool IsCurrent => Instance.IsCurrent(connection.Generation);

    /// <summary>Whether it reaches only some folders of the machine.</summary>
    internal bool IsConfined => Instance.Folders is not null;

    /// <summary>
    /// Whether <see cref="Reach"/> found that only another session reaches what this one is to read: the same done in a
    /// new one succeeds.
    /// </summary>
    public bool IsOutdated { get; private set; }

    /// <summary>
    /// Notes the files that its statements read, and those of sessions that it opens from then on; null where they are
    /// not noted.
    /// </summary>
    public ScanMeter? Meter { get; set; }

    /// <summary>
    /// Opens another session of the same instance, without this one's temporary tables; to be disposed.
    /// </summary>
    public EngineSession Fork()
    {
        var fork = Instance.Open();
        fork.Meter = Meter;
        fork.UseTimeZone(TimeZone, CancellationToken.None);
        return fork;
    }

    /// <summary>
    /// The time zone that texts without one are in, here and where statements are planned for this session.
    /// </summary>
    public string TimeZone => connection.TimeZone;

    /// <summary>Sets the time zone of texts without one.</summary>
    /// <param name="zone">A name of the IANA's.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">There is no such zone.</exception>
    public void UseTimeZone(string zone, CancellationToken cancellationToken)
    {
        if (zone == TimeZone) return;
        Run(
            zone,
            () =>
            {
                connection.UseTimeZone(zone, cancellationToken);
                return zone;
            },
            static _ => true, cancellationToken);
    }

    /// <summary>Borrows a session of the same pool to plan statements in.</summary>
    internal PlanSession BorrowPlanner()
    {
        var planner = Instance.Pool.BorrowPlanner();
        planner.Session.UseTimeZone(TimeZone, CancellationToken.None);
        return planner;
    }

    /// <summary>Its pool.</summary>
    public EnginePool Pool => Instance.Pool;

    /// <summary>What statements of the pool name.</summary>
    internal TextCache<SqlAnalysis> Analyses => Instance.Pool.Analyses;

    /// <summary>How many threads its statements may use.</summary>
    public int Threads => Instance.Threads;

    /// <summary>
    /// Makes <see cref="Progress"/> known from the next statement on; it costs as much as three small statements.
    /// </summary>
    public void EnableProgress() =>
        // DuckDB measures for those who set a bar, which only we draw.
        Execute(
            "SET enable_progress_bar = true; SET enable_progress_bar_print = false; SET progress_bar_time = 0",
            CancellationToken.None);

    /// <summary>
    /// How far the running statement is, from 0 to 1; null where DuckDB does not know, or <see cref="EnableProgress"/>
    /// was not called. For any thread.
    /// </summary>
    public double? Progress =>
        connection.Native.Progress.Percentage is >= 0 and var percentage ? percentage / 100 : null;

    /// <summary>Runs all statements of a text.</summary>
    /// <returns>The rows that the last one changed.</returns>
    /// <exception cref="FozException">A statement failed.</exception>
    /// <exception cref="OperationCanceledException">The token was canceled.</exception>
    public long Execute(string sql, CancellationToken cancellationToken) =>
        Run(sql, () => connection.Native.Execute(sql, cancellationToken), static _ => false, cancellationToken);

    /// <summary>Runs one statement and streams its rows.</summary>
    /// <param name="sql">One statement.</param>
    /// <param name="cancellationToken">Interrupts it up to its first row.</param>
    /// <param name="parameters">Values for its parameters, in order.</param>
    /// <exception cref="FozException">The statement failed.</exception>
    /// <exception cref="OperationCanceledException">The token was canceled.</exception>
    public EngineRows Query(
        string sql, CancellationToken cancellationToken, params IReadOnlyList<object?> parameters) =>
        Run(
            sql, () => new EngineRows(this, Stream(sql, parameters, cancellationToken), sql, parameters),
            static rows => rows.IsOfQuery, cancellationToken);

    /// <summary>Runs one statement; of its failures <see cref="Run"/> makes the platform's.</summary>
    internal QueryResult Stream(string sql, IReadOnlyList<object?> parameters, CancellationToken cancellationToken) =>
        connection.Native.Query(sql, parameters, cancellationToken);

    /// <summary>Whether its statements may read a stream, which gives its rows once.</summary>
    internal bool HasStreams
    {
        get
        {
            lock (relations) return relations.Count > 0;
        }
    }

    /// <summary>The first column of the first row.</summary>
    /// <inheritdoc cref="Query"/>
    public T QueryScalar<T>(
        string sql, CancellationToken cancellationToken, params IReadOnlyList<object?> parameters) =>
        Run(
            sql,
            () => (Value: connection.Native.QueryScalar<T>(sql, parameters, out var type, cancellationToken),
                Type: type),
            static given => given.Type == StatementType.Select, cancellationToken).Value;

    /// <summary>The columns that a SELECT gives, as a table would hold them, without running it.</summary>
    /// <exception cref="FozException">It does not parse or bind.</exception>
    public IReadOnlyList<EngineColumn> Describe(string sql, CancellationToken cancellationToken) =>
        DescribeShape(sql, cancellationToken).Columns;

    static FozException NoParameter(int number) =>
        new(ErrorKind.Sql,
            string.Create(CultureInfo.InvariantCulture, $"could not determine data type of parameter ${number}"))
        {
            SqlState = "42P18", Hint = "parameters are counted from $1 without gaps",
        };

    /// <summary>The columns that a SELECT gives, and the parameters that it takes, without running it.</summary>
    /// <inheritdoc cref="Describe"/>
    public StatementShape DescribeShape(string sql, CancellationToken cancellationToken) =>
        Run<StatementShape>(
            sql,
            () =>
            {
                using var statement = connection.Native.Prepare(sql, cancellationToken);
                return new(
                    [.. statement.Columns.Select(c => new EngineColumn(c.Name, c.Type))],
                    Enumerable.Range(1, statement.ParameterCount)
                        .ToDictionary(
                            number => statement.ParameterName(number) ?? throw NoParameter(number),
                            statement.ParameterType));
            },
            static _ => true, cancellationToken);

    /// <summary>
    /// Makes a stream readable in this session's SQL, once, until the returned relation is disposed. The statement
    /// throws the stream's exceptions unchanged; canceling the statement cancels the stream.
    /// </summary>
    public StreamRelation Register(ColumnStream stream)
    {
        var relation = streams.Add(stream, Forget);
        lock (relations) relations.Add(relation);
        return relation;
    }

    /// <summary>Makes what a scan needs of its files known to the functions of <see cref="ScanFunctions"/>.</summary>
    public ScanToken Register(ScanFiles files) => scans.Add(files);

    /// <summary>Makes functions known to the session's instance, and macros that may replace them.</summary>
    public void Define(IEnumerable<ScalarFunction> functions, string macros)
    {
        foreach (var overloads in functions.Select(Bounded).GroupBy(function => function.Name, StringComparer.Ordinal))
            connection.Native.Register(overloads.Key, overloads);
        Execute(macros, CancellationToken.None);
        Pool.Macros ??= MeasureMacros();
    }

    /// <summary>The sizes of all macros of its instance.</summary>
    MacroSizes MeasureMacros()
    {
        using var rows = Query(
            """
            SELECT lower(function_name), array_to_string(parameters, chr(10)),
                json_serialize_sql('SELECT ' || macro_definition)::VARCHAR
            FROM duckdb_functions() WHERE function_type = 'macro' AND macro_definition IS NOT NULL
            """,
            CancellationToken.None);
        return MacroSizes.Of(rows.Rows(CancellationToken.None)
            .Select(row => new MacroDefinition((string)row[0]!, ((string)row[1]!).Split('\n'), (string)row[2]!)));
    }

    /// <summary>A function that sets no more texts in one call than it may.</summary>
    ScalarFunction Bounded(ScalarFunction function) => function with
    {
        TextBytesMax = () => Instance.MemoryBytes / CallPart,
        TooManyTextBytes = most => EngineErrors.TooLarge("a function", $"{new MemorySize(most)}"),
    };

    /// <summary>
    /// Makes sure that its statements may read and write the files of folders, where its instance does not reach every
    /// file: it is opened again for folders that are new, and the session moves there.
    /// </summary>
    /// <param name="folders">Folders in which files of tables lie.</param>
    /// <exception cref="FozException">
    /// A folder is one that is never reached; or the session has something that cannot be moved, and
    /// <see cref="IsOutdated"/> is true.
    /// </exception>
    internal void Reach(params IReadOnlyCollection<string> folders)
    {
        if (Instance.Folders is null || folders.All(connection.Generation.Reaches)) return;
        Instance.Reach(folders);
        if (connection is not { IsPlain: true, Native.IsStreaming: false })
        {
            IsOutdated = true;
            throw EngineErrors.OfOutdated();
        }
        var (old, zone) = (connection, TimeZone);
        connection = Instance.Connect();
        old.Dispose();
        UseTimeZone(zone, CancellationToken.None);
    }

    /// <summary>Says which table a folder is, for the errors of statements that read its files.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="table">The table at a version, for people.</param>
    public void Name(string folder, string table)
    {
        lock (tables) tables.Add((folder, table));
    }

    /// <summary>Closes the connection, and its temporary tables go with it, or gives it back as it was lent.</summary>
    public void Dispose()
    {
        if (isDisposed) return;
        isDisposed = true;
        if (isLent && connection is { IsPlain: true, Native.IsStreaming: false })
            connection.Generation.TakeBack(connection);
        else connection.Dispose();
    }

    /// <summary>Uses the connection.</summary>
    /// <param name="sql">The statement, for errors.</param>
    /// <param name="call">What is done.</param>
    /// <param name="asks">Whether that left no state.</param>
    /// <param name="cancellationToken">Stops it.</param>
    internal T Run<T>(string sql, Func<T> call, Func<T, bool> asks, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(isDisposed, this);
        using var registration = cancellationToken.UnsafeRegister(
            static session => ((EngineSession)session!).CancelStreams(), this);
        try
        {
            return connection.Run(call, asks);
        }
        catch (DuckDBException e)
        {
            // The engine knows no more than the message of what a stream threw.
            lock (relations)
                foreach (var relation in relations) relation.ThrowFailure();
            if (EngineErrors.EndsInstance(e))
            {
                Instance.Replace(connection.Generation);
                throw EngineErrors.OfDeath(e);
            }
            lock (tables) throw EngineErrors.Translate(e, sql, tables);
        }
    }

    void Forget(StreamRelation relation)
    {
        lock (relations) relations.Remove(relation);
    }

    /// <summary>Ends what streams wait for: an interrupt reaches DuckDB's own code only.</summary>
    void CancelStreams()
    {
        lock (relations)
            foreach (var relation in relations) relation.Cancel();
    }
}
