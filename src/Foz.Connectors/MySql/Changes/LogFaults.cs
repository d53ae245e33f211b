using Foz.Wire;
using Foz.Wire.MySql.Binlog;

namespace Foz.Connectors.MySql.Changes;

/// <summary>What a log can hold that cannot be read as changes of rows.</summary>
static class LogFaults
{
    /// <summary>What follows where changes are not in the log.</summary>
    public const string CopyAgain = "copy the tables again (foz stream reset)";

    /// <summary>The error of what is not supported.</summary>
    public static WireException Unsupported(string message) => new(WireErrorKind.Unsupported, message);

    /// <summary>Skips an event without rows; one that loses some is an error.</summary>
    /// <exception cref="WireException">Its changes are not in the log as rows.</exception>
    public static void Skip(BinlogEvent read)
    {
        switch (read.Type)
        {
            case BinlogEventType.AnonymousGtid:
                throw Unsupported("a transaction has no identifier: set gtid_mode=ON at the server");
            case BinlogEventType.GtidTagged:
                throw Unsupported("a transaction has an identifier with a tag, which is not supported");
            case BinlogEventType.PartialUpdateRows:
                throw Unsupported(
                    "the log has parts of JSON values only: set binlog_row_value_options='' at the server");
            case BinlogEventType.Incident:
                throw Unsupported($"the server could not log some changes (an incident): {CopyAgain}");
        }

        if (!Enum.IsDefined(read.Type) && !read.IsIgnorable)
            throw Unsupported($"events of the type {(byte)read.Type} are not supported");
    }

    /// <summary>The error of a statement in place of its rows.</summary>
    public static WireException AsStatement(string word) => Unsupported(
        $"the log has a statement ({word}) and not the rows that it changed: set binlog_format=ROW at the server (SET "
        + $"GLOBAL), let its clients connect again, and {CopyAgain}");

    /// <summary>The error of rows that may still be rolled back.</summary>
    public static WireException Prepared() => Unsupported(
        "a distributed transaction (XA PREPARE) is in the log before it is committed, which is not supported: once "
        + $"none is open, {CopyAgain}");
}
