using Foz.Lake.Data;

namespace Foz.Pipelines.Projects;

/// <summary>
/// A name that a project declares for tables: a table of a source that others fill, or what uses tables outside of it.
/// </summary>
/// <param name="Name">The name; of a table of a source <c>source.table</c>.</param>
/// <param name="Tables">The tables, by their names in the lake.</param>
public sealed record DeclaredName(string Name, IReadOnlySet<TableName> Tables);
