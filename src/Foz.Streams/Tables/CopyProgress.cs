using System.Text.Json;
using System.Text.Json.Serialization;
using Foz.Connectors.Changes;
using Foz.Lake.Data;

namespace Foz.Streams.Tables;

/// <summary>
/// How far the copy of a table is: a property of the table, which each part of the copy is committed with. The changes
/// of the table are read from the copy's first moment on.
/// </summary>
/// <param name="First">The position of the moment of its first part.</param>
/// <param name="Moment">That of its last part.</param>
/// <param name="End">Where that part ends; null where the table is read from its first row.</param>
/// <param name="Truncates">Whether rows that the table had before are none of the copy.</param>
sealed record CopyProgress(string First, string Moment, string? End, bool Truncates)
{
    /// <summary>The property.</summary>
    public const string Property = ChangeColumns.CopyingProperty;

    /// <summary>Reads the property; null where no copy is unfinished.</summary>
    public static CopyProgress? Parse(string? text) =>
        text is null ? null : JsonSerializer.Deserialize(text, CopyProgressJson.Default.CopyProgress);

    /// <summary>Returns where the next part begins.</summary>
    /// <param name="start">Its moment.</param>
    public CopyEnd? Next(ChangeStart start) =>
        End is null ? null : new(End, IsOfOtherMoment: Moment != $"{start.Position}");

    /// <summary>Returns the text of the property.</summary>
    public override string ToString() => JsonSerializer.Serialize(this, CopyProgressJson.Default.CopyProgress);
}

[JsonSerializable(typeof(CopyProgress))]
sealed partial class CopyProgressJson : JsonSerializerContext;
