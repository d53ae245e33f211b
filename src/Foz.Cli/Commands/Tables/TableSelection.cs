using System.CommandLine;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Configuration;
using Foz.Lake.Data;
using Foz.Lake.Tables;

namespace Foz.Cli.Commands.Tables;

/// <summary>A table that a command works on.</summary>
/// <param name="Name">Its name in the lake.</param>
/// <param name="Table">It.</param>
readonly record struct SelectedTable(TableName Name, LakeTable Table);

/// <summary>The tables that are named to commands that look after tables: by name, by layer, or all.</summary>
static class TableSelection
{
    const string All = "all";

    /// <summary>The argument.</summary>
    public static Argument<string[]> Argument() => new("tables")
    {
        Description = "The tables: silver.orders; a layer: silver; or all", Arity = ArgumentArity.OneOrMore,
    };

    /// <summary>Returns the named tables, each once, for reading.</summary>
    /// <exception cref="FozException">Thrown when a name is no table's.</exception>
    public static Task<IReadOnlyList<SelectedTable>> ReadAsync(
        Workspace workspace, IEnumerable<string> names, CancellationToken cancellationToken) =>
        ReadAsync(workspace, names, isForChange: false, cancellationToken);

    /// <summary>Returns the named tables, each once, for changing: only the environment's own.</summary>
    /// <exception cref="FozException">
    /// Thrown when a name is no table's, or that of another environment's table.
    /// </exception>
    public static Task<IReadOnlyList<SelectedTable>> ReadOwnAsync(
        Workspace workspace, IEnumerable<string> names, CancellationToken cancellationToken) =>
        ReadAsync(workspace, names, isForChange: true, cancellationToken);

    static async Task<IReadOnlyList<SelectedTable>> ReadAsync(
        Workspace workspace, IEnumerable<string> names, bool isForChange, CancellationToken cancellationToken)
    {
        var found = new List<TableName>();
        IReadOnlyList<TableName>? tables = null;
        foreach (var name in names)
        {
            if (name.Contains('.', StringComparison.Ordinal))
            {
                found.Add(isForChange
                    ? await workspace.ResolveOwnAsync(name, cancellationToken)
                    : await workspace.ResolveAsync(name, cancellationToken));
                continue;
            }
            tables ??= [.. (await LakeListing.ReadAsync(workspace.Lake, cancellationToken))
                .Where(definition => definition.Kind is DefinitionKind.Table).Select(definition => definition.TableName)
                .Where(table => !isForChange || workspace.Names.IsOwn(table))];
            var chosen = tables.Where(table => name.Equals(All, StringComparison.OrdinalIgnoreCase)
                || IsSchema(table, name) || IsSchema(table, workspace.File.SchemaPrefix + name)).ToList();
            if (chosen.Count == 0)
                throw isForChange && workspace.File.SchemaPrefix.Length > 0
                    ? NoneOwn(workspace, name)
                    : Unknown(name, tables);
            found.AddRange(chosen);
        }
        var selected = new List<SelectedTable>();
        foreach (var name in found.Distinct())
            selected.Add(new(name, await workspace.Lake.OpenTableAsync(name, cancellationToken)));
        return selected;
    }

    static bool IsSchema(TableName table, string schema) =>
        table.Schema.Equals(schema, StringComparison.OrdinalIgnoreCase);

    static FozException NoneOwn(Workspace workspace, string name) =>
        new(ErrorKind.NotFound,
            $"{workspace.File.Environment} has no tables of its own{(name == All ? "" : $" in {name}")}")
        {
            Hint = workspace.File.Base is { Name: var below }
                ? $"those of its base are changed there: --target {below}"
                : "foz ls shows what there is",
        };

    static FozException Unknown(string name, IReadOnlyList<TableName> tables) =>
        name.Equals(All, StringComparison.OrdinalIgnoreCase)
            ? new(ErrorKind.NotFound, "the lake has no tables yet") { Hint = "foz run makes them" }
            : new(ErrorKind.NotFound, $"the lake has no schema {name} with tables")
            {
                Hint = NearestName.Find(name, tables.Select(table => table.Schema).Append(All).Distinct()) is { } near
                    ? $"did you mean {near}?"
                    : "name a table as silver.orders, a layer as silver, or all",
            };
}
