namespace Foz.Wire.MySql.Binlog;

/// <summary>The types of events of binary logs, of MySQL and MariaDB.</summary>
public enum BinlogEventType : byte
{
    /// <summary>A statement: BEGIN, COMMIT, a change of tables' columns.</summary>
    Query = 2,

    /// <summary>The server stopped.</summary>
    Stop = 3,

    /// <summary>The next log file.</summary>
    Rotate = 4,

    /// <summary>A number that the next statement uses.</summary>
    IntVar = 5,

    /// <summary>The seed that the next statement uses.</summary>
    Rand = 13,

    /// <summary>A variable that the next statement uses.</summary>
    UserVar = 14,

    /// <summary>How the events of a log file are written.</summary>
    FormatDescription = 15,

    /// <summary>A transaction is committed.</summary>
    Xid = 16,

    /// <summary>The first part of a file that a statement loads.</summary>
    BeginLoadQuery = 17,

    /// <summary>A statement that loads a file.</summary>
    ExecuteLoadQuery = 18,

    /// <summary>A table and its columns, before its rows.</summary>
    TableMap = 19,

    /// <summary>New rows, version 1.</summary>
    WriteRowsV1 = 23,

    /// <summary>Changed rows, version 1.</summary>
    UpdateRowsV1 = 24,

    /// <summary>Deleted rows, version 1.</summary>
    DeleteRowsV1 = 25,

    /// <summary>The server could not log something.</summary>
    Incident = 26,

    /// <summary>Nothing was logged for a while.</summary>
    Heartbeat = 27,

    /// <summary>An event that a reader may skip.</summary>
    Ignorable = 28,

    /// <summary>The statement that rows come from; MySQL.</summary>
    RowsQuery = 29,

    /// <summary>New rows, version 2.</summary>
    WriteRows = 30,

    /// <summary>Changed rows, version 2.</summary>
    UpdateRows = 31,

    /// <summary>Deleted rows, version 2.</summary>
    DeleteRows = 32,

    /// <summary>The identifier of the next transaction; MySQL.</summary>
    Gtid = 33,

    /// <summary>The next transaction has no identifier; MySQL.</summary>
    AnonymousGtid = 34,

    /// <summary>The transactions before a log file; MySQL.</summary>
    PreviousGtids = 35,

    /// <summary>What group replication checks; MySQL.</summary>
    TransactionContext = 36,

    /// <summary>The members of group replication; MySQL.</summary>
    ViewChange = 37,

    /// <summary>A distributed transaction is prepared.</summary>
    XaPrepare = 38,

    /// <summary>Changed rows with parts of JSON values; MySQL.</summary>
    PartialUpdateRows = 39,

    /// <summary>The events of a transaction, compressed; MySQL.</summary>
    TransactionPayload = 40,

    /// <summary>Nothing was logged for a while, in large files; MySQL.</summary>
    HeartbeatV2 = 41,

    /// <summary>The identifier of the next transaction, with a tag; MySQL.</summary>
    GtidTagged = 42,

    /// <summary>The statement that rows come from; MariaDB.</summary>
    AnnotateRows = 160,

    /// <summary>The oldest log file that a recovery needs; MariaDB.</summary>
    BinlogCheckpoint = 161,

    /// <summary>The identifier of the next transaction; MariaDB.</summary>
    MariaGtid = 162,

    /// <summary>The last transactions before a log file; MariaDB.</summary>
    MariaGtidList = 163,

    /// <summary>The rest of the file is encrypted on the server's disk; MariaDB.</summary>
    StartEncryption = 164,

    /// <summary>A statement, compressed; MariaDB.</summary>
    QueryCompressed = 165,

    /// <summary>New rows, version 1, compressed; MariaDB.</summary>
    WriteRowsCompressedV1 = 166,

    /// <summary>Changed rows, version 1, compressed; MariaDB.</summary>
    UpdateRowsCompressedV1 = 167,

    /// <summary>Deleted rows, version 1, compressed; MariaDB.</summary>
    DeleteRowsCompressedV1 = 168,

    /// <summary>New rows, version 2, compressed; MariaDB.</summary>
    WriteRowsCompressed = 169,

    /// <summary>Changed rows, version 2, compressed; MariaDB.</summary>
    UpdateRowsCompressed = 170,

    /// <summary>Deleted rows, version 2, compressed; MariaDB.</summary>
    DeleteRowsCompressed = 171,
}
