using Foz.Connectors.Files.Json;

namespace Foz.Connectors.Http;

/// <summary>An HTTP API as a source.</summary>
sealed class HttpSource : ISource
{
    readonly SourceDefinition definition;
    readonly HttpOptions options;
    readonly IReadOnlyDictionary<string, HttpStream> streams;
    readonly HttpCaller caller;
    readonly HttpFetch fetch;

    public HttpSource(
        SourceDefinition definition, HttpOptions options, IReadOnlyDictionary<string, HttpStream> streams,
        TimeProvider clock)
    {
        (this.definition, this.options, this.streams) = (definition, options, streams);
        caller = new(options, definition.Connection.Secrets, clock);
        fetch = new(options, caller, definition.Connection.Secrets);
    }

    /// <inheritdoc/>
    public async Task<string> CheckAsync(CancellationToken cancellationToken)
    {
        var first = streams.Values.FirstOrDefault(s => s.Parent is null);
        if (first is null) return $"{options.Url.GetLeftPart(UriPartial.Path)}, no streams";
        await foreach (var page in FirstAsync(first, cancellationToken))
            return $"{options.Url.GetLeftPart(UriPartial.Authority)}, {page.Rows.Count:N0} rows in the first "
                + $"page of {first.Definition.Name}";
        return $"{options.Url.GetLeftPart(UriPartial.Authority)}, no rows in {first.Definition.Name}";
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<DiscoveredStream>> DiscoverAsync(CancellationToken cancellationToken)
    {
        var discovered = new List<DiscoveredStream>();
        foreach (var stream in streams.Values)
        {
            var folder = Directory.CreateTempSubdirectory("foz-http-");
            try
            {
                using var rows = new SpooledRows(folder.FullName, stream.Definition.Name);
                if (stream.Parent is null)
                    await foreach (var page in FirstAsync(stream, cancellationToken))
                    {
                        foreach (var place in page.Rows) rows.Add(page.Text.Span[place], default);
                        break;
                    }
                discovered.Add(new(stream.Definition, rows.Sniff(cancellationToken)));
            }
            finally
            {
                folder.Delete(recursive: true);
            }
        }
        return discovered;
    }

    /// <inheritdoc/>
    public Task<BatchPlan> PlanAsync(
        StreamDefinition stream, IReadOnlyList<StreamInputs> history, CancellationToken cancellationToken)
    {
        var declared = streams[stream.Name];
        var inputs = declared.AsksForChangedParents
            ? new() { State = history.LastOrDefault(past => past.State is not null)?.State }
            : declared.Cursor is { } cursor ? FromCursor(StreamInputs.LastOfCursor(history), cursor.Of)
            : new StreamInputs();
        return Task.FromResult(new BatchPlan(inputs, []));

        static StreamInputs FromCursor(StreamInputs? last, string of) => last?.IsOfOther(of) == true
            ? new() { CursorOf = of, RereadsCursor = true }
            : new() { CursorOf = of, CursorFrom = last?.CursorTo, CursorSeen = last?.CursorSeen ?? [] };
    }

    /// <inheritdoc/>
    public async Task<StreamRows> ReadAsync(
        StreamDefinition stream, StreamInputs inputs, ReadContext context, CancellationToken cancellationToken)
    {
        var declared = streams[stream.Name];
        var filter = declared.Cursor is { } setting ? new CursorFilter(setting, inputs) : null;
        var cursor = declared.Cursor is { } sent ? sent.ToSend(sent.From(inputs.CursorFrom)) : null;
        using var rows = new SpooledRows(context.WorkFolder, $"{definition.Name}.{stream.Name}")
        {
            Meter = context.Meter,
        };
        var parents = declared.AsksForChangedParents ? new ChangedParents(declared.Parent!, inputs.State) : null;
        await fetch.FetchAsync(declared, cursor, filter, parents, rows, cancellationToken);
        var reached = parents is null ? filter?.Reached ?? inputs : inputs with { State = parents.State };
        return await Task.Run(
            () => rows.Read(
                stream, context, new(reached, [.. filter?.Warnings ?? [], .. parents?.Warnings ?? []]),
                cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        caller.Dispose();
        return ValueTask.CompletedTask;
    }

    IAsyncEnumerable<AnswerRows> FirstAsync(HttpStream stream, CancellationToken cancellationToken) =>
        fetch.PagesAsync(
            stream, new TemplateValues(null, stream.Cursor?.ToSend(stream.Cursor.Start)), cancellationToken);
}
