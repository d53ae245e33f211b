using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Foz.Lake.Configuration;
using Foz.Lake.Data;
using Foz.Storage;

namespace Foz.Lake.Catalog;

/// <summary>
/// The names of a lake. Each has one definition object, swapped whole, so that a view, a rename or a clone takes
/// effect in one step. A Delta table that lies at <c>&lt;schema&gt;/&lt;name&gt;</c> without a definition counts as
/// defined there: what another engine writes into the lake is found.
/// </summary>
/// <param name="lake">The lake's root.</param>
public sealed class LakeCatalog(IObjectStore lake)
{
    const string Folder = "_foz/catalog";
    const string Suffix = ".json";
    const string GivenSuffix = ".given";
    const string LogFolder = "/_delta_log";

    ConcurrentDictionary<string, Definition>? seen;

    /// <summary>
    /// Returns the same names for a piece of work that sees each of them as it was when it was first asked for, but for
    /// what is changed through the result.
    /// </summary>
    public LakeCatalog ReadOnce() => new(lake) { seen = new(StringComparer.Ordinal) };

    /// <summary>Returns what a name refers to; null where it is not defined.</summary>
    public async ValueTask<Definition?> FindAsync(TableName name, CancellationToken cancellationToken)
    {
        if (seen?.GetValueOrDefault(PathOf(name)) is { } before) return before;
        if (await ReadAsync(name, cancellationToken) is not { Definition: var found })
            return await FindUndefinedAsync(name, cancellationToken);
        seen?.TryAdd(PathOf(name), found);
        return found;
    }

    /// <summary>Defines a name, or changes what it refers to.</summary>
    /// <param name="name">The name.</param>
    /// <param name="change">
    /// Returns the definition from the present one, which is null where there is none; called again if another writer
    /// committed first. Returning the present one writes nothing. A table without a folder gets that of new ones.
    /// </param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>The definition that now holds.</returns>
    public async ValueTask<Definition> DefineAsync(
        TableName name, Func<Definition?, Definition> change, CancellationToken cancellationToken)
    {
        if (seen?.GetValueOrDefault(PathOf(name)) is { } before && change(before) == before) return before;
        while (true)
        {
            var present = await ReadAsync(name, cancellationToken);
            var definition = change(present?.Definition);
            if (definition is { Kind: DefinitionKind.Table, Location: null })
                definition = definition with { Location = await NewLocationAsync(name, cancellationToken) };
            if (definition != present?.Definition
                && !await TryWriteAsync(name, definition, present?.ETag, cancellationToken))
                continue;
            if (seen is not null) seen[PathOf(name)] = definition;
            return definition;
        }
    }

    /// <summary>Removes the definition of a name; its table's files stay.</summary>
    public ValueTask DropAsync(TableName name, CancellationToken cancellationToken)
    {
        seen?.TryRemove(PathOf(name), out _);
        return lake.DeleteAsync(PathOf(name), cancellationToken);
    }

    /// <summary>
    /// Renames a table or view. A table stays in its folder: where that is the folder of its name, the name no longer
    /// refers to it, and a table that is made under it lies in another one.
    /// </summary>
    /// <param name="definition">The table or view.</param>
    /// <param name="to">The other name.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">The other name is defined already.</exception>
    public async ValueTask RenameAsync(Definition definition, TableName to, CancellationToken cancellationToken)
    {
        var name = definition.TableName;
        var there = await FindAsync(to, cancellationToken);
        // A process that is interrupted in between leaves two names, never none; renaming again completes it.
        var isBegun = there is not null && PathOf(name) != PathOf(to)
            && there.Kind == definition.Kind && there.Location == definition.Location && there.Sql == definition.Sql;
        if (!isBegun && (there is not null
            || !await TryWriteAsync(
                to, definition with { Schema = to.Schema, Name = to.Name }, etag: null, cancellationToken)))
            throw new FozException(ErrorKind.Data, $"relation \"{to}\" already exists")
            {
                SqlState = "42P07", Hint = "DROP it first, or take another name",
            };
        if (definition.Location is { } location && location == await NewLocationAsync(name, cancellationToken))
            await lake.PutAsync(GivenPathOf(name), Encoding.UTF8.GetBytes(MovableLocation(name)), cancellationToken);
        await DropAsync(name, cancellationToken);
    }

    /// <summary>
    /// The folder below the lake of a table that is made under a name: that of the name, unless it was given away.
    /// </summary>
    public async ValueTask<string> NewLocationAsync(TableName name, CancellationToken cancellationToken) =>
        await lake.GetAsync(GivenPathOf(name), cancellationToken) is { } given
            ? Encoding.UTF8.GetString(given.Content.Span)
            : DefaultLocation(name);

