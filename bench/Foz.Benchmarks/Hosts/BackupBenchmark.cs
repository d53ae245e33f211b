using System.Globalization;
using Foz.Benchmarks.Serving;

namespace Foz.Benchmarks.Hosts;

/// <summary>
/// <c>foz backup</c> after one percent of a lake changed, and <c>foz backup restore</c> of all of it, beside <c>cp</c>
/// of the same files and a sync of each.
/// </summary>
sealed class BackupBenchmark : IBenchmark
{
    const int Tables = 8, RowsOfTable = 6_000_000, Rounds = 5, RestoreRounds = 3;

    public string Name => "backup";

    public async Task<IReadOnlyList<Figure>> RunAsync(WorkFolder folder)
    {
        var foz = await PublishedFoz.PathAsync();
        var project = folder.Sub("backup");
        var (lake, copies) = (Path.Combine(project, "lake"), folder.Sub("copies"));
        await File.WriteAllTextAsync(
            Path.Combine(project, "foz.yml"),
            $"name: serving\nlake: lake\nbackup: {{to: '{folder.File("backups")}', retention: 30 days}}\n");
        for (var i = 0; i < Tables; i++)
            await ServeProcess.WriteAsync(project, TableOf(i), Sales.Of(RowsOfTable));
        await PublishedFoz.RunAsync(foz, project, ["backup"]);
        var bytes = BytesOf(lake, DateTime.MinValue);
        List<double> ours = [], theirs = [], floor = [];
        var changed = 0L;
        for (var round = 0; round < Rounds; round++)
        {
            var since = TimeProvider.System.GetUtcNow().UtcDateTime;
            // One percent of a table in each of them, as a run would append it.
            for (var i = 0; i < Tables; i++)
                await ServeProcess.WriteAsync(project, TableOf(i), Sales.Of(RowsOfTable / 100));
            changed = BytesOf(lake, since);
            floor.Add(await Pair.TimeAsync(() => PublishedFoz.RunAsync(foz, project, ["backup", "ls"])));
            theirs.Add(await Pair.TimeAsync(() => CopyAsync(lake, copies, since)));
            ours.Add(await Pair.TimeAsync(() => PublishedFoz.RunAsync(foz, project, ["backup"])));
            Console.Error.WriteLine(Pair.Text($"  {ours[^1]:0} ms against {theirs[^1]:0} ms"));
            WorkFolder.Empty(copies);
        }
        var backup = Of(
            Pair.Text($"`foz backup` after {changed / 1e6:0} MB of a lake of {bytes / 1e6:N0} MB changed, its start (")
                + Pair.Text($"{Pair.Median(floor):0} ms) included"), ours, theirs);
        (ours, theirs) = ([], []);
        for (var round = 0; round < RestoreRounds; round++)
        {
            theirs.Add(await Pair.TimeAsync(() => CopyAsync(lake, copies, DateTime.MinValue)));
            WorkFolder.Empty(copies);
            ours.Add(await Pair.TimeAsync(
                () => PublishedFoz.RunAsync(foz, project, ["backup", "restore", "--into", Path.Combine(copies, "r")])));
            WorkFolder.Empty(copies);
        }
        bytes = BytesOf(lake, DateTime.MinValue);
        return [backup, Of(Pair.Text($"`foz backup restore` of {bytes / 1e6:N0} MB"), ours, theirs)];
    }

    static Figure Of(string work, List<double> ours, List<double> theirs) => new(
        work, "`cp` of the same files, and `sync` of each", Pair.Ms(Pair.Median(ours)), Pair.Ms(Pair.Median(theirs)),
        Pair.Times(Pair.Median([.. ours.Zip(theirs, (a, b) => a / b)])), "≤ 1.2×");

    static string TableOf(int number) => string.Create(CultureInfo.InvariantCulture, $"silver.t{number}");

    static long BytesOf(string folder, DateTime since) => new DirectoryInfo(folder)
        .EnumerateFiles("*", SearchOption.AllDirectories).Where(file => file.LastWriteTimeUtc >= since)
        .Sum(file => file.Length);

    /// <summary>Copies the files that were written since, and makes them durable.</summary>
    static async Task CopyAsync(string from, string to, DateTime since)
    {
        var newer = since == DateTime.MinValue
            ? ""
            : string.Create(CultureInfo.InvariantCulture, $"-newermt '{since:yyyy-MM-dd HH:mm:ss.fff} UTC'");
        await PublishedFoz.RunAsync("sh", from, [
            "-c",
            $"find . -type f {newer} -print0 | xargs -0 cp --parents -t '{to}' && find '{to}' -print0 | xargs -0 sync",
        ]);
    }
}
