using System.Globalization;
using Foz.Lake.Configuration;

namespace Foz.Pipelines.Projects;

/// <summary>Which share of the rows of a stream's batch may be rejected before the step fails.</summary>
/// <param name="Percent">The share, from 0 to 100; at 100 all of them may.</param>
public readonly record struct RejectedLimit(decimal Percent)
{
    /// <summary>The setting.</summary>
    public const string Key = "max_rejected";

    /// <summary>From how many rows on the share counts; of fewer rows, only all of them are too many.</summary>
    public const int RowsMin = 100;

    const decimal All = 100;

    /// <summary>The limit where none is set.</summary>
    public static RejectedLimit Default => new(1);

    /// <summary>Whether more rows of a batch were rejected than may be.</summary>
    /// <param name="rejected">How many were rejected.</param>
    /// <param name="rows">How many rows there were, with those.</param>
    public bool IsExceeded(long rejected, long rows) =>
        rejected > 0 && Percent < All && (rejected == rows || (rows >= RowsMin && rejected * All > Percent * rows));

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Percent}%");

    /// <summary>Reads the setting; null where it is not set, or wrong, which the reader notes.</summary>
    internal static RejectedLimit? Read(MappingReader reader) => reader.Node(Key) switch
    {
        null => null,
        YamlNode.Scalar { Text: [.. var number, '%'] } when decimal.TryParse(
            number, NumberStyles.AllowDecimalPoint | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture,
            out var percent)
            && percent <= All => new(percent),
        var node => reader.Wrong<RejectedLimit?>(node, Key, "a share of rows, such as 1% or 0.5%"),
    };
}
