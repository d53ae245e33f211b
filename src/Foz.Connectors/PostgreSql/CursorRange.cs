using Foz.Lake;

namespace Foz.Connectors.PostgreSql;

/// <summary>
/// The rows that one incremental batch reads: those whose cursor lies above where the last batch ended, and at it where
/// some came or changed there since, up to the largest that there was when the batch was planned; rows without a cursor
/// in the first batch, and where they are others than before. A row that a slow transaction commits later with a cursor
/// below that end is not read by any batch (a change stream, or a snapshot, gets it); a row that changes between
/// planning and reading moves to the next batch.
/// </summary>
static class CursorRange
{
    static readonly string[] Ends = ["infinity", "Infinity", "NaN"];

    /// <summary>The condition in SQL.</summary>
    public static string Sql(RelationColumn cursor, StreamInputs.OfCursor inputs)
    {
        var name = SqlText.Name(cursor.Name);
        return inputs switch
        {
            { To: not { } } => $"{name} IS NULL",
            { From: { } from, To: { } to } =>
                $"({name} {(inputs.Rereads ? ">=" : ">")} {Literal(from)} AND {name} <= {Literal(to)}"
                    + $"{(inputs.ReadsNulls ? $" OR {name} IS NULL" : "")})",
            { To: { } to } => $"({name} <= {Literal(to)} OR {name} IS NULL)",
        };

        string Literal(string value) => $"{SqlText.Literal(value)}::{cursor.Type.Name}";
    }

    /// <summary>Checks that a value can follow the largest cursor.</summary>
    /// <exception cref="FozException">Thrown when none can.</exception>
    public static void CheckEnd(StreamDefinition stream, string? largest)
    {
        if (Ends.Contains(largest))
            throw new FozException(
                ErrorKind.Data,
                $"stream '{stream.Name}': the cursor '{stream.Cursor}' holds '{largest}', and no row can "
                + "come after that")
            {
                Hint = "correct those rows, or take another column as cursor",
            };
    }
}
