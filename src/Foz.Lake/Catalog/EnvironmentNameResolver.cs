using Foz.Lake.Data;
using Foz.Lake.Sql;

namespace Foz.Lake.Catalog;

/// <summary>
/// Resolves names in an environment, whose schemas have a prefix of their own: to a table of the environment where it
/// has one, otherwise to one of its base, otherwise to the one without a prefix.
/// </summary>
/// <param name="lake">The lake.</param>
/// <param name="prefix">The environment's prefix; empty for none.</param>
/// <param name="pending">As <see cref="LakeNameResolver"/> has it.</param>
/// <param name="basePrefix">The prefix of its base; empty for none.</param>
public sealed class EnvironmentNameResolver(
    Lakehouse lake, string prefix, Func<TableName, Func<Task<PendingRows?>>?> pending, string basePrefix = "")
    : INameResolver
{
    readonly LakeNameResolver names = new(lake, lake.Tables, pending);

    /// <summary>The lake.</summary>
    public Lakehouse Lake => lake;

    /// <summary>The environment's name, as people call it; null where it has none.</summary>
    public string? Environment { get; init; }

    /// <summary>The name of its base; null where it has none.</summary>
    public string? Base { get; init; }

    /// <inheritdoc/>
    public async ValueTask<RelationBinding?> FindAsync(TableReference reference, CancellationToken cancellationToken)
    {
        if (reference is not { Schema: { } schema, IsText: false })
            return await names.FindAsync(reference, cancellationToken);
        var known = await FindAsync(new TableName(schema, reference.Name), cancellationToken);
        return await names.FindAsync(
            known is { } table ? reference with { Schema = table.Schema } : reference, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<RelationBinding?> FindAsync(TableFunctionCall call, CancellationToken cancellationToken)
    {
        if (call is { Name: LakeNameResolver.TableChangesFunction, Arguments: [var table, ..] }
            && (table.Value?.Split('.') ?? table.Parts) is [var schema, var name]
            && await FindAsync(new TableName(schema, name), cancellationToken) is { } found)
            call = call with { Arguments = [new(null, null, [found.Schema, name]), .. call.Arguments.Skip(1)] };
        return await names.FindAsync(call, cancellationToken);
    }

    /// <summary>The name in the lake of a table that is made under a name.</summary>
    public TableName Prefixed(TableName name) => name with { Schema = prefix + name.Schema };

    /// <summary>Returns the name in the lake of an existing table or view.</summary>
    /// <exception cref="FozException">There is none; the hint gives the nearest name.</exception>
    public async Task<TableName> ResolveAsync(TableName name, CancellationToken cancellationToken)
    {
        if (await FindAsync(name, cancellationToken) is { } there) return there;
        if (await IsKnownAsync(name, cancellationToken)) return name;
        throw await lake.Catalog.UnknownAsync(name, cancellationToken, prefix);
    }

    /// <summary>
    /// Returns the name in the lake of a table that is to be changed: one of the environment's own, never one that it
    /// only reads.
    /// </summary>
    /// <exception cref="FozException">
    /// There is none, or the name refers to the table of another environment.
    /// </exception>
    public async Task<TableName> ResolveOwnAsync(TableName name, CancellationToken cancellationToken)
    {
        var found = await ResolveAsync(name, cancellationToken);
        if (IsOwn(found) && (found == name || found == Prefixed(name))) return found;
        var (own, other) = (Environment ?? "this environment", Base ?? "another environment");
        throw new FozException(
            ErrorKind.Denied, $"{found} is the table of {other}: {own} only reads it, and has no {Prefixed(name)}")
        {
            Hint = (Base is null
                ? "change it in the environment that it is of"
                : $"change it there, with --target {Base}")
                + $", or make {own} one of its own: foz clone {name} {name} --target {Environment ?? own}",
        };
    }

    /// <summary>
    /// Whether a table of the lake is one that the environment may change: its own, or Foz's records of all
    /// environments.
    /// </summary>
    public bool IsOwn(TableName table) =>
        table.Schema.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)
        || table.Schema.Equals(TableName.SystemSchema, StringComparison.OrdinalIgnoreCase);

    /// <summary>Returns the table with a prefix that a name refers to; null where there is none.</summary>
    async Task<TableName?> FindAsync(TableName name, CancellationToken cancellationToken)
    {
        if (prefix.Length + basePrefix.Length == 0) return null;
        if (await IsKnownAsync(Prefixed(name), cancellationToken)) return Prefixed(name);
        var inBase = name with { Schema = basePrefix + name.Schema };
        return basePrefix.Length > 0 && await IsKnownAsync(inBase, cancellationToken) ? inBase : null;
    }

    async Task<bool> IsKnownAsync(TableName name, CancellationToken cancellationToken) =>
        await lake.Catalog.FindAsync(name, cancellationToken) is not null;
}
