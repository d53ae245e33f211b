using System.Text.Json.Nodes;

namespace Foz.Core.Connectors.Http;

/// <summary>The rows of a parent that are new or changed since a state, by the parent's cursor.</summary>
sealed class ChangedParents
{
    const string ParentKey = "parent", CursorKey = "cursor", SeenKey = "seen";

    readonly HttpStream parent;

    /// <summary>The rows behind a state.</summary>
    /// <param name="parent">The parent; it has a cursor.</param>
    /// <param name="state">What <see cref="State"/> of the last batch was; null for none.</param>
    public ChangedParents(HttpStream parent, string? state)
    {
        this.parent = parent;
        var before = state is null ? null : JsonNode.Parse(state) as JsonObject;
        // Cursors of one stream mean nothing in another.
        if (before?[ParentKey]?.ToString() != parent.Definition.Name) before = null;
        var inputs = new StreamInputs
        {
            CursorFrom = before?[CursorKey]?.ToString(),
            CursorSeen = [.. (before?[SeenKey] as JsonArray ?? []).Select(hash => hash!.ToString())],
        };
        Filter = new(parent.Cursor!, inputs);
        Cursor = parent.Cursor!.ToSend(parent.Cursor.From(inputs.CursorFrom));
    }

    /// <summary>Takes the rows that are new or changed.</summary>
    public CursorFilter Filter { get; }

    /// <summary>The cursor that is sent; null for none.</summary>
    public string? Cursor { get; }

    /// <summary>How far the rows went, for the next batch; null where none has a cursor.</summary>
    public string? State => Filter.Reached is { CursorTo: { } to, CursorSeen: var seen }
        ? new JsonObject
        {
            [ParentKey] = parent.Definition.Name, [CursorKey] = to, [SeenKey] = new JsonArray([.. seen.Select(hash => (JsonNode)hash)]),
        }.ToJsonString()
        : null;
}
