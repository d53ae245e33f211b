using Foz.Lake;
using Foz.Lake.Data;

namespace Foz.Pipelines.Projects;

/// <summary>The engines that the tables of a project stay readable for, as <c>foz.yml</c> names them.</summary>
public sealed class ReaderPolicies
{
    readonly IReadOnlyList<string>? common;
    readonly IReadOnlyDictionary<string, (IReadOnlyList<string> Readers, Place Place)> byName;

    internal ReaderPolicies(
        IReadOnlyList<string>? common,
        IReadOnlyDictionary<string, (IReadOnlyList<string> Readers, Place Place)> byName) =>
        (this.common, this.byName) = (common, byName);

    /// <summary>The policies of a project without <c>readers</c>.</summary>
    public static ReaderPolicies None { get; } = new(
        null, new Dictionary<string, (IReadOnlyList<string> Readers, Place Place)>());

    /// <summary>Whether nothing is said of any table.</summary>
    public bool IsEmpty => common is null && byName.Count == 0;

    /// <summary>The tables and schemas of which something is said, with where.</summary>
    internal IEnumerable<(string Name, Place Place)> Names => byName.Select(entry => (entry.Key, entry.Value.Place));

    /// <summary>
    /// The engines of a table: its own, those of its schema, or those of all; null where nothing is said of it.
    /// </summary>
    /// <param name="name">Its name, as the project's SQL has it.</param>
    public IReadOnlyList<string>? Of(TableName name) =>
        byName.TryGetValue(name.ToString().ToLowerInvariant(), out var own) ? own.Readers
        : byName.TryGetValue(name.Schema.ToLowerInvariant(), out var ofSchema) ? ofSchema.Readers
        : common;
}
