using System.Globalization;
using System.Xml;
using System.Xml.Linq;
using Foz.Storage.Remote;

namespace Foz.Storage.S3;

/// <summary>Reads the answers of S3, whatever namespace they are in.</summary>
static class S3Xml
{
    /// <summary>The code and message of a fault; empty where the text is none.</summary>
    public static (string Code, string Message) ReadFault(string text)
    {
        if (!text.Contains("<Error", StringComparison.Ordinal)) return ("", "");
        try
        {
            var error = XDocument.Parse(text).Root!;
            return error.Name.LocalName == "Error" ? (Text(error, "Code"), Text(error, "Message")) : ("", "");
        }
        catch (XmlException)
        {
            return ("", "");
        }
    }

    /// <summary>A page of a listing.</summary>
    /// <exception cref="ServiceFault">The text is cut off or no page.</exception>
    public static ListPage ReadPage(string text, string service)
    {
        var root = Parse(text, "ListBucketResult", service);
        var isEscaped = Text(root, "EncodingType") is "url";
        var items = root.Elements().Where(element => element.Name.LocalName == "Contents")
            .Select(item => new RemoteInfo(
            isEscaped ? Unescape(Text(item, "Key")) : Text(item, "Key"),
            long.Parse(Text(item, "Size"), CultureInfo.InvariantCulture),
            Seconds(DateTimeOffset.Parse(
                Text(item, "LastModified"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal)),
            Text(item, "ETag"))).ToList();
        var next = Text(root, "IsTruncated") is "true" ? Text(root, "NextContinuationToken") : null;
        return new(items, next is { Length: 0 } ? null : next);
    }

    /// <summary>The identifier of an upload that began.</summary>
    /// <exception cref="ServiceFault">The text has none.</exception>
    public static string ReadUploadId(string text, string service) =>
        Text(Parse(text, "InitiateMultipartUploadResult", service), "UploadId");

    static XElement Parse(string text, string name, string service)
    {
        try
        {
            var root = XDocument.Parse(text).Root!;
            return root.Name.LocalName == name
                ? root
                : throw new ServiceFault($"{service} answered with {root.Name.LocalName}, not {name}");
        }
        catch (XmlException error)
        {
            throw new ServiceFault($"{service} gave an answer that is cut off or malformed: {error.Message}", error)
            {
                IsTransient = true,
            };
        }
    }

    static string Text(XElement element, string name) =>
        element.Elements().FirstOrDefault(child => child.Name.LocalName == name)?.Value ?? "";

    static string Unescape(string key) => Uri.UnescapeDataString(key.Replace("+", "%20", StringComparison.Ordinal));

    static DateTimeOffset Seconds(DateTimeOffset instant) =>
        new(instant.UtcTicks - instant.UtcTicks % TimeSpan.TicksPerSecond, TimeSpan.Zero);
}
