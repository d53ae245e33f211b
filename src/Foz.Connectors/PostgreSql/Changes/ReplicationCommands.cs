using Foz.Wire.PostgreSql.Replication;

namespace Foz.Connectors.PostgreSql.Changes;

/// <summary>
/// What a server of some version is asked for (PostgreSQL documentation, "Streaming Replication Protocol", "Logical
/// Streaming Replication Parameters" and <c>CREATE PUBLICATION</c>). Only version 15 was ever run.
/// </summary>
/// <param name="majorVersion">The server's major version, 12 or later.</param>
sealed class ReplicationCommands(int majorVersion)
{
    /// <summary>The output plugin.</summary>
    public const string Plugin = "pgoutput";

    /// <summary>From here on a table is published by its name, and not by those of its partitions.</summary>
    const int PartitionRootsFrom = 13;

    /// <summary>From here on open transactions come in blocks, and logical messages come at all.</summary>
    const int StreamingFrom = 14;

    /// <summary>From here on a slot goes on after a failover, if the standby keeps it in step.</summary>
    const int FailoverFrom = 17;

    /// <summary>From here on stored generated columns can be published.</summary>
    const int GeneratedColumnsFrom = 18;

    /// <summary>Returns the command that makes a slot, and exports a snapshot of its moment.</summary>
    /// <param name="slot">Its name.</param>
    /// <param name="isTemporary">Whether it vanishes with its session.</param>
    public string CreateSlot(string slot, bool isTemporary)
    {
        var options = isTemporary || majorVersion < FailoverFrom
            ? "EXPORT_SNAPSHOT"
            : "(SNAPSHOT 'export', FAILOVER true)";
        return $"CREATE_REPLICATION_SLOT {SqlText.Name(slot)} {(isTemporary ? "TEMPORARY " : "")}LOGICAL {Plugin} "
            + options;
    }

    /// <summary>Returns the command that reads a slot.</summary>
    /// <param name="slot">Its name.</param>
    /// <param name="from">The position from which on transactions are sent.</param>
    /// <param name="publications">The names of publications.</param>
    public string Start(string slot, Lsn from, IEnumerable<string> publications)
    {
        var names = string.Join(", ", publications.Select(SqlText.Name)).Replace("'", "''", StringComparison.Ordinal);
        // Versions 3 and 4 of the protocol add transactions of two phases and blocks that are applied in parallel.
        var (version, more) = majorVersion >= StreamingFrom
            ? ("2", ", \"streaming\" 'on', \"messages\" 'true'")
            : ("1", "");
        return $"START_REPLICATION SLOT {SqlText.Name(slot)} LOGICAL {from} "
            + $"(\"proto_version\" '{version}', \"publication_names\" '{names}'{more})";
    }

    /// <summary>Returns the statement that makes a publication.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="tables">The tables, as SQL has them; null for all of the database.</param>
    /// <param name="operations">The changes.</param>
    public string CreatePublication(string name, IReadOnlyList<string>? tables, string operations)
    {
        var which = tables is null ? " FOR ALL TABLES"
            : tables.Count > 0 ? $" FOR TABLE {string.Join(", ", tables)}" : "";
        List<string> with = [];
        if (operations != Publication.AllOperations) with.Add($"publish = '{operations}'");
        // Partitions under their table's name, which the snapshot reads too.
        if (majorVersion >= PartitionRootsFrom) with.Add("publish_via_partition_root = true");
        // Otherwise the server would refuse each UPDATE of a table with REPLICA IDENTITY FULL that has such a column.
        if (majorVersion >= GeneratedColumnsFrom) with.Add("publish_generated_columns = stored");
        return $"CREATE PUBLICATION {SqlText.Name(name)}{which}"
            + (with.Count > 0 ? $" WITH ({string.Join(", ", with)})" : "");
    }
}
