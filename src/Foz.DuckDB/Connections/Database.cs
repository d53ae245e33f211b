using Foz.DuckDB.Native;

namespace Foz.DuckDB.Connections;

/// <summary>
/// An instance of DuckDB, in memory or on a file. Connections keep it open beyond its own disposal. Safe for use by
/// many threads.
/// </summary>
public sealed class Database : IDisposable
{
    readonly DatabaseHandle handle;
    readonly InterruptFlags flags = new();

    Database(DatabaseHandle handle) => this.handle = handle;

    /// <summary>The version of the native library, as <c>v1.5.6</c>.</summary>
    public static unsafe string LibraryVersion => NativeMethods.Text(NativeMethods.duckdb_library_version())!;

    /// <summary>Opens an instance in memory.</summary>
    /// <param name="options">Settings by name, as <c>SET</c> takes them.</param>
    /// <exception cref="DuckDBException">A setting is unknown or its value not valid.</exception>
    public static Database OpenInMemory(IReadOnlyDictionary<string, string>? options = null) => Open(null, options);

    /// <summary>Opens a database file, or makes it.</summary>
    /// <param name="path">The path of the file.</param>
    /// <param name="options">Settings by name, as <c>SET</c> takes them.</param>
    /// <exception cref="DuckDBException">The file is no database or is in use, or a setting is not valid.</exception>
    public static Database OpenFile(string path, IReadOnlyDictionary<string, string>? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Open(path, options);
    }

    /// <summary>Opens a connection; it costs microseconds.</summary>
    /// <exception cref="ObjectDisposedException">The database is disposed.</exception>
    /// <exception cref="DuckDBException">DuckDB refused.</exception>
    public Connection Connect()
    {
        if (NativeMethods.duckdb_connect(handle, out var native) != State.Success)
            throw new DuckDBException(DuckDBErrorKind.Connection, "DuckDB gave no connection");
        var connection = new ConnectionHandle(native, flags);
        connection.Enlist();
        return new(connection);
    }

    /// <inheritdoc/>
    public void Dispose() => handle.Dispose();

    static unsafe Database Open(string? path, IReadOnlyDictionary<string, string>? options)
    {
        if (NativeMethods.duckdb_create_config(out var config) == State.Error)
            throw new DuckDBException(DuckDBErrorKind.OutOfMemory, "DuckDB gave no configuration");
        try
        {
            foreach (var (name, value) in options ?? new Dictionary<string, string>())
                if (NativeMethods.duckdb_set_config(config, name, value) == State.Error)
                    throw new DuckDBException(
                        DuckDBErrorKind.Settings, $"DuckDB refused the setting {name} = '{value}'");
            if (NativeMethods.duckdb_open_ext(path, out var database, config, out var error) == State.Success)
                return new(new(database));
            throw DuckDBException.FromMessage(
                NativeMethods.TakeText(error), $"DuckDB could not open {path ?? ":memory:"}");
        }
        finally
        {
            NativeMethods.duckdb_destroy_config(ref config);
        }
    }
}
