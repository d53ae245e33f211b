using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Foz.Lake;

namespace Foz.Connectors.Http;

/// <summary>Makes the requests of a stream.</summary>
/// <param name="options">The connection.</param>
/// <param name="stream">The stream.</param>
sealed class HttpRequests(HttpOptions options, HttpStream stream)
{
    /// <summary>The request for a page.</summary>
    /// <param name="values">What its templates take.</param>
    /// <param name="walk">The page.</param>
    /// <exception cref="FozException">The page is at another host.</exception>
    public HttpCall PageOf(TemplateValues values, PageWalk walk)
    {
        var parameters = walk.Params;
        var isInQuery = stream.Paging.Into is PagingTarget.Query;
        var call = new HttpCall(
            walk.Address is { } address ? CheckHost(address) : UrlOf(values, isInQuery ? parameters : []))
        {
            Headers = stream.Headers,
            Accepts = status => stream.SkipStatuses.Contains(status) || walk.IsEnd(status),
        };
        if (stream.GraphQl is not null) return call with { Body = GraphQlBody(values, parameters) };
        if (stream.Body is null) return call;
        var body = stream.Body.Fill(values, value => JsonEncodedText.Encode(value).ToString());
        return call with { Body = isInQuery || parameters.Count == 0 ? body : WithParams(body, parameters) };
    }

    Uri UrlOf(TemplateValues values, IEnumerable<KeyValuePair<string, string>> paging)
    {
        var url = stream.Path is { } path ? HttpUrls.Below(options.Url, path.Fill(values, Segment)) : options.Url;
        var own = stream.Params.Select(p => KeyValuePair.Create(p.Key, p.Value.Fill(values, v => v)));
        var cursor = stream.Cursor?.Param is { } param && values.Cursor is { } value
            ? [KeyValuePair.Create(param, value)]
            : Array.Empty<KeyValuePair<string, string>>();
        return HttpUrls.With(url, [.. options.Params, .. own, .. cursor, .. paging]);
    }

    /// <summary>A value as one part of a path.</summary>
    static string Segment(string value) => value is "." or ".." or ""
        ? throw new FozException(ErrorKind.Data, $"'{value}' of a parent's row cannot stand in a path")
        : Uri.EscapeDataString(value);

    Uri CheckHost(Uri address) => HttpCaller.IsSameHost(address, options.Url)
        ? address
        : throw new FozException(
            ErrorKind.Source, $"the next page is at another host, {address.GetLeftPart(UriPartial.Authority)}")
        {
            Hint = "set that as the connection's url, if it is the same API",
        };

    string GraphQlBody(TemplateValues values, IReadOnlyDictionary<string, string> paging)
    {
        var variables = new JsonObject();
        foreach (var (name, template) in stream.Variables) variables[name] = Literal(template.Fill(values, v => v));
        if (stream.Cursor?.Param is { } param && values.Cursor is { } cursor) variables[param] = cursor;
        foreach (var (name, value) in paging) variables[name] = ToNode(name, value);
        return new JsonObject { ["query"] = stream.GraphQl, ["variables"] = variables }.ToJsonString();
    }

    string WithParams(string body, IReadOnlyDictionary<string, string> parameters)
    {
        var root = Parse(body) as JsonObject
            ?? throw stream.Definition.Settings.Wrong("body", "a JSON object where paging goes into it");
        foreach (var (name, value) in parameters)
        {
            var at = root;
            var parts = name.Split('.');
            foreach (var part in parts[..^1]) at = at[part] as JsonObject ?? (JsonObject)(at[part] = new JsonObject());
            at[parts[^1]] = ToNode(name, value);
        }
        return root.ToJsonString();
    }

    JsonNode? Parse(string body)
    {
        try
        {
            return JsonNode.Parse(body);
        }
        catch (JsonException e)
        {
            throw stream.Definition.Settings.Wrong("body", $"JSON: {e.Message}");
        }
    }

    /// <summary>Numbers of pages, rows and sizes are numbers; tokens are text.</summary>
    JsonValue ToNode(string name, string value) =>
        (stream.Paging is Paging.Number || name == stream.Paging.SizeParam)
        && long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            ? JsonValue.Create(number)
            : JsonValue.Create(value);

    /// <summary>A text that is written as a number, true, false or null in JSON is that.</summary>
    static JsonNode? Literal(string text)
    {
        try
        {
            var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(text));
            reader.Read();
            return reader.TokenType is JsonTokenType.Number or JsonTokenType.True or JsonTokenType.False
                or JsonTokenType.Null
                ? JsonNode.Parse(text)
                : JsonValue.Create(text);
        }
        catch (JsonException)
        {
            return JsonValue.Create(text);
        }
    }
}
