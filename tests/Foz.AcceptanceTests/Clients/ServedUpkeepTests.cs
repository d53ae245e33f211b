using Npgsql;

namespace Foz.AcceptanceTests.Clients;

/// <summary>A lake that only a server writes, without a run.</summary>
public sealed class ServedUpkeepTests
{
    const int Copies = 152;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Files_of_many_copies_are_put_together_by_the_server_itself()
    {
        await using var project = new ServedProject("");
        await using (var connection = await project.ConnectAsync())
        {
            await ExecuteAsync(connection, "create table bronze.a (n int, t text)");
            for (var i = 0; i < Copies; i++)
            {
                await using var writer = await connection.BeginTextImportAsync(
                    "copy bronze.a from stdin", Cancel);
                await writer.WriteAsync($"{i}\tx{i}\n");
            }
        }
        Assert.Equal(Copies, FilesOf(project));
        // A server looks at all tables when it begins.
        await project.KillAsync();
        await using var after = await project.ConnectAsync();
        await WaitAsync(async () => await ExecuteAsync(
            after, "select warnings[1] from foz.steps where step = 'bronze.a' and kind = 'maintenance'")
                is "OPTIMIZE put 152 files together to 1");
        Assert.Equal(Copies, await ExecuteAsync(after, "select count(distinct t)::int from bronze.a where t = 'x' || n"));
    }

    static int FilesOf(ServedProject project) => Directory.EnumerateFiles(
        Path.Combine(project.Folder, "lake", "bronze", "a"), "*.parquet", SearchOption.AllDirectories)
        .Count(file => !file.Contains("_delta_log", StringComparison.Ordinal));

    static async Task<object?> ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(Cancel);
    }

    static async Task WaitAsync(Func<Task<bool>> isSo)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        limit.CancelAfter(TimeSpan.FromMinutes(3));
        while (!await isSo()) await Task.Delay(500, limit.Token);
    }
}
