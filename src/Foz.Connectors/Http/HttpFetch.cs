using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Foz.Connectors.Files.Json;
using Foz.Lake;
using Foz.Lake.Configuration;

namespace Foz.Connectors.Http;

/// <summary>Fetches the rows of streams of one source. Safe for use by many threads.</summary>
/// <param name="options">The connection.</param>
/// <param name="caller">Sends the requests.</param>
/// <param name="secrets">What no error may hold of an answer.</param>
sealed class HttpFetch(HttpOptions options, HttpCaller caller, Secrets secrets)
{
    const int ParentsMax = 10_000_000;
    readonly Lock gate = new();
    readonly Dictionary<string, Task<IReadOnlyList<ParentRow>>> allParents = new(StringComparer.Ordinal);

    /// <summary>Fetches all rows of a stream.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="cursor">The cursor from which on; null for all.</param>
    /// <param name="filter">Decides which rows are taken; null for all.</param>
    /// <param name="parents">Which rows of its parent it is asked for; null for all.</param>
    /// <param name="rows">Takes them.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task FetchAsync(
        HttpStream stream, string? cursor, CursorFilter? filter, ChangedParents? parents, SpooledRows rows,
        CancellationToken cancellationToken)
    {
        if (stream.Parent is null)
        {
            await FetchAsync(stream, new TemplateValues(null, cursor), default, filter, rows, cancellationToken);
            return;
        }
        var parallel = new ParallelOptions
        {
            MaxDegreeOfParallelism = options.ConnectionsMax, CancellationToken = cancellationToken,
        };
        await Parallel.ForEachAsync(
            parents is null
                ? await ParentsAsync(stream, cancellationToken)
                : await FetchParentsAsync(stream, parents, cancellationToken), parallel,
            async (parent, ct) => await FetchAsync(
                stream, new TemplateValues(parent.Texts, cursor), FieldsOf(stream, parent), filter, rows, ct));
    }

    /// <summary>The pages of a stream for one set of values.</summary>
    public async IAsyncEnumerable<AnswerRows> PagesAsync(
        HttpStream stream, TemplateValues values, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var requests = new HttpRequests(options, stream);
        var walk = new PageWalk(stream.Paging);
        while (true)
        {
            var call = requests.PageOf(values, walk);
            var answer = await caller.SendAsync(call, cancellationToken);
            if (!answer.IsSuccess) yield break;
            var rows = AnswerRows.Read(stream, call, answer, secrets);
            yield return rows;
            if (!walk.MoveNext(new(answer, rows.Rows.Count, rows.Last))) yield break;
        }
    }

    async Task FetchAsync(
        HttpStream stream, TemplateValues values, ReadOnlyMemory<byte> extra, CursorFilter? filter, SpooledRows rows,
        CancellationToken cancellationToken)
    {
        await foreach (var page in PagesAsync(stream, values, cancellationToken))
        {
            if (page.IsXml) rows.IsXml = true;
            foreach (var place in page.Rows)
            {
                var row = page.Text.Span[place];
                if (filter is null || filter.Takes(row)) rows.Add(row, extra.Span);
            }
            foreach (var place in page.Unreadable) rows.AddUnreadable(page.Text.Span[place]);
        }
    }

    /// <summary>The rows of a stream's parent, as far as the stream needs them; fetched once.</summary>
    Task<IReadOnlyList<ParentRow>> ParentsAsync(HttpStream stream, CancellationToken cancellationToken)
    {
        var key = $"{stream.Parent!.Definition.Name}\n{string.Join('\n', stream.ParentPaths)}";
        lock (gate)
        {
            if (allParents.TryGetValue(key, out var known) && !known.IsFaulted && !known.IsCanceled) return known;
            return allParents[key] = FetchParentsAsync(stream, changed: null, cancellationToken);
        }
    }

    async Task<IReadOnlyList<ParentRow>> FetchParentsAsync(
        HttpStream stream, ChangedParents? changed, CancellationToken cancellationToken)
    {
        var parent = stream.Parent!;
        var paths = stream.ParentPaths.Select(JsonPath.Parse).ToList();
        var found = new Dictionary<string, ParentRow>(StringComparer.Ordinal);
        IReadOnlyList<ParentRow?> above = [null];
        if (parent.Parent is not null) above = await ParentsAsync(parent, cancellationToken);
        var cursor = changed is null ? parent.Cursor?.ToSend(parent.Cursor.Start) : changed.Cursor;
        foreach (var grandparent in above)
            await foreach (var page in PagesAsync(
                parent, new TemplateValues(grandparent?.Texts, cursor), cancellationToken))
                foreach (var place in page.Rows)
                {
                    if (changed is not null && !changed.Filter.Takes(page.Text.Span[place])) continue;
                    var row = RowOf(page.Text.Span[place], paths, stream);
                    if (row is not null) found.TryAdd(string.Join('\0', row.Json.Values), row);
                    if (found.Count > ParentsMax)
                        throw new FozException(
                            ErrorKind.Resource,
                            $"stream '{parent.Definition.Name}' has more than {ParentsMax:N0} rows to feed "
                                + $"'{stream.Definition.Name}'");
                }
        return [.. found.Values];
    }

    /// <summary>What a stream needs of a parent's row; null where the row has not all of it.</summary>
    static ParentRow? RowOf(ReadOnlySpan<byte> row, List<JsonPath> paths, HttpStream stream)
    {
        var taken = stream.Templates.SelectMany(t => t.ParentFields).ToHashSet(StringComparer.Ordinal);
        var (texts, json) = (new Dictionary<string, string>(StringComparer.Ordinal),
            new Dictionary<string, string>(StringComparer.Ordinal));
        foreach (var path in paths)
        {
            var found = new List<Range>();
            path.Find(row, unfolds: false, found);
            var value = found.Count == 0 ? "null"u8 : row[found[0]];
            json[path.Text] = Encoding.UTF8.GetString(value);
            if (JsonPath.ToText(value) is { } text) texts[path.Text] = text;
            else if (taken.Contains(path.Text)) return null;
        }
        return new(texts, json);
    }

    /// <summary>The fields that a row gets of its parent, as JSON between commas.</summary>
    static ReadOnlyMemory<byte> FieldsOf(HttpStream stream, ParentRow parent) => Encoding.UTF8.GetBytes(string.Join(
        ',', stream.ParentFields.Select(f => $"\"{JsonEncodedText.Encode(f.Key)}\":{parent.Json[f.Value]}")));

    /// <summary>A row of a parent.</summary>
    /// <param name="Texts">Its fields as text.</param>
    /// <param name="Json">Its fields as JSON.</param>
    sealed record ParentRow(IReadOnlyDictionary<string, string> Texts, IReadOnlyDictionary<string, string> Json);
}
