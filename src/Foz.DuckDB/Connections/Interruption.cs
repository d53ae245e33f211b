using Foz.DuckDB.Native;

namespace Foz.DuckDB.Connections;

/// <summary>
/// Interrupts a connection for as long as a token is cancelled and a call lasts: again and again, because DuckDB
/// forgets an interrupt that comes just before a statement begins.
/// </summary>
sealed class Interruption : IDisposable
{
    const int RepeatMs = 10;

    readonly Lock gate = new();
    readonly ConnectionHandle connection;
    readonly CancellationTokenRegistration registration;
    Timer? timer;
    bool isOver;

    Interruption(ConnectionHandle connection, CancellationToken cancellationToken)
    {
        this.connection = connection;
        registration = cancellationToken.UnsafeRegister(static state => ((Interruption)state!).Start(), this);
    }

    /// <summary>Watches the token until disposed; null if it can never be cancelled.</summary>
    public static Interruption? Begin(ConnectionHandle connection, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        connection.Flag.IsSet = false;
        return cancellationToken.CanBeCanceled ? new(connection, cancellationToken) : null;
    }

    /// <summary>What to throw for a failure: a cancellation, if that was asked for.</summary>
    public static Exception Translate(DuckDBException failure, CancellationToken cancellationToken) =>
        cancellationToken.IsCancellationRequested
            ? new OperationCanceledException(failure.Message, failure, cancellationToken)
            : failure;

    public void Dispose()
    {
        registration.Dispose();
        lock (gate)
        {
            // Set under the gate, so that no interrupt can reach the connection's next statement.
            isOver = true;
            timer?.Dispose();
        }
    }

    void Start()
    {
        lock (gate)
        {
            if (isOver) return;
            // At once: threads of the pool may all wait for statements.
            Interrupt();
            timer = new(static state => ((Interruption)state!).Interrupt(), this, RepeatMs, RepeatMs);
        }
    }

    void Interrupt()
    {
        lock (gate)
        {
            if (isOver) return;
            connection.Flag.IsSet = true;
            NativeMethods.duckdb_interrupt(connection);
        }
    }
}
