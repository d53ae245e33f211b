namespace Foz.Delta.Transactions;

/// <summary>Against which concurrent commits a transaction defends what it read.</summary>
public enum IsolationLevel
{
    /// <summary>As if transactions ran one after the other, in the order of their versions.</summary>
    Serializable,

    /// <summary>
    /// As if transactions that write ran one after the other, but files that a concurrent blind append added need not
    /// have been read. The default.
    /// </summary>
    WriteSerializable,

    /// <summary>Files that concurrent commits added need not have been read.</summary>
    Snapshot,
}
