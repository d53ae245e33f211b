using Foz.Lake;

namespace Foz.Connectors.PostgreSql.Changes;

/// <summary>Which changes of a server are read, and how.</summary>
/// <param name="Slot">
/// The name of the replication slot, which is this reader's alone: lower-case letters, digits and <c>_</c>.
/// </param>
/// <param name="Publication">The name of the publication.</param>
public sealed record PgChangeOptions(string Slot, string Publication)
{
    /// <summary>The prefix of the messages by which an idle server shows that its log moves.</summary>
    public const string BeatPrefix = "foz.beat";

    const int SlotNameMax = 63;

    /// <summary>Gets the tables, each as <c>schema.name</c>; empty for all of the database.</summary>
    public IReadOnlyList<string> Tables { get; init; } = [];

    /// <summary>
    /// Gets tables, each as <c>schema.name</c>, that must not be published: their users could not change them.
    /// </summary>
    public IReadOnlyList<string> Refused { get; init; } = [];

    /// <summary>
    /// Gets those of the tables that have no replica identity: only their inserts and truncates are read, as the server
    /// would refuse each UPDATE and DELETE of them otherwise.
    /// </summary>
    public IReadOnlyList<string> InsertOnlyTables { get; init; } = [];

    /// <summary>
    /// Gets the columns, by their names in the lake, that identify the rows of a table besides its primary key, by the
    /// table's number: an update of one is a delete and an insert, where the log has all of the old row.
    /// </summary>
    public IReadOnlyDictionary<uint, IReadOnlyList<string>> Keys { get; init; } =
        new Dictionary<uint, IReadOnlyList<string>>();

    /// <summary>Gets the folder of files for transactions that wait.</summary>
    public string SpoolFolder { get; init; } = Path.GetTempPath();

    /// <summary>Gets how many bytes of transactions that wait are in memory.</summary>
    public long SpoolMemoryBytesMax { get; init; } = 64 << 20;

    /// <summary>Gets how often the server hears how far the reader has come.</summary>
    public TimeSpan StatusInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Gets the clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Checks the names.</summary>
    /// <exception cref="FozException">Thrown when the server would not take one.</exception>
    public void Validate()
    {
        var isSlotName = Slot.Length is > 0 and <= SlotNameMax
            && Slot.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '_');
        if (!isSlotName)
            throw new FozException(
                ErrorKind.Configuration,
                $"'{Slot}' is no name of a replication slot: 1 to {SlotNameMax} lower-case letters, digits and _");
        if (Publication.Length == 0 || Publication.Contains('\0'))
            throw new FozException(ErrorKind.Configuration, "the name of the publication is missing");
        foreach (var table in Tables)
            if (RelationName.Parse(table) is not { Schema: not null })
                throw new FozException(
                    ErrorKind.Configuration, $"'{table}' is no table: expected schema.name, each maybe in quotes");
    }
}
