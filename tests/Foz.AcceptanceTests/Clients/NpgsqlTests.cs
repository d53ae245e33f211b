using Npgsql;
using NpgsqlTypes;

namespace Foz.AcceptanceTests.Clients;

/// <summary>Npgsql, which reads values in binary form.</summary>
public sealed class NpgsqlTests(ServedProject project)
{
    const int Connections = 50;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Values_of_each_type_are_read()
    {
        await using var connection = await project.ConnectAsync();
        await using var command = new NpgsqlCommand(
            """
            select true, 1::smallint, 2::int, 3::bigint, 1.5::real, 2.5::double, 1234.5678::decimal(18,4), 'ação',
                   date '2024-02-29', timestamp '2024-02-29 12:34:56.789', timestamptz '2024-02-29 12:34:56+00',
                   time '12:34:56', interval '2 days 3 hours', '67e55044-10b1-426f-9247-bb680e5fe0c8'::uuid,
                   [1, 2, null], null
            """, connection);
        await using var reader = await command.ExecuteReaderAsync(Cancel);
        Assert.True(await reader.ReadAsync(Cancel));
        Assert.Equal(
            [
                true, (short)1, 2, 3L, 1.5f, 2.5, 1234.5678m, "ação", new DateOnly(2024, 2, 29),
                new DateTime(2024, 2, 29, 12, 34, 56, 789),
                new DateTime(2024, 2, 29, 12, 34, 56, DateTimeKind.Utc), new TimeOnly(12, 34, 56),
                new TimeSpan(2, 3, 0, 0),
                new Guid("67e55044-10b1-426f-9247-bb680e5fe0c8"),
            ], Enumerable.Range(0, 14).Select(reader.GetValue));
        Assert.Equal([1, 2, null], reader.GetFieldValue<int?[]>(14));
        Assert.True(reader.IsDBNull(15));
    }

    [Fact]
    public async Task Transactions_are_committed_whole_or_not_at_all()
    {
        await using var connection = await project.ConnectAsync();
        await RunAsync("drop table if exists silver.paid");
        await using (var made = await connection.BeginTransactionAsync(Cancel))
        {
            await RunAsync("create table silver.paid (id int, amount decimal(10,2))");
            for (var i = 0; i < 3; i++) await RunAsync($"insert into silver.paid values ({i}, {i}.5)");
            await made.SaveAsync("s", Cancel);
            await RunAsync("delete from silver.paid");
            await made.RollbackAsync("s", Cancel);
            await made.CommitAsync(Cancel);
        }
        await using (await connection.BeginTransactionAsync(Cancel))
            await RunAsync("update silver.paid set amount = 0");
        await using var sum = new NpgsqlCommand("select sum(amount) from silver.paid", connection);
        Assert.Equal(4.5m, await sum.ExecuteScalarAsync(Cancel));

        async Task RunAsync(string sql)
        {
            await using var command = new NpgsqlCommand(sql, connection);
            await command.ExecuteNonQueryAsync(Cancel);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Parameters_arrive_in_binary_form(bool isPrepared)
    {
        await using var connection = await project.ConnectAsync();
        await using var command = new NpgsqlCommand(
            "select $1::int + 1, $2::text, $3::timestamp, $4::decimal(10,2), $5::boolean, $6::date, $7::uuid",
            connection);
        var id = Guid.NewGuid();
        object[] sent = [41, "ação", new DateTime(2024, 2, 29, 1, 2, 3), 12.34m, true, new DateOnly(1999, 12, 31), id];
        foreach (var value in sent) command.Parameters.Add(new() { Value = value });
        if (isPrepared) await command.PrepareAsync(Cancel);
        for (var round = 0; round < 3; round++)
        {
            await using var reader = await command.ExecuteReaderAsync(Cancel);
            Assert.True(await reader.ReadAsync(Cancel));
            Assert.Equal(42, reader.GetInt32(0));
            Assert.Equal("ação", reader.GetString(1));
            Assert.Equal(sent[2], reader.GetDateTime(2));
            Assert.Equal(12.34m, reader.GetDecimal(3));
            Assert.True(reader.GetBoolean(4));
            Assert.Equal(new DateOnly(1999, 12, 31), reader.GetFieldValue<DateOnly>(5));
            Assert.Equal(id, reader.GetGuid(6));
        }
    }

    [Fact]
    public async Task Batch_is_pipelined()
    {
        await using var connection = await project.ConnectAsync();
        await using var batch = new NpgsqlBatch(connection);
        for (var i = 0; i < 20; i++) batch.BatchCommands.Add(new($"select {i} as n, 'x' from range({i + 1})"));
        await using var reader = await batch.ExecuteReaderAsync(Cancel);
        for (var i = 0; i < 20; i++)
        {
            var rows = 0;
            for (; await reader.ReadAsync(Cancel); rows++) Assert.Equal(i, reader.GetInt32(0));
            Assert.Equal(i + 1, rows);
            await reader.NextResultAsync(Cancel);
        }
    }

    [Fact]
    public async Task Binary_export_reads_rows()
    {
        await using var connection = await project.ConnectAsync();
        await using var export = await connection.BeginBinaryExportAsync(
            "copy (select i::bigint, 'r' || i from range(5000) r(i)) to stdout (format binary)", Cancel);
        for (var i = 0; i < 5000; i++)
        {
            Assert.Equal(2, await export.StartRowAsync(Cancel));
            Assert.Equal(i, await export.ReadAsync<long>(NpgsqlDbType.Bigint, Cancel));
            Assert.Equal($"r{i}", await export.ReadAsync<string>(Cancel));
        }
        Assert.Equal(-1, await export.StartRowAsync(Cancel));
    }

    [Fact]
    public async Task Error_has_its_state_and_place_and_the_connection_goes_on()
    {
        await using var connection = await project.ConnectAsync();
        await using var command = new NpgsqlCommand("select  nope", connection);
        var error = await Assert.ThrowsAsync<PostgresException>(() => command.ExecuteScalarAsync(Cancel));
        Assert.Equal(("42703", 9), (error.SqlState, error.Position));
        command.CommandText = "select 1";
        Assert.Equal(1, await command.ExecuteScalarAsync(Cancel));
    }

    [Fact]
    public async Task Canceled_command_leaves_the_connection_as_it_was()
    {
        await using var connection = await project.ConnectAsync();
        await using var command = new NpgsqlCommand(
            "select count(*) from range(10000000) a(x), range(10000000) b(y) where x * y % 7 = 3", connection);
        using var cancel = new CancellationTokenSource();
        var running = command.ExecuteScalarAsync(cancel.Token);
        await project.ShellAsync(ServedProject.WaitUntilActive("7 = 3"));
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        command.CommandText = "select 1";
        Assert.Equal(1, await command.ExecuteScalarAsync(Cancel));
    }

    [Fact]
    public async Task Connections_come_and_go()
    {
        await project.StartAsync();
        for (var round = 0; round < 4; round++)
        {
            await Task.WhenAll(Enumerable.Range(0, Connections).Select(async i =>
            {
                await using var connection = await project.ConnectAsync();
                await using var command = new NpgsqlCommand(
                    $"select {i}::bigint, * from range({i}::bigint) limit 1", connection);
                await using var reader = await command.ExecuteReaderAsync(Cancel);
                Assert.Equal(i > 0, await reader.ReadAsync(Cancel));
            }));
        }
    }
}
