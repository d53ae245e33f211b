using System.Text.Json.Nodes;
using Foz.Lake;

namespace Foz.Connectors.Http;

/// <summary>The rows of a parent that are new or changed since a state, by the parent's cursor.</summary>
sealed class ChangedParents
{
    const string ParentKey = "parent", CursorKey = "cursor", OfKey = "of", SeenKey = "seen";

    readonly HttpStream parent;
    readonly bool isOther;

    /// <summary>Creates the filter for rows after a state.</summary>
    /// <param name="parent">The parent; it has a cursor.</param>
    /// <param name="state"><see cref="State"/> of the last batch; null for none.</param>
    public ChangedParents(HttpStream parent, string? state)
    {
        this.parent = parent;
        var before = state is null ? null : JsonNode.Parse(state) as JsonObject;
        // Cursors of one stream mean nothing in another.
        isOther = before is not null
            && (before[ParentKey]?.ToString() != parent.Definition.Name
                || (before[OfKey] is { } of && $"{of}" != parent.Cursor!.Of));
        if (isOther) before = null;
        var inputs = new StreamInputs.OfCursor
        {
            From = before?[CursorKey]?.ToString(),
            Seen = [.. (before?[SeenKey] as JsonArray ?? []).Select(hash => hash!.ToString())],
        };
        Filter = new(parent.Cursor!, inputs);
        Cursor = parent.Cursor!.ToSend(parent.Cursor.From(inputs.From));
    }

    /// <summary>Takes the rows that are new or changed.</summary>
    public CursorFilter Filter { get; }

    /// <summary>What the user should know.</summary>
    public IReadOnlyList<Warning> Warnings => !isOther ? Filter.Warnings :
    [
        .. Filter.Warnings,
        new($"the parent is now read by {parent.Cursor!.Of}: all of its rows are asked for, and "
            + "their rows are appended again",
            "take the last row of each key, as silver: current does, or begin again with --full-refresh"),
    ];

    /// <summary>The cursor that is sent; null for none.</summary>
    public string? Cursor { get; }

    /// <summary>How far the rows went, for the next batch; null where none has a cursor.</summary>
    public string? State => Filter.ActualInputs is { To: { } to, Seen: var seen }
        ? new JsonObject
        {
            [ParentKey] = parent.Definition.Name, [CursorKey] = to, [OfKey] = parent.Cursor!.Of,
            [SeenKey] = new JsonArray([.. seen.Select(hash => (JsonNode)hash)]),
        }.ToJsonString()
        : null;
}
