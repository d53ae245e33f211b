using System.IO.Enumeration;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Lake.Tables;
using Foz.Pipelines.Projects;
using Foz.Storage;
using Foz.Storage.Addresses;

namespace Foz.Operations.Tasks.Work;

/// <summary>Looks for what sensors wait for.</summary>
/// <param name="lake">The lake.</param>
/// <param name="file">The project.</param>
/// <param name="sql">Runs statements.</param>
/// <param name="http">Sends requests.</param>
/// <param name="mask">Takes secrets out of texts.</param>
sealed class Sensors(Lakehouse lake, ProjectFile file, SqlTasks sql, HttpTasks http, Func<string, string> mask)
{
    const int FilesMax = 10_000;

    static readonly TimeSpan lookMax = TimeSpan.FromMinutes(1);

    /// <summary>Looks once; what goes wrong is what it saw, and it looks again.</summary>
    public async Task<SensorLook> LookAsync(TaskAttempt attempt, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(lookMax);
        try
        {
            return await LookAsync(attempt, ((TaskAction.Sensor)attempt.Task.Action).Target, limit.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new(IsThere: false, "the last look took too long");
        }
        catch (Exception e) when (e is StorageException or IOException or UnauthorizedAccessException
            || DeltaErrors.Find(e) is not null)
        {
            return new(IsThere: false, mask((DeltaErrors.Find(e) ?? e).Message));
        }
    }

    async Task<SensorLook> LookAsync(
        TaskAttempt attempt, SensorTarget target, CancellationToken cancellationToken) => target switch
        {
            SensorTarget.File found => await FileAsync(found.Path.Fill(attempt.Scope), cancellationToken),
            SensorTarget.Table table => await TableAsync(attempt, table, cancellationToken),
            SensorTarget.Sql statement => await sql.LookAsync(attempt, statement.Statement, cancellationToken),
            SensorTarget.Http request =>
                await http.SendAsync(request.Request, attempt.Scope, cancellationToken) is var end
                && end.State is TaskState.Succeeded ? new(true, $"the answer was {end.Code}")
                : new(false, end.Reason is { } reason ? mask(reason) : null),
            SensorTarget.Time time => Time(attempt, time.At.Fill(attempt.Scope)),
            _ => throw new System.Diagnostics.UnreachableException(),
        };

    SensorLook Time(TaskAttempt attempt, string text)
    {
        var at = MomentOf(attempt, text);
        return new(lake.Clock.GetUtcNow() >= at, $"{at:yyyy-MM-dd HH:mm:ss zzz}");
    }

    async Task<SensorLook> TableAsync(
        TaskAttempt attempt, SensorTarget.Table table, CancellationToken cancellationToken)
    {
        var written = TableName.Parse(table.Name);
        var name = written with { Schema = file.SchemaPrefix + written.Schema };
        if (await lake.Catalog.FindAsync(name, cancellationToken) is not { Location: { } location } definition
            || await lake.Tables.Open(location, definition.TableName).FindLatestAsync(cancellationToken)
                is not { } latest)
            return new(IsThere: false, $"there is no table {name}");
        return new(
            table.Since is not { } since || latest.Timestamp >= MomentOf(attempt, since.Fill(attempt.Scope)),
            $"version {latest.Version} of {latest.Timestamp.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z");
    }

    static DateTimeOffset MomentOf(TaskAttempt attempt, string text) =>
        MomentText.Parse(text, attempt.Scope.Due, attempt.TimeZone)
        ?? throw new FozException(ErrorKind.Data, $"'{text}' is not a moment")
        {
            Hint = "write '08:00', '2026-01-31 08:00', or {{ due }}",
        };

    async Task<SensorLook> FileAsync(string path, CancellationToken cancellationToken)
    {
        if (!ObjectStores.IsUrl(path)) return OfFolder(Path.GetFullPath(path, file.Folder));
        var slash = path.LastIndexOf('/');
        var (folder, name) = (path[..slash], path[(slash + 1)..]);
        var settings = path.StartsWith(file.LakePath + "/", StringComparison.Ordinal)
            ? file.Lake.Settings
            : new Dictionary<string, string>();
        var store = ObjectStores.Open(
            folder, new() { Settings = settings, Clock = lake.Clock, Variable = variable => file.Variables[variable] });
        if (!name.Contains('*', StringComparison.Ordinal))
            return await store.GetInfoAsync(name, cancellationToken) is { } info
                ? new(true, $"{name}, {info.SizeBytes:N0} bytes")
                : new(false, null);
        var seen = 0;
        await foreach (var info in store.ListAsync("", startAfter: null, cancellationToken))
            if (!info.Path.Contains('/', StringComparison.Ordinal)
                && FileSystemName.MatchesSimpleExpression(name, info.Path, ignoreCase: false))
                return new(true, $"{info.Path}, {info.SizeBytes:N0} bytes");
            else if (++seen == FilesMax) return new(false, $"none of the first {FilesMax:N0} objects of {folder}");
        return new(IsThere: false, Text: null);
    }

    static SensorLook OfFolder(string path)
    {
        var name = Path.GetFileName(path);
        var folder = new DirectoryInfo(Path.GetDirectoryName(path)!);
        var found = !folder.Exists ? null
            : name.Contains('*', StringComparison.Ordinal)
                ? folder.EnumerateFiles(name).MinBy(info => info.Name, StringComparer.Ordinal)
                : new FileInfo(path) is { Exists: true } file ? file : null;
        return found is null ? new(false, null) : new(true, $"{found.Name}, {found.Length:N0} bytes");
    }
}
