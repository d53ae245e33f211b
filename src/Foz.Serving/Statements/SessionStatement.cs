using Foz.Serving.Transactions;

namespace Foz.Serving.Statements;

/// <summary>
/// A statement that a session answers itself: its settings, transactions and cursors. The hierarchy is closed.
/// </summary>
abstract record SessionStatement
{
    SessionStatement()
    {
    }

    /// <summary><c>SET</c>.</summary>
    /// <param name="Name">The setting.</param>
    /// <param name="Value">Its value; null for what it is by default.</param>
    /// <param name="IsLocal">Whether only until the transaction ends.</param>
    public sealed record Set(string Name, string? Value, bool IsLocal) : SessionStatement;

    /// <summary><c>SET TRANSACTION</c> and the like: isolation is the same in all modes.</summary>
    /// <param name="IsOfSession">Whether all transactions of the session are meant.</param>
    /// <param name="Modes">What is said of them.</param>
    public sealed record Characteristics(bool IsOfSession, TransactionModes Modes) : SessionStatement;

    /// <summary><c>SHOW</c>.</summary>
    /// <param name="Name">The setting; null for all.</param>
    public sealed record Show(string? Name) : SessionStatement;

    /// <summary><c>RESET</c>.</summary>
    /// <param name="Name">The setting; null for all.</param>
    public sealed record Reset(string? Name) : SessionStatement;

    /// <summary><c>DISCARD</c>.</summary>
    /// <param name="What"><c>ALL</c>, <c>PLANS</c>, <c>SEQUENCES</c> or <c>TEMP</c>.</param>
    public sealed record Discard(string What) : SessionStatement;

    /// <summary><c>BEGIN</c> and <c>START TRANSACTION</c>.</summary>
    /// <param name="Tag">Which of them.</param>
    /// <param name="Modes">What is said of it.</param>
    public sealed record Begin(string Tag, TransactionModes Modes) : SessionStatement;

    /// <summary><c>COMMIT</c> and <c>END</c>.</summary>
    public sealed record Commit : SessionStatement;

    /// <summary><c>ROLLBACK</c> and <c>ABORT</c>.</summary>
    public sealed record Rollback : SessionStatement;

    /// <summary><c>SAVEPOINT</c>.</summary>
    public sealed record Savepoint(string Name) : SessionStatement;

    /// <summary><c>RELEASE</c>.</summary>
    public sealed record Release(string Name) : SessionStatement;

    /// <summary><c>ROLLBACK TO</c>.</summary>
    public sealed record RollbackTo(string Name) : SessionStatement;

    /// <summary><c>LISTEN</c>, <c>UNLISTEN</c>, <c>NOTIFY</c>: no client is notified.</summary>
    /// <param name="Tag">Which of them it is.</param>
    public sealed record Notification(string Tag) : SessionStatement;

    /// <summary><c>DECLARE … CURSOR FOR</c>.</summary>
    /// <param name="Name">The cursor.</param>
    /// <param name="Query">Its query.</param>
    /// <param name="QueryStart">The character of the statement that the query begins at.</param>
    /// <param name="IsHeld">Whether it outlives the transaction.</param>
    public sealed record Declare(string Name, string Query, int QueryStart, bool IsHeld) : SessionStatement;

    /// <summary><c>FETCH</c> and <c>MOVE</c>, forward.</summary>
    /// <param name="Cursor">The cursor.</param>
    /// <param name="RowsMax">How many rows; null for all that are left.</param>
    /// <param name="IsMove">Whether the rows are passed over.</param>
    public sealed record Fetch(string Cursor, long? RowsMax, bool IsMove) : SessionStatement;

    /// <summary><c>CLOSE</c>.</summary>
    /// <param name="Cursor">The cursor; null for all.</param>
    public sealed record Close(string? Cursor) : SessionStatement;

    /// <summary><c>PREPARE … AS</c>.</summary>
    /// <param name="Name">The prepared statement.</param>
    /// <param name="Types">The types of its parameters, as written.</param>
    /// <param name="Sql">The statement.</param>
    /// <param name="SqlStart">The character of the whole text that it begins at.</param>
    public sealed record Prepare(string Name, IReadOnlyList<string> Types, string Sql, int SqlStart) : SessionStatement;

    /// <summary><c>EXECUTE</c>.</summary>
    /// <param name="Name">The prepared statement.</param>
    /// <param name="Values">Expressions of the values of its parameters.</param>
    public sealed record Execute(string Name, IReadOnlyList<string> Values) : SessionStatement;

    /// <summary><c>DEALLOCATE</c>.</summary>
    /// <param name="Name">The prepared statement; null for all.</param>
    public sealed record Deallocate(string? Name) : SessionStatement;

    /// <summary><c>CREATE SCHEMA</c>.</summary>
    /// <param name="Name">The schema.</param>
    /// <param name="IfNotExists">Whether it is no error that there is one.</param>
    public sealed record CreateSchema(string Name, bool IfNotExists) : SessionStatement;

    /// <summary><c>DROP SCHEMA</c>.</summary>
    /// <param name="Name">The schema.</param>
    /// <param name="IfExists">Whether it is no error that there is none.</param>
    public sealed record DropSchema(string Name, bool IfExists) : SessionStatement;
}
