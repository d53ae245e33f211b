using Foz.Connectors.PostgreSql;
using Foz.Connectors.PostgreSql.Changes;
using Foz.Wire.PostgreSql.Replication;

namespace Foz.Tests.Connectors.PostgreSql.Changes;

/// <summary>What servers are asked for, by PostgreSQL's documentation of each version.</summary>
public sealed class ServerVersionTests
{
    public static TheoryData<int> Versions => [12, 13, 14, 15, 16, 17, 18];

    [Theory]
    [MemberData(nameof(Versions))]
    public void A_slot_is_read_by_options_that_its_server_knows(int version)
    {
        // 12 and 13 have neither streaming nor messages, and refuse what they do not know.
        var wanted = version < 14
            ? "(\"proto_version\" '1', \"publication_names\" '\"p\", \"q''s\"')"
            : "(\"proto_version\" '2', \"publication_names\" '\"p\", \"q''s\"', \"streaming\" 'on', \"messages\" 'true')";
        Assert.Equal(
            $"START_REPLICATION SLOT \"s\" LOGICAL 0/10 {wanted}",
            new ReplicationCommands(version).Start("s", new Lsn(16), ["p", "q's"]));
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public void A_slot_is_synchronized_with_standbys_where_it_can_be(int version)
    {
        var commands = new ReplicationCommands(version);
        Assert.Equal(
            "CREATE_REPLICATION_SLOT \"s\" LOGICAL pgoutput "
                + (version < 17 ? "EXPORT_SNAPSHOT" : "(SNAPSHOT 'export', FAILOVER true)"),
            commands.CreateSlot("s", isTemporary: false));
        // A temporary slot cannot be.
        Assert.Equal(
            "CREATE_REPLICATION_SLOT \"s\" TEMPORARY LOGICAL pgoutput EXPORT_SNAPSHOT",
            commands.CreateSlot("s", isTemporary: true));
    }

    [Theory]
    [InlineData(12, "", "publish = 'insert, truncate'")]
    [InlineData(13, "publish_via_partition_root = true", "publish = 'insert, truncate', publish_via_partition_root = true")]
    [InlineData(17, "publish_via_partition_root = true", "publish = 'insert, truncate', publish_via_partition_root = true")]
    [InlineData(
        18, "publish_via_partition_root = true, publish_generated_columns = stored",
        "publish = 'insert, truncate', publish_via_partition_root = true, publish_generated_columns = stored")]
    public void A_publication_has_the_settings_of_its_server(int version, string all, string inserts)
    {
        var commands = new ReplicationCommands(version);
        var with = all.Length == 0 ? "" : $" WITH ({all})";
        Assert.Equal(
            $"CREATE PUBLICATION \"p\" FOR ALL TABLES{with}",
            commands.CreatePublication("p", tables: null, Publication.AllOperations));
        Assert.Equal(
            $"CREATE PUBLICATION \"p\" FOR TABLE a, b{with}",
            commands.CreatePublication("p", ["a", "b"], Publication.AllOperations));
        Assert.Equal(
            $"CREATE PUBLICATION \"p\" WITH ({inserts})", commands.CreatePublication("p", [], Publication.Inserts));
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public void A_transaction_may_last_as_its_server_calls_it(int version) => Assert.Equal(
        version >= 17,
        SessionSettings.Sql(new PgOptions { Host = "h", Database = "d", User = "u" }, version)
            .Contains(" transaction_timeout = 0", StringComparison.Ordinal));
}
