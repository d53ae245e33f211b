using Foz.Wire.PostgreSql;

namespace Foz.Core.Connectors.PostgreSql;

/// <summary>An error that the server reported; <see cref="SourceFault"/> makes a <see cref="FozException"/> of it.</summary>
sealed class PgServerException(ServerMessage report) : Exception(report.Text)
{
    public ServerMessage Report { get; } = report;

    public string SqlState => Report.SqlState;

    /// <summary>Whether the server ends the connection after it.</summary>
    public bool IsFatal => Report.Severity is "FATAL" or "PANIC";
}

/// <summary>SQLSTATEs that are told apart (PostgreSQL documentation, "PostgreSQL Error Codes").</summary>
static class SqlStates
{
    public const string ConnectionExceptionClass = "08";
    public const string TransactionRollbackClass = "40";
    public const string InsufficientResourcesClass = "53";
    public const string OperatorInterventionClass = "57";
    public const string InvalidAuthorization = "28000";
    public const string InvalidPassword = "28P01";
    public const string InvalidCatalogName = "3D000";
    public const string InsufficientPrivilege = "42501";
    public const string UndefinedObject = "42704";
    public const string InvalidParameterValue = "22023";
    public const string NotInRequiredState = "55000";
    public const string TooManyConnections = "53300";
    public const string LockNotAvailable = "55P03";
    public const string QueryCanceled = "57014";
}
