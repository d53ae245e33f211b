using Foz.Connectors.Files.Contents;
using Foz.Delta;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Data;
using Foz.Lake.Sql;
using Foz.Lake.Tables;
using Foz.Storage;
using Foz.Storage.Addresses;
using Foz.Storage.Caching;

namespace Foz.Connectors.TableFormats;

/// <summary>The folder or address below which the tables of a connection lie.</summary>
sealed class TableFolder
{
    /// <summary>The setting of a stream that names its table.</summary>
    const string TableSetting = "table";

    readonly Settings settings;
    readonly string path;
    readonly TimeProvider clock;

    /// <summary>The folder of a connection; nothing is asked of it yet.</summary>
    /// <exception cref="FozException">The address or a setting has no meaning.</exception>
    public TableFolder(ConnectionDefinition connection, string projectFolder, TimeProvider clock)
    {
        (settings, this.clock) = (connection.Settings, clock);
        Stated = settings.RequiredText("path").TrimEnd('/');
        IsRemote = ObjectStores.IsUrl(Stated);
        if (!IsRemote && ObjectStores.Settings.FirstOrDefault(s => settings.Names.Contains(s.Name)) is { } stray)
            throw settings.Wrong(stray.Name, "left out where 'path' is no address of an object store");
        path = IsRemote ? Stated : Path.GetFullPath(Stated, projectFolder);
        Store = Open(cache: null);
    }

    /// <summary>What connections to such folders can be set to.</summary>
    public static IReadOnlyList<SettingSpec> ConnectionSettings { get; } =
    [
        new("path",
            "the folder below which the tables lie, relative to the project, or an address: "
                + "`s3://…`, `gs://…`, `abfss://…`")
        {
            IsRequired = true,
        },
        .. ObjectStores.Settings.Select(s =>
            new SettingSpec(s.Name, $"of an address: {s.Description}") { IsSecret = s.IsSecret }),
    ];

    /// <summary>What streams can be set to.</summary>
    public static IReadOnlyList<SettingSpec> StreamSettings { get; } =
    [
        new(TableSetting, "the table's folder below the connection's `path`; `.` for that itself")
        {
            Default = "the stream's name",
        },
    ];

    /// <summary>The folder, as the project states it.</summary>
    public string Stated { get; }

    /// <summary>Whether it is an address.</summary>
    public bool IsRemote { get; }

    /// <summary>Its files, of which the engine reads none.</summary>
    public IObjectStore Store { get; }

    /// <summary>The folder of a stream's table; empty for this one.</summary>
    public static string LocationOf(StreamDefinition stream)
    {
        var stated = stream.Settings.Text(TableSetting) ?? stream.Name;
        var location = stated.Trim('/');
        if (location == ".") return "";
        return stated.Contains("://", StringComparison.Ordinal)
            || location.Split('/').Any(part => part is "" or "." or "..")
            ? throw stream.Settings.Wrong(TableSetting, $"a folder below the connection's path, not '{stated}'")
            : location;
    }

    /// <summary>The address of a table, for people.</summary>
    public string AddressOf(string location) => location.Length == 0 ? Stated : $"{Stated}/{location}";

    /// <summary>Opens it so that the engine can read its files.</summary>
    /// <param name="cache">Where those of an address are fetched to; null where the engine reads none.</param>
    public IObjectStore Open(FileCache? cache)
    {
        if (!IsRemote) return new LocalObjectStore(path);
        var names = ObjectStores.Settings.Select(s => s.Name).Where(settings.Names.Contains);
        try
        {
            return ObjectStores.Open(path, new()
            {
                Settings = names.ToDictionary(n => n, n => settings.Text(n) ?? "", StringComparer.Ordinal),
                Clock = clock,
                Cache = cache,
            });
        }
        catch (StorageException e)
        {
            throw new FozException(ErrorKind.Configuration, e.Message, e) { Place = settings.PlaceOf("path") };
        }
    }

