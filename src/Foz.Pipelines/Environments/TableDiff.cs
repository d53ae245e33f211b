using Foz.Lake;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Pipelines.Plans;

namespace Foz.Pipelines.Environments;

/// <summary>How the rows and columns of a table differ between two environments.</summary>
/// <param name="Name">The table, as the project has it.</param>
public sealed record TableDiff(TableName Name)
{
    /// <summary>Whether it is there in the first environment.</summary>
    public bool IsBefore { get; init; } = true;

    /// <summary>Whether it is there in the second.</summary>
    public bool IsNow { get; init; } = true;

    /// <summary>Whether both have the very same table, which was not read then.</summary>
    public bool IsShared { get; init; }

    /// <summary>The columns that only one of them has, or both with other types.</summary>
    public IReadOnlyList<ColumnChange> Schema { get; init; } = [];

    /// <summary>The columns that identify rows; empty where whole rows are counted.</summary>
    public IReadOnlyList<string> Keys { get; init; } = [];

    /// <summary>Rows that only the second has.</summary>
    public long RowsAdded { get; init; }

    /// <summary>Rows that only the first has.</summary>
    public long RowsRemoved { get; init; }

    /// <summary>Rows of the same key with other values; 0 where there are no keys.</summary>
    public long RowsChanged { get; init; }

    /// <summary>Rows that are the same.</summary>
    public long RowsSame { get; init; }

    /// <summary>
    /// In how many of the changed rows each column differs; columns in which none does are not in it.
    /// </summary>
    public IReadOnlyDictionary<string, long> ColumnsChanged { get; init; } = new Dictionary<string, long>();

    /// <summary>The columns of the samples: those that both have.</summary>
    public IReadOnlyList<EngineColumn> Columns { get; init; } = [];

    /// <summary>Some rows that differ.</summary>
    public IReadOnlyList<RowSample> Samples { get; init; } = [];

    /// <summary>What the user should know of the comparison; null for nothing.</summary>
    public Warning? Warning { get; init; }

    /// <summary>Whether there is any difference.</summary>
    public bool IsDifferent => !IsBefore || !IsNow || Schema.Count > 0 || RowsAdded + RowsRemoved + RowsChanged > 0;
}

/// <summary>A row that is not the same in two environments.</summary>
/// <param name="Before">Its values in the first; null where it is not there.</param>
/// <param name="Now">Its values in the second; null where it is not there.</param>
public sealed record RowSample(object?[]? Before, object?[]? Now);
