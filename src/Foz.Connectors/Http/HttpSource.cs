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
        StreamInputs inputs = declared.AsksForChangedParents
            ? new StreamInputs.OfState(StreamInputs.OfState.Last(history))
            : declared.Cursor is { } cursor ? FromCursor(StreamInputs.OfCursor.Last(history), cursor.Of)
            : new StreamInputs.OfAll();
        return Task.FromResult(new BatchPlan(inputs, []));

        static StreamInputs.OfCursor FromCursor(StreamInputs.OfCursor? last, string of) => last?.IsOfOther(of) == true
            ? new() { Of = of, Rereads = true }
            : new() { Of = of, From = last?.To, Seen = last?.Seen ?? [] };
    }

    /// <inheritdoc/>
    public async Task<StreamRows> ReadAsync(
        StreamDefinition stream, StreamInputs inputs, ReadContext context, CancellationToken cancellationToken)
    {
        var declared = streams[stream.Name];
        var range = inputs as StreamInputs.OfCursor ?? new();
        var filter = declared.Cursor is { } setting ? new CursorFilter(setting, range) : null;
        var cursor = declared.Cursor is { } sent ? sent.ToSend(sent.From(range.From)) : null;
        using var rows = new SpooledRows(context.WorkFolder, $"{definition.Name}.{stream.Name}")
        {
            Meter = context.Meter,
        };
        var parents = declared.AsksForChangedParents
            ? new ChangedParents(declared.Parent!, inputs.As<StreamInputs.OfState>(stream).State)
            : null;
        await fetch.FetchAsync(declared, cursor, filter, parents, rows, cancellationToken);
        var reached = parents is not null ? new StreamInputs.OfState(parents.State) : filter?.ActualInputs ?? inputs;
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