    /// <summary>The folders below it that have a folder with some files, in order.</summary>
    /// <param name="marker">That folder's name, such as <c>_delta_log</c>.</param>
    /// <param name="isMark">Whether a file in it, by its name, is one of them.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public Task<IReadOnlyList<string>> FindAsync(
        string marker, Func<string, bool> isMark, CancellationToken cancellationToken) =>
        GuardAsync<IReadOnlyList<string>>("", async () =>
        {
            var found = new SortedSet<string>(StringComparer.Ordinal);
            await foreach (var file in Store.ListAsync("", startAfter: null, cancellationToken))
            {
                var parts = file.Path.Split('/');
                if (parts.Length >= 2 && parts[^2] == marker && isMark(parts[^1]))
                    found.Add(string.Join('/', parts[..^2]));
            }
            return [.. found];
        });

    /// <summary>Runs an action on a table, and reports failures in the platform's words.</summary>
    public async Task<T> GuardAsync<T>(string location, Func<Task<T>> action)
    {
        try
        {
            return await action();
        }
        catch (Exception e) when (e is DeltaException or StorageException)
        {
            throw new FozException(DeltaErrors.Find(e)!.Kind, $"{AddressOf(location)}: {e.Message}", e);
        }
    }

    /// <summary>Returns a stream of an existing table.</summary>
    public DiscoveredStream ToStream(string location, IReadOnlyList<Field> fields, long? rowCount)
    {
        var name = StreamNameOf(location);
        return new(
            new()
            {
                Name = name, Mode = StreamMode.Snapshot,
                Settings = name == location
                    ? Settings.Empty
                    : Settings.Of((TableSetting, location.Length == 0 ? "." : location)),
            }, FieldsOf(fields))
        {
            RowCountEstimate = rowCount,
        };
    }

    /// <summary>The columns of a table in SQL: one that is called as a change column is gets another name.</summary>
    public static string ColumnsSql(IReadOnlyList<Field> fields) => string.Join(", ", fields.Select(
        f => $"{SqlText.Identifier(f.Name)} AS {SqlText.Identifier(FileColumns.ColumnName(f.Name))}"));

    /// <summary>The columns as they arrive.</summary>
    public static IReadOnlyList<Field> FieldsOf(IReadOnlyList<Field> fields) =>
        [.. fields.Select(f => new Field(FileColumns.ColumnName(f.Name), f.Type))];

    /// <summary>Change columns of rows that are all of one version.</summary>
    /// <param name="op">What was done with them.</param>
    /// <param name="version">The version.</param>
    /// <param name="timestamp">When it was made.</param>
    /// <param name="address">Where it is.</param>
    public static string ChangeSql(string op, long version, DateTimeOffset timestamp, string address) =>
        $"'{op}' AS {ChangeColumns.Op}, CAST({version} AS BIGINT) AS {ChangeColumns.Lsn}, CAST(NULL AS "
            + $"BIGINT) AS {ChangeColumns.Seq}, "
        + $"make_timestamptz({timestamp.ToUnixTimeMilliseconds() * 1000}) AS {ChangeColumns.CommitTs}, "
        + $"{SqlText.Literal(address)} AS {ChangeColumns.Source}";

    /// <summary>The error of a missing table.</summary>
    public FozException NotThere(string location, StreamDefinition stream, string format) =>
        new(ErrorKind.NotFound, $"{AddressOf(location)} is no {format} table")
        {
            Place = stream.Place is { File: not null } place ? place : null,
            Hint = "foz source discover lists the tables that there are",
        };

    /// <summary>The error of a table that replaced the one read before.</summary>
    public FozException Remade(string location) =>
        new(ErrorKind.Source, $"the table {AddressOf(location)} was created again since it was read")
        {
            Hint = "run the stream with --full-refresh: it begins with all rows of the table that is there now",
        };

    /// <summary>The error of a folder without tables.</summary>
    public FozException NoTables(string format, string marker) =>
        new(ErrorKind.Source, $"{Stated} has no {format} tables")
        {
            Hint = $"correct 'path': each table is a folder below it that has a folder {marker}",
        };

    /// <summary>The name of a stream for a table's folder.</summary>
    string StreamNameOf(string location)
    {
        var name = location.Length == 0 ? Stated[(Stated.LastIndexOf('/') + 1)..] : location;
        return string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) ? char.ToLowerInvariant(c) : '_')).Trim('_');
    }

    /// <summary>Refuses what streams of tables have no use for.</summary>
    /// <exception cref="FozException">A stream declares a cursor or types.</exception>
    public static void Validate(SourceDefinition source)
    {
        foreach (var stream in source.Streams)
        {
            LocationOf(stream);
            if (stream.Cursor is not null)
                throw new FozException(
                    ErrorKind.Configuration,
                    $"stream '{stream.Name}' has a cursor, which its table's versions are already")
                {
                    Place = stream.Place,
                    Hint = "take 'cursor' out",
                };
            if (stream.Columns.Count > 0)
                throw new FozException(
                    ErrorKind.Configuration,
                    $"stream '{stream.Name}' declares types of columns, which its table has already")
                {
                    Place = stream.Place,
                    Hint = "cast columns in a model",
                };
        }
    }
}
