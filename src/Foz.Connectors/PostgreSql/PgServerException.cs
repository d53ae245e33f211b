using Foz.Lake;
using Foz.Wire.PostgreSql;

namespace Foz.Connectors.PostgreSql;

/// <summary>
/// An error that the server reported; <see cref="SourceFault"/> makes a <see cref="FozException"/> of it.
/// </summary>
public sealed class PgServerException(ServerMessage report) : Exception(report.Text)
{
    /// <summary>What the server reported.</summary>
    public ServerMessage Report { get; } = report;

    /// <summary>Its SQLSTATE.</summary>
    public string SqlState => Report.SqlState;

    /// <summary>Whether the server ends the connection after it.</summary>
    public bool IsFatal => Report.Severity is "FATAL" or "PANIC";
}

/// <summary>SQLSTATEs that Foz distinguishes (PostgreSQL documentation, "PostgreSQL Error Codes").</summary>
public static class SqlStates
{
    /// <summary>Class 08: connections that fail.</summary>
    public const string ConnectionExceptionClass = "08";

    /// <summary>Class 40: transactions that were rolled back.</summary>
    public const string TransactionRollbackClass = "40";

    /// <summary>Class 53: resources that are used up.</summary>
    public const string InsufficientResourcesClass = "53";

    /// <summary>Class 57: operator intervention.</summary>
    public const string OperatorInterventionClass = "57";

    /// <summary>The user may not log in.</summary>
    public const string InvalidAuthorization = "28000";

    /// <summary>The password is wrong.</summary>
    public const string InvalidPassword = "28P01";

    /// <summary>There is no such database.</summary>
    public const string InvalidCatalogName = "3D000";

    /// <summary>The user may not do it.</summary>
    public const string InsufficientPrivilege = "42501";

    /// <summary>There is no such object.</summary>
    public const string UndefinedObject = "42704";

    /// <summary>There is such an object already.</summary>
    public const string DuplicateObject = "42710";

    /// <summary>An object is in use.</summary>
    public const string ObjectInUse = "55006";

    /// <summary>A parameter has no such value.</summary>
    public const string InvalidParameterValue = "22023";

    /// <summary>An object is not in the state that is required.</summary>
    public const string NotInRequiredState = "55000";

    /// <summary>The server takes no more connections.</summary>
    public const string TooManyConnections = "53300";

    /// <summary>A lock cannot be had.</summary>
    public const string LockNotAvailable = "55P03";

    /// <summary>The server ended a session that was idle for longer than its limit.</summary>
    public const string IdleSessionTimeout = "57P05";

    /// <summary>The statement was canceled.</summary>
    public const string QueryCanceled = "57014";
}
