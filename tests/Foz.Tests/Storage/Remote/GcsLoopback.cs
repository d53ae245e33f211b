using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Foz.Tests.Storage.Remote;

/// <summary>The part of Google's JSON API that a store uses, with preconditions on generations.</summary>
sealed class GcsLoopback(int? seed = null, string bucket = "lake") : LoopbackServer(seed)
{
    const string Metadata = "fozwrite";

    readonly Dictionary<string, string> uploads = new(StringComparer.Ordinal);
    long lastGeneration;

    protected override LoopbackAnswer Fault(int status, string code) => Json(status, new JsonObject
    {
        ["error"] = new JsonObject
        {
            ["code"] = status, ["message"] = code,
            ["errors"] = new JsonArray(new JsonObject { ["reason"] = code }),
        },
    });

    protected override LoopbackAnswer Answer(LoopbackRequest request)
    {
        var path = request.Path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (path is ["upload", "storage", "v1", "b", var target, "o"])
            return target == bucket ? Upload(request) : Missing();
        if (path is not ["storage", "v1", "b", var named, "o", ..]) return Fault(400, "invalid");
        if (named != bucket) return Missing();
        if (path.Length == 5) return List(request);
        var key = Uri.UnescapeDataString(path[5]);
        if (request.Method is "DELETE") return Bucket.Delete(key) ? new(204, []) : Fault(404, "notFound");
        if (Bucket.Find(key) is not { } found) return Fault(404, "notFound");
        if (request.Query.GetValueOrDefault("alt") is not "media") return Json(200, Describe(key, found));
        var answer = Ranged(request, found);
        answer.Headers["x-goog-generation"] = found.Tag;
        answer.Headers["Last-Modified"] = found.Modified.ToString("R", CultureInfo.InvariantCulture);
        if (found.WriteId is { } id) answer.Headers["x-goog-meta-" + Metadata] = id;
        return answer;
    }

    LoopbackAnswer Upload(LoopbackRequest request)
    {
        switch (request.Query.GetValueOrDefault("uploadType"))
        {
            case "multipart": return Put(request);
            case "resumable" when request.Query.TryGetValue("upload_id", out var id): return Resume(request, id);
            case "resumable":
                lock (Bucket.Gate)
                {
                    var begun = $"u{uploads.Count + 1}";
                    uploads[begun] = request.Query["name"];
                    Bucket.Uploads[begun] = [];
                    return new(200, [])
                    {
                        Headers =
                        {
                            ["Location"] =
                                $"{Address}/upload/storage/v1/b/{bucket}/o?uploadType=resumable&upload_id={begun}",
                        },
                    };
                }
            default: return Fault(400, "invalid");
        }
    }

    LoopbackAnswer Put(LoopbackRequest request)
    {
        var (metadata, content) = Split(request.Body);
        var key = metadata["name"]!.GetValue<string>();
        var written = Write(key, content, metadata["metadata"]?[Metadata]?.GetValue<string>(), there =>
            request.Query.GetValueOrDefault("ifGenerationMatch") switch
            {
                null => true,
                "0" => there is null,
                var tag => there?.Tag == tag,
            });
        return written is null ? Fault(412, "conditionNotMet") : Json(200, Describe(key, written));
    }

    LoopbackAnswer Resume(LoopbackRequest request, string id)
    {
        lock (Bucket.Gate)
        {
            if (!Bucket.Uploads.TryGetValue(id, out var parts)) return Fault(404, "notFound");
            if (request.Method is "DELETE")
            {
                Bucket.Uploads.Remove(id);
                return new(499, []);
            }
            var range = request.Headers["Content-Range"]!["bytes ".Length..].Split('-', '/');
            var (start, end, total) = (int.Parse(range[0]), int.Parse(range[1]), int.Parse(range[2]));
            var held = parts.Values.Sum(part => part.Length);
            if (start > held || end - start + 1 != request.Body.Length) return Fault(400, "invalid");
            if (end >= held) parts[parts.Count] = request.Body[(held - start)..];
            held = Math.Max(held, end + 1);
            if (held < total) return new(308, []) { Headers = { ["Range"] = $"bytes=0-{held - 1}" } };
            // Asked again after its end, a session tells of the object again.
            var written = Write(uploads[id], [.. parts.Values.SelectMany(part => part)], null, _ => true);
            return Json(200, Describe(uploads[id], written!));
        }
    }

    LoopbackAnswer List(LoopbackRequest request)
    {
        var start = request.Query.GetValueOrDefault("startOffset") ?? "";
        var after = request.Query.GetValueOrDefault("pageToken");
        var found = Bucket.List(
            request.Query.GetValueOrDefault("prefix") ?? "",
            key => string.CompareOrdinal(key, start) >= 0 && (after is null || string.CompareOrdinal(key, after) > 0),
            PageMax + 1);
        var page = new JsonObject();
        if (found.Count > PageMax)
        {
            found.RemoveAt(PageMax);
            page["nextPageToken"] = found[^1].Key;
        }
        if (found.Count > 0)
            page["items"] = new JsonArray([.. found.Select(item => Describe(item.Key, item.Value))]);
        return Json(200, page);
    }

    LoopbackObject? Write(string key, byte[] content, string? writeId, Func<LoopbackObject?, bool> condition)
    {
        lock (Bucket.Gate)
            return Bucket.Put(key, content, writeId, condition, $"{1_700_000_000_000_000 + ++lastGeneration}");
    }

    static (JsonNode Metadata, byte[] Content) Split(byte[] body)
    {
        ReadOnlySpan<byte> gap = "\r\n\r\n"u8;
        var boundary = body.AsSpan(0, body.AsSpan().IndexOf("\r\n"u8));
        var json = body.AsSpan().IndexOf(gap) + gap.Length;
        var jsonEnd = json + body.AsSpan(json).IndexOf(boundary);
        var content = jsonEnd + body.AsSpan(jsonEnd).IndexOf(gap) + gap.Length;
        var end = body.AsSpan().LastIndexOf(boundary) - 2;
        return (JsonNode.Parse(body.AsSpan(json, jsonEnd - json))!, body[content..end]);
    }

    static JsonObject Describe(string key, LoopbackObject found) => new()
    {
        ["name"] = key, ["size"] = $"{found.Content.Length}", ["generation"] = found.Tag,
        ["updated"] = found.Modified.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture),
        ["metadata"] = found.WriteId is { } id ? new JsonObject { [Metadata] = id } : null,
    };

    LoopbackAnswer Missing() => Json(404, new JsonObject
    {
        ["error"] = new JsonObject { ["message"] = "The specified bucket does not exist." },
    });

    static LoopbackAnswer Json(int status, JsonNode body) =>
        new(status, Encoding.UTF8.GetBytes(body.ToJsonString()), "application/json");
}
