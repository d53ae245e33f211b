using Foz.Lake.Catalog;
using Foz.Lake.Data;

namespace Foz.Pipelines.Runs.State;

/// <summary>
/// What programs write while a run works: <c>_foz/logs/&lt;run&gt;/&lt;table&gt;.log</c> on this machine.
/// </summary>
static class RunLogs
{
    const int RunsMax = 100;

    /// <summary>The log of a step.</summary>
    public static string FileOf(Lakehouse lake, string runId, TableName step) =>
        Path.Combine(FolderOf(lake), runId, $"{step}.log");

    /// <summary>Deletes the logs of all but the last runs that have some.</summary>
    public static void Sweep(Lakehouse lake)
    {
        var folder = new DirectoryInfo(FolderOf(lake));
        if (!folder.Exists) return;
        // A run's number begins with its time.
        foreach (var old in folder.GetDirectories().OrderByDescending(run => run.Name, StringComparer.Ordinal)
            .Skip(RunsMax))
        {
            try
            {
                old.Delete(recursive: true);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Another process reads or deletes it at the same time: the next run deletes it if it still exists.
            }
        }
    }

    static string FolderOf(Lakehouse lake) => Path.Combine(lake.Folder, Lakehouse.SystemFolder, "logs");
}
