using Foz.Lake;
using Foz.Lake.Data;
using Foz.Lake.Sql;

namespace Foz.Streams.Tables;

/// <content>
/// Its masked columns. Where the source has one no more, its values may come under another name: the table stands
/// still, and columns that nothing is known of are not in the lake at all, until the project says what they are. They
/// are copied then.
/// </content>
sealed partial class BronzeTable
{
    /// <summary>The property of a table that has the masks of the rows that were written last.</summary>
    const string MasksProperty = "foz.streams.masks";

    KeyValuePair<string, string?> Masks => KeyValuePair.Create(MasksProperty, (string?)$"{rows.Masks}");

    /// <summary>
    /// Finds a column whose mask is another than that of the rows that the table has: its values would be of two kinds,
    /// and rows that it identifies would not be found again. Null for none.
    /// </summary>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task<string?> FindRemaskedAsync(CancellationToken cancellationToken) =>
        await table.FindLatestAsync(cancellationToken) is { } present
            && StreamMasks.Parse(present.Properties.GetValueOrDefault(MasksProperty)) is { } before
            ? before.FindChanged(rows.Masks, present.Fields)
            : null;

    async Task<(string Missing, IReadOnlyList<string> Unknown)?> FindUnmaskedAsync(
        IEnumerable<IReadOnlyList<Field>> tables, CancellationToken cancellationToken)
    {
        if (stream.Columns.All(column => column.Mask is null)) return null;
        var known = (await table.FindLatestAsync(cancellationToken))?.Fields ?? [];
        var found = tables.Select(fields => rows.FindUnmasked(fields, known)).OfType<(string, IReadOnlyList<string>)>()
            .ToList();
        return found.Count == 0
            ? null
            : (found[0].Item1, [.. found.SelectMany(one => one.Item2).Distinct(StringComparer.Ordinal)]);
    }

    FozException Unmasked((string Missing, IReadOnlyList<string> Unknown) found) => new(
        ErrorKind.Data,
        $"the project masks the column '{found.Missing}' of the stream '{stream.Definition.Name}', which the source "
            + "does not have"
            + (found.Unknown.Count == 0 ? "" : $"; it has {string.Join(", ", found.Unknown)}, which is new")
            + (found.Unknown.Count == 0
                ? ": correct its name in 'columns', or remove its mask"
                : $": list {string.Join(", ", found.Unknown)} in 'columns', with or without a mask, or remove the mask "
                    + $"of '{found.Missing}'"))
    {
        Place = stream.Definition.Place,
    };

    string SelectOf(
        ChangeSelect changes, IReadOnlyList<Field> fields, BatchPart part, IReadOnlyList<string> leftOut)
    {
        var select = rows.OfChanges(changes, fields, part.SyncedAt, copiedAt, leftOut);
        return leftOut.Count == 0
            ? select
            : $"SELECT *, {SqlText.Literal(string.Join(", ", leftOut))} AS {HeldChanges.LeftOutName} FROM ({select})";
    }
}
