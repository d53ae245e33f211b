using System.Collections.Immutable;
using System.Net.Http.Headers;
using System.Threading.Channels;
using Foz.Lake;
using Foz.Lake.Journal;
using Foz.Pipelines.Batches;
using Foz.Pipelines.Lineage;
using Foz.Pipelines.Projects;

namespace Foz.Pipelines.OpenLineage;

/// <summary>
/// Reports the events of a run to a service or a file. Events are sent in the background, in order. Those that cannot
/// be delivered are counted and reported at the end; they never make a run fail or wait for long. Safe for use by many
/// threads.
/// </summary>
sealed class LineageReporter : IAsyncDisposable
{
    const int EventsMax = 20_000;
    const int TriesMax = 3;
    const int PauseMs = 250;

    readonly OpenLineageTarget target;
    readonly LineageEvents events;
    readonly TimeProvider clock;
    readonly Channel<byte[]> queue = Channel.CreateBounded<byte[]>(
        new BoundedChannelOptions(EventsMax) { FullMode = BoundedChannelFullMode.Wait, SingleReader = true });

    readonly HttpClient http;
    readonly Task sending;
    int lost;
    volatile bool isOver;
    string? fault;

    LineageReporter(OpenLineageTarget target, LineageEvents events, TimeProvider clock)
    {
        (this.target, this.events, this.clock) = (target, events, clock);
        // A redirection would send the key to another host.
        http = new(new SocketsHttpHandler { AllowAutoRedirect = false }, disposeHandler: true)
        {
            Timeout = TimeSpan.FromMilliseconds(target.TimeoutMs),
        };
        if (target.ApiKey is { } key) http.DefaultRequestHeaders.Authorization = new("Bearer", key);
        sending = Task.Run(SendAllAsync);
    }

    /// <summary>Returns a reporter of a run; null if the project configures no target.</summary>
    public static LineageReporter? Start(Project project, string lakeRoot, string runId, TimeProvider clock)
    {
        if (project.File.OpenLineage is not { } target) return null;
        var names = new EventNames(target.Namespace, lakeRoot);
        return new(target, new(project, names, runId), clock);
    }

    /// <summary>The run begins.</summary>
    public void RunStarted() => Add(events.OfRun(EventType.Start, clock.GetUtcNow()));

    /// <summary>The run ended.</summary>
    public void RunFinished(RunResult result) => Add(events.OfRun(
        TypeOf(result.Outcome), clock.GetUtcNow(),
        result.Error ?? result.Steps.FirstOrDefault(s => s.Error is not null)?.Error));

    /// <summary>A step begins.</summary>
    public void StepStarted(GraphNode node) => Add(events.OfStep(node, EventType.Start, clock.GetUtcNow(), null, null));

    /// <summary>A step ended.</summary>
    public void StepFinished(GraphNode node, StepResult result, NodeLineage? lineage)
    {
        var now = clock.GetUtcNow();
        Add(events.OfStep(node, TypeOf(result.Outcome), now, result, lineage));
        if (result.Checks.IsEmpty) return;
        Add(events.OfChecks(
            node, EventType.Start, now,
            result with { Checks = ImmutableArray<Foz.Pipelines.Quality.CheckResult>.Empty }));
        Add(events.OfChecks(
            node, result.Checks.Any(c => c.IsFailure) ? EventType.Fail : EventType.Complete, now, result));
    }

    /// <summary>Waits until all is sent, as long as the service may take to answer.</summary>
    /// <returns>What was not delivered; null where all was.</returns>
    public async Task<Warning?> FinishAsync()
    {
        queue.Writer.TryComplete();
        try
        {
            await sending.WaitAsync(
                TimeSpan.FromMilliseconds((double)target.TimeoutMs * TriesMax), TimeProvider.System);
        }
        catch (TimeoutException)
        {
            // What is under way may still arrive; the rest is not sent any more.
            isOver = true;
            Interlocked.Add(ref lost, queue.Reader.Count);
            fault ??= "it takes too long to answer";
        }
        var place = target.File ?? target.Url!.GetLeftPart(UriPartial.Path);
        return lost == 0 ? null : new($"{lost} OpenLineage events did not get to {place}: {fault}");
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        isOver = true;
        queue.Writer.TryComplete();
        http.CancelPendingRequests();
        await sending;
        http.Dispose();
    }

    static EventType TypeOf(Outcome outcome) => outcome switch
    {
        Outcome.Failed => EventType.Fail,
        Outcome.Canceled => EventType.Abort,
        _ => EventType.Complete,
    };

    void Add(byte[] content)
    {
        if (!queue.Writer.TryWrite(content)) Lose("there are more events than can be sent");
    }

    void Lose(string why)
    {
        Interlocked.Increment(ref lost);
        fault = why;
    }

    async Task SendAllAsync()
    {
        var isDown = false;
        await foreach (var content in queue.Reader.ReadAllAsync())
        {
            // One that did not answer for one event is not waited for with each of the others.
            if (isOver) break;
            if (isDown) Lose(fault!);
            else if (target.File is not null) await AppendAsync(target.File, content);
            else isDown = !await PostAsync(content);
        }
    }

    async Task AppendAsync(string file, byte[] content)
    {
        try
        {
            if (Path.GetDirectoryName(file) is { } folder) Directory.CreateDirectory(folder);
            await File.AppendAllBytesAsync(file, (byte[])[.. content, (byte)'\n']);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Lose(e.Message);
        }
    }

    /// <summary>Sends an event.</summary>
    /// <returns>False if the service cannot be reached.</returns>
    async Task<bool> PostAsync(byte[] content)
    {
        for (var tries = 1; ; tries++)
        {
            var (isTransient, why) = await TryPostAsync(content);
            if (why is null) return true;
            if (!isTransient || isOver || tries == TriesMax)
            {
                Lose(why);
                return !isTransient;
            }
            await Task.Delay(TimeSpan.FromMilliseconds(PauseMs << tries), TimeProvider.System);
        }
    }

    async Task<(bool IsTransient, string? Why)> TryPostAsync(byte[] content)
    {
        using var body = new ByteArrayContent(content);
        body.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        try
        {
            using var answer = await http.PostAsync(target.Url, body);
            return answer.IsSuccessStatusCode
                ? (false, null)
                : ((int)answer.StatusCode is 408 or 429 or >= 500,
                    $"it answers {(int)answer.StatusCode} {answer.ReasonPhrase}");
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            return (true, e is OperationCanceledException ? $"no answer within {target.TimeoutMs} ms" : e.Message);
        }
    }
}