    /// <summary>All that is defined, by schema and name.</summary>
    public async IAsyncEnumerable<Definition> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var info in lake.ListAsync(Folder, startAfter: null, cancellationToken))
        {
            if (!info.Path.EndsWith(Suffix, StringComparison.Ordinal)) continue;
            if (await lake.GetAsync(info.Path, cancellationToken) is { } stored) yield return Parse(info.Path, stored);
        }
    }

    /// <summary>
    /// Returns the error that a name is not defined: either a run began its table and never made it, or there is no
    /// such name.
    /// </summary>
    /// <param name="name">The name.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <param name="prefix">What an environment puts before the schemas of its own tables.</param>
    public async Task<FozException> UnknownAsync(
        TableName name, CancellationToken cancellationToken, string prefix = "")
    {
        var known = new List<TableName>();
        await foreach (var definition in ListAsync(cancellationToken)) known.Add(definition.TableName);
        return known.Contains(name) || known.Contains(name with { Schema = prefix + name.Schema })
            ? new(ErrorKind.NotFound, $"{name} is not made yet") { Hint = $"foz run {name}" }
            : new(ErrorKind.NotFound, $"the lake has no table or view {name}")
            {
                Hint = NearestName.Find($"{name}", known.Select(table => $"{table}")) is { } near
                    ? $"did you mean {near}?"
                    : "foz ls shows what there is",
            };
    }

    /// <summary>The names that are defined in a schema; a table that no definition names is not among them.</summary>
    public async Task<IReadOnlySet<TableName>> NamesAsync(string schema, CancellationToken cancellationToken)
    {
        var names = new HashSet<TableName>();
        await foreach (var info in lake.ListAsync(
            $"{Folder}/{schema.ToLowerInvariant()}", startAfter: null, cancellationToken))
            if (info.Path.EndsWith(Suffix, StringComparison.Ordinal))
                names.Add(new(schema, Path.GetFileNameWithoutExtension(info.Path)));
        return names;
    }

    /// <summary>
    /// Returns a folder of its own for a table whose name may refer to another one later. No table name can be that of
    /// the folder.
    /// </summary>
    /// <param name="name">The name, without an environment's prefix.</param>
    public static string MovableLocation(TableName name) =>
        $"{DefaultLocation(name)}-{Guid.NewGuid().ToString("N")[..8]}";

    /// <summary>
    /// Whether a folder of the lake is one that <see cref="MovableLocation"/> gave: without a definition it is what a
    /// name stood for once.
    /// </summary>
    /// <param name="folder">The folder, taken for a name.</param>
    public static bool IsMovable(TableName folder) =>
        folder.Name.Length > 9 && folder.Name[^9] == '-' && folder.Name[^8..].All(char.IsAsciiHexDigitLower);

    /// <summary>Returns the path, below the lake, of the object that defines a name.</summary>
    public static string PathOf(TableName name) =>
        $"{Folder}/{name.Schema.ToLowerInvariant()}/{name.Name.ToLowerInvariant()}{Suffix}";

    /// <summary>The object that says that the folder of a name is another one's, and which is the name's.</summary>
    static string GivenPathOf(TableName name) =>
        $"{Folder}/{name.Schema.ToLowerInvariant()}/{name.Name.ToLowerInvariant()}{GivenSuffix}";

    /// <summary>The folder below the lake of a table that is defined nowhere else.</summary>
    public static string DefaultLocation(TableName name) =>
        $"{name.Schema.ToLowerInvariant()}/{name.Name.ToLowerInvariant()}";

    static Definition Parse(string path, StoredObject stored)
    {
        try
        {
            return JsonSerializer.Deserialize(stored.Content.Span, DefinitionJson.Default.Definition)
                ?? throw new JsonException("it holds null");
        }
        catch (JsonException e)
        {
            throw new FozException(ErrorKind.Table, $"the catalog's object {path} cannot be read: {e.Message}", e)
            {
                Hint = "restore it from a backup, or delete it and run the model again",
            };
        }
    }

    async ValueTask<StoredDefinition?> ReadAsync(TableName name, CancellationToken cancellationToken)
    {
        var path = PathOf(name);
        return await lake.GetAsync(path, cancellationToken) is { } stored
            ? new(Parse(path, stored), stored.ETag)
            : null;
    }

    async ValueTask<bool> TryWriteAsync(
        TableName name, Definition definition, string? etag, CancellationToken cancellationToken)
    {
        var content = JsonSerializer.SerializeToUtf8Bytes(definition, DefinitionJson.Default.Definition);
        return etag is null
            ? await lake.TryCreateAsync(PathOf(name), content, cancellationToken)
            : await lake.PutIfMatchAsync(PathOf(name), content, etag, cancellationToken) is PutIfMatchResult.Written;
    }

    async ValueTask<Definition?> FindUndefinedAsync(TableName name, CancellationToken cancellationToken)
    {
        var location = DefaultLocation(name);
        await foreach (var _ in lake.ListAsync(location + LogFolder, startAfter: null, cancellationToken))
            return await NewLocationAsync(name, cancellationToken) == location
                ? new() { Schema = name.Schema, Name = name.Name, Kind = DefinitionKind.Table, Location = location }
                : null;
        return null;
    }

    /// <summary>A definition as it was read.</summary>
    /// <param name="Definition">It.</param>
    /// <param name="ETag">The tag of the object that it was read from.</param>
    sealed record StoredDefinition(Definition Definition, string ETag);
}
