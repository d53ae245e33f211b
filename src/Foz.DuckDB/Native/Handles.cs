using System.Runtime.InteropServices;

namespace Foz.DuckDB.Native;

/// <summary>A pointer that DuckDB gave us and that we must give back.</summary>
abstract class NativeHandle : SafeHandle
{
    protected NativeHandle(nint value)
        : base(0, ownsHandle: true) => SetHandle(value);

    public override bool IsInvalid => handle == 0;
}

/// <summary><c>duckdb_database</c>.</summary>
sealed class DatabaseHandle(nint value) : NativeHandle(value)
{
    protected override bool ReleaseHandle()
    {
        NativeMethods.duckdb_close(ref handle);
        return true;
    }
}

/// <summary><c>duckdb_connection</c>.</summary>
sealed class ConnectionHandle(nint value, InterruptFlags flags) : NativeHandle(value)
{
    ulong number;

    /// <summary>Whether its statement is to stop, for managed functions that it calls.</summary>
    public InterruptFlag Flag { get; } = new();

    /// <summary>The flags of its database's connections.</summary>
    public InterruptFlags Flags => flags;

    /// <summary>The result whose rows the connection still makes; null if none.</summary>
    public ResultHandle? Streaming { get; set; }

    /// <summary>
    /// Ends the stream of a result, if it is the connection's, and with it its transaction: DuckDB keeps both until the
    /// next statement, even of none.
    /// </summary>
    public void EndStream(ResultHandle? result)
    {
        if (result is null || Streaming != result || IsClosed) return;
        Streaming = null;
        using var nothing = new ResultHandle();
        NativeMethods.duckdb_query(this, "", nothing.Address);
    }

    /// <summary>Makes its flag known by the number that managed functions see.</summary>
    public void Enlist()
    {
        NativeMethods.duckdb_connection_get_client_context(this, out var context);
        number = NativeMethods.duckdb_client_context_get_connection_id(context);
        NativeMethods.duckdb_destroy_client_context(ref context);
        flags.Add(number, Flag);
    }

    protected override bool ReleaseHandle()
    {
        flags.Remove(number, Flag);
        NativeMethods.duckdb_disconnect(ref handle);
        return true;
    }
}

/// <summary><c>duckdb_prepared_statement</c>.</summary>
sealed class StatementHandle(nint value) : NativeHandle(value)
{
    protected override bool ReleaseHandle()
    {
        NativeMethods.duckdb_destroy_prepare(ref handle);
        return true;
    }
}

/// <summary><c>duckdb_pending_result</c>.</summary>
sealed class PendingHandle(nint value) : NativeHandle(value)
{
    protected override bool ReleaseHandle()
    {
        NativeMethods.duckdb_destroy_pending(ref handle);
        return true;
    }
}

/// <summary>A <c>duckdb_result</c> in memory of our own: the handle is its address.</summary>
sealed unsafe class ResultHandle()
    : NativeHandle((nint)NativeMemory.AllocZeroed((nuint)sizeof(NativeResult)))
{
    /// <summary>The address to let the library fill in.</summary>
    public nint Address => handle;

    /// <summary>The struct itself, as the fetch functions take it; valid until the handle is disposed.</summary>
    public NativeResult Value => *(NativeResult*)handle;

    protected override bool ReleaseHandle()
    {
        NativeMethods.duckdb_destroy_result(handle);
        NativeMemory.Free((void*)handle);
        return true;
    }
}

/// <summary><c>duckdb_logical_type</c>.</summary>
sealed class LogicalTypeHandle(nint value) : NativeHandle(value)
{
    protected override bool ReleaseHandle()
    {
        NativeMethods.duckdb_destroy_logical_type(ref handle);
        return true;
    }
}

/// <summary><c>duckdb_value</c>.</summary>
sealed class ValueHandle(nint value) : NativeHandle(value)
{
    protected override bool ReleaseHandle()
    {
        NativeMethods.duckdb_destroy_value(ref handle);
        return true;
    }
}

/// <summary><c>duckdb_data_chunk</c>; not released where DuckDB lends it to a callback.</summary>
sealed class DataChunkHandle : SafeHandle
{
    public DataChunkHandle(nint value, bool isOwned)
        : base(0, isOwned) => SetHandle(value);

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        NativeMethods.duckdb_destroy_data_chunk(ref handle);
        return true;
    }
}

/// <summary><c>duckdb_vector</c> of our own.</summary>
sealed class VectorHandle(nint value) : NativeHandle(value)
{
    protected override bool ReleaseHandle()
    {
        NativeMethods.duckdb_destroy_vector(ref handle);
        return true;
    }
}

/// <summary><c>duckdb_appender</c>.</summary>
sealed class AppenderHandle(nint value) : NativeHandle(value)
{
    protected override bool ReleaseHandle() => NativeMethods.duckdb_appender_destroy(ref handle) == State.Success;
}
