using System.Globalization;
using System.Xml.Linq;

namespace Foz.Tests;

/// <summary>The part of the S3 API that a store uses, with conditional writes as AWS documents them.</summary>
sealed class S3Loopback(int? seed = null, string bucket = "lake") : LoopbackServer(seed)
{
    const string Metadata = "x-amz-meta-fozwrite";
    int lastUpload;

    protected override bool CanBeUndecided(LoopbackRequest request) =>
        request.Method is "PUT" && (request.Headers["If-None-Match"] ?? request.Headers["If-Match"]) is not null;

    protected override LoopbackAnswer Fault(int status, string code) =>
        LoopbackAnswer.Of(status, $"<Error><Code>{code}</Code><Message>as asked</Message></Error>");

    protected override LoopbackAnswer Answer(LoopbackRequest request)
    {
        if (request.Headers["Authorization"]?.StartsWith("AWS4-HMAC-SHA256 ", StringComparison.Ordinal) is not true)
            return Fault(403, "AccessDenied");
        var path = request.Path.TrimStart('/').Split('/', 2);
        if (path[0] != bucket) return Fault(404, "NoSuchBucket");
        var key = path.Length < 2 ? "" : Uri.UnescapeDataString(path[1]);
        if (key.Length == 0) return List(request);
        if (request.Query.ContainsKey("uploads") || request.Query.ContainsKey("uploadId")) return Upload(request, key);
        return request.Method switch
        {
            "GET" or "HEAD" => Get(request, key),
            "PUT" => Put(request, key),
            "DELETE" => Delete(key),
            _ => Fault(405, "MethodNotAllowed"),
        };
    }

    LoopbackAnswer Get(LoopbackRequest request, string key)
    {
        if (Bucket.Find(key) is not { } found) return Fault(404, "NoSuchKey");
        return Describe(Ranged(request, found), found);
    }

    LoopbackAnswer Put(LoopbackRequest request, string key)
    {
        if (request.Headers["If-Match"] is not null && Bucket.Find(key) is null) return Fault(404, "NoSuchKey");
        var written = Bucket.Put(key, request.Body, request.Headers[Metadata], there =>
            (request.Headers["If-None-Match"] is not "*" || there is null)
            && (request.Headers["If-Match"] is not { } tag || Quoted(there) == tag));
        return written is null
            ? Fault(412, "PreconditionFailed")
            : new(200, []) { Headers = { ["ETag"] = Quoted(written)! } };
    }

    LoopbackAnswer Delete(string key)
    {
        Bucket.Delete(key);
        return new(204, []);
    }

    LoopbackAnswer Upload(LoopbackRequest request, string key)
    {
        lock (Bucket.Gate)
        {
            if (request.Query.ContainsKey("uploads"))
            {
                var id = $"{++lastUpload}+/=";
                Bucket.Uploads[id] = [];
                return LoopbackAnswer.Of(200, new XElement(
                    "InitiateMultipartUploadResult", new XElement("UploadId", id)).ToString());
            }
            if (!Bucket.Uploads.TryGetValue(request.Query["uploadId"], out var parts))
                return Fault(404, "NoSuchUpload");
            if (request.Method is "DELETE")
            {
                Bucket.Uploads.Remove(request.Query["uploadId"]);
                return new(204, []);
            }
            if (request.Method is "PUT")
            {
                var number = int.Parse(request.Query["partNumber"]);
                parts[number] = request.Body;
                return new(200, []) { Headers = { ["ETag"] = $"\"part-{number}\"" } };
            }
            var names = XDocument.Parse(System.Text.Encoding.UTF8.GetString(request.Body)).Root!
                .Elements("Part").Select(part => part.Element("ETag")!.Value);
            if (!names.SequenceEqual(parts.Keys.Select(number => $"\"part-{number}\"")))
                return Fault(400, "InvalidPart");
            Bucket.Put(key, [.. parts.Values.SelectMany(part => part)], null, _ => true);
            Bucket.Uploads.Remove(request.Query["uploadId"]);
            return LoopbackAnswer.Of(200, "<CompleteMultipartUploadResult/>");
        }
    }

    LoopbackAnswer List(LoopbackRequest request)
    {
        var after = request.Query.GetValueOrDefault("continuation-token")
            ?? request.Query.GetValueOrDefault("start-after") ?? "";
        var found = Bucket.List(
            request.Query.GetValueOrDefault("prefix") ?? "", key => string.CompareOrdinal(key, after) > 0, PageMax + 1);
        var isTruncated = found.Count > PageMax;
        if (isTruncated) found.RemoveAt(PageMax);
        XNamespace space = "http://s3.amazonaws.com/doc/2006-03-01/";
        var page = new XElement(
            space + "ListBucketResult", new XElement(space + "EncodingType", "url"),
            new XElement(space + "IsTruncated", isTruncated ? "true" : "false"),
            found.Select(item => new XElement(
                space + "Contents", new XElement(space + "Key", Uri.EscapeDataString(item.Key).Replace("%20", "+")),
                new XElement(space + "LastModified", item.Value.Modified.ToString(
                    "yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture)),
                new XElement(space + "ETag", Quoted(item.Value)),
                new XElement(space + "Size", item.Value.Content.Length))));
        if (isTruncated) page.Add(new XElement(space + "NextContinuationToken", found[^1].Key));
        return LoopbackAnswer.Of(200, page.ToString());
    }

    static LoopbackAnswer Describe(LoopbackAnswer answer, LoopbackObject found)
    {
        answer.Headers["ETag"] = Quoted(found)!;
        answer.Headers["Last-Modified"] = found.Modified.ToString("R", CultureInfo.InvariantCulture);
        if (found.WriteId is { } id) answer.Headers[Metadata] = id;
        return answer;
    }

    static string? Quoted(LoopbackObject? found) => found is null ? null : $"\"{found.Tag}\"";
}
