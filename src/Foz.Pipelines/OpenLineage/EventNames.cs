using System.Security.Cryptography;
using System.Text;
using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Pipelines.Projects;

namespace Foz.Pipelines.OpenLineage;

/// <summary>A dataset as OpenLineage names it: where it is, and its name there.</summary>
/// <param name="Namespace">Where: the file system, a bucket, a service.</param>
/// <param name="Name">The name there.</param>
readonly record struct DatasetName(string Namespace, string Name);

/// <summary>
/// Names of jobs, runs and datasets. A table is named by its location, as OpenLineage's naming requires of files, so
/// that Foz, Spark and Trino name the same dataset for the same table.
/// </summary>
/// <param name="ns">The namespace of jobs.</param>
/// <param name="lakeRoot">Where the lake is: a full path, or a URL.</param>
sealed class EventNames(string ns, string lakeRoot)
{
    /// <summary>The version of Foz.</summary>
    public static readonly string FozVersion = typeof(EventNames).Assembly.GetName().Version!.ToString(3);

    /// <summary>The namespace of jobs.</summary>
    public string Namespace => ns;

    /// <summary>The dataset of a table or view of the lake.</summary>
    public DatasetName Of(TableName table)
    {
        var path = $"{lakeRoot.TrimEnd('/')}/{LakeCatalog.DefaultLocation(table)}";
        var scheme = path.IndexOf("://", StringComparison.Ordinal);
        if (scheme < 0) return new("file", path.Replace('\\', '/'));
        var end = path.IndexOf('/', scheme + 3);
        return new(path[..end], path[(end + 1)..]);
    }

    /// <summary>The dataset that a stream reads: what the source calls it.</summary>
    public DatasetName OfStream(GraphNode.OfStream node) =>
        new(ns, $"{node.Source.Name}.{node.Stream.Definition.Name}");

    /// <summary>
    /// A UUID for a run, or for a part of it: the same for the same, and no other's (RFC 9562, version 8).
    /// </summary>
    public string RunOf(string runId, string part = "")
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes($"{ns}\n{lakeRoot}\n{runId}\n{part}"), hash);
        hash[6] = (byte)((hash[6] & 0x0F) | 0x80);
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return new Guid(hash[..16], bigEndian: true).ToString();
    }
}
