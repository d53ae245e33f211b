using System.Globalization;
using System.Text.Json;
using Foz.Connectors.Changes;
using Foz.Wire.PostgreSql.Replication;

namespace Foz.Connectors.PostgreSql.Changes;

/// <summary>A replication slot as the server has it (<c>pg_replication_slots</c>).</summary>
/// <param name="Name">Its name.</param>
sealed record ReplicationSlot(string Name)
{
    const string CurrentLsn = """
        (CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_replay_lsn()
              ELSE pg_catalog.pg_current_wal_lsn() END)
        """;

    const long BytesPerMegabyte = 1 << 20;

    /// <summary>The output plugin; null where the slot is physical.</summary>
    public string? Plugin { get; private init; }

    /// <summary>The database; null where the slot is physical.</summary>
    public string? Database { get; private init; }

    /// <summary>From where on transactions are sent.</summary>
    public Lsn Confirmed { get; private init; }

    /// <summary>Whether the server has removed log that the slot needs, and the slot is of no use any more.</summary>
    public bool IsLost { get; private init; }

    /// <summary>Whether a reader is connected.</summary>
    public bool IsActive { get; private init; }

    /// <summary>Whether it sends transactions when they are prepared.</summary>
    public bool IsTwoPhase { get; private init; }

    /// <summary>Finds a slot; null where there is none.</summary>
    public static async Task<ReplicationSlot?> FindAsync(
        PgConnection connection, string name, CancellationToken cancellationToken)
    {
        var rows = await connection.QueryAsync(
            "SELECT pg_catalog.to_jsonb(s), s.restart_lsn, s.confirmed_flush_lsn "
            + $"FROM pg_catalog.pg_replication_slots s WHERE s.slot_name = {SqlText.Literal(name)}",
            cancellationToken);
        if (rows is not [[var json, var restart, var confirmed]]) return null;
        using var slot = JsonDocument.Parse(json!);
        return new ReplicationSlot(name)
        {
            Plugin = Text(slot, "plugin"),
            Database = Text(slot, "database"),
            Confirmed = confirmed is not null && Lsn.TryParse(confirmed, out var lsn) ? lsn : Lsn.None,
            IsLost = IsLostIn(slot) || restart is null,
            IsActive = IsTrue(slot, "active"),
            IsTwoPhase = IsTrue(slot, "two_phase"),
        };
    }

    /// <summary>What a slot keeps for readers of a publication; null where there is none.</summary>
    public static async Task<ChangeLag?> FindLagAsync(
        PgConnection connection, string name, string publication, CancellationToken cancellationToken)
    {
        var rows = await connection.QueryAsync(
            $"""
            SELECT ({CurrentLsn} - COALESCE(s.restart_lsn, {CurrentLsn}))::bigint,
                   ({CurrentLsn} - COALESCE(s.confirmed_flush_lsn, {CurrentLsn}))::bigint,
                   (SELECT setting::bigint FROM pg_catalog.pg_settings WHERE name = 'max_slot_wal_keep_size'),
                   pg_catalog.to_jsonb(s),
                   EXISTS (SELECT FROM pg_catalog.pg_publication WHERE pubname = {SqlText.Literal(publication)})
              FROM pg_catalog.pg_replication_slots s WHERE s.slot_name = {SqlText.Literal(name)}
            """,
            cancellationToken);
        if (rows is not [[var retained, var unread, var max, var json, var isPublished]]) return null;
        using var slot = JsonDocument.Parse(json!);
        var megabytesMax = max is null ? -1 : long.Parse(max, CultureInfo.InvariantCulture);
        return new ChangeLag(
            long.Parse(retained!, CultureInfo.InvariantCulture), long.Parse(unread!, CultureInfo.InvariantCulture))
        {
            RetainedBytesMax = megabytesMax < 0 ? null : megabytesMax * BytesPerMegabyte,
            IsLost = IsLostIn(slot),
            IsUnpublished = isPublished != "t",
            IsActive = IsTrue(slot, "active"),
        };
    }

    /// <summary>
    /// What is missing between a position and what a slot sends; null where nothing is. A slot may be confirmed only up
    /// to a position that was kept: one that is further was made again since, or read by another.
    /// </summary>
    public static ChangeGap? Gap(ReplicationSlot? slot, string name, LogPosition from) => slot switch
    {
        null => new ChangeGap(
            ChangeGapKind.SlotMissing,
            $"the replication slot '{name}' does not exist: it was dropped, or the lake is a copy of one that reads "
            + $"another server; changes after {from.Lsn} are lost"),
        { IsLost: true } => new ChangeGap(
            ChangeGapKind.SlotLost,
            $"the server has removed the log that the replication slot '{name}' needs (max_slot_wal_keep_size); "
            + $"changes after {from.Lsn} are lost"),
        _ when slot.Confirmed > from.Lsn => new ChangeGap(
            ChangeGapKind.SlotAhead,
            $"the replication slot '{name}' sends changes from {slot.Confirmed} on; those after {from.Lsn} are lost, "
            + "as it was created again, or read by another, such as a copy of the lake"),
        _ => null,
    };

    /// <summary>Version 18 says it by another column too.</summary>
    static bool IsLostIn(JsonDocument slot) =>
        Text(slot, "wal_status") == "lost" || Text(slot, "invalidation_reason") is not null;

    static string? Text(JsonDocument slot, string name) =>
        slot.RootElement.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;

    static bool IsTrue(JsonDocument slot, string name) =>
        slot.RootElement.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.True;
}
