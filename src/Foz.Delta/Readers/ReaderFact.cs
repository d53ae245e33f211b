namespace Foz.Delta.Readers;

/// <summary>What an engine does with tables that have a feature, or with files of a kind.</summary>
public enum ReaderAccess
{
    /// <summary>It reads and writes them.</summary>
    ReadsAndWrites,

    /// <summary>It reads them.</summary>
    Reads,

    /// <summary>It writes them, and enforces the feature; readers need not know it.</summary>
    Writes,

    /// <summary>It reads and writes them without enforcing the feature.</summary>
    Accepts,

    /// <summary>It refuses them.</summary>
    Refuses,

    /// <summary>It reads other rows, without an error.</summary>
    Misreads,
}

/// <summary>What is known of an engine.</summary>
/// <param name="Subject">A table feature, or a kind of files.</param>
/// <param name="Access">What it does with them.</param>
/// <param name="From">The version from which on; empty where that is not known.</param>
/// <param name="Source">Where this is known from.</param>
/// <param name="Note">A further remark; may be empty.</param>
public sealed record ReaderFact(string Subject, ReaderAccess Access, string From, string Source, string Note)
{
    /// <summary>Whether the engine reads such tables or files.</summary>
    public bool Reads => Access is not (ReaderAccess.Refuses or ReaderAccess.Misreads);

    /// <summary>Whether the engine writes such tables.</summary>
    public bool Writes => Access is ReaderAccess.ReadsAndWrites or ReaderAccess.Writes or ReaderAccess.Accepts;
}
