using Foz.Lake.Sql;

namespace Foz.Lake.Engine.Plans;

/// <summary>What a value in a plan is made from: columns of tables, and in which ways. Never changed.</summary>
sealed class ColumnInputs
{
    /// <summary>Nothing: a constant.</summary>
    public static readonly ColumnInputs None = new([]);

    readonly HashSet<ColumnInput> inputs;

    ColumnInputs(HashSet<ColumnInput> inputs) => this.inputs = inputs;

    /// <summary>A column of a table, unchanged.</summary>
    public static ColumnInputs Of(SqlSpan table, string column) =>
        new([new(table, column, Transformation.Identity)]);

    /// <summary>All that several values are made from.</summary>
    public static ColumnInputs Union(params IEnumerable<ColumnInputs> parts)
    {
        var known = parts.Where(part => part.inputs.Count > 0).Distinct().ToList();
        return known.Count switch
        {
            0 => None,
            1 => known[0],
            _ => new([.. known.SelectMany(part => part.inputs)]),
        };
    }

    /// <summary>A value made from this one: what was a part of the value stays one.</summary>
    public ColumnInputs Through(Transformation transformation) => inputs.Count == 0
        ? this
        : new([.. inputs.Select(input => IsDirect(input.Transformation) && input.Transformation < transformation
            ? input with { Transformation = transformation }
            : input)]);

    /// <summary>What a value has in it only by what this one decides.</summary>
    public ColumnInputs As(Transformation transformation) => inputs.Count == 0
        ? this
        : new([.. inputs.Select(input => input with { Transformation = transformation })]);

    /// <summary>The inputs, in the order of tables, names and ways.</summary>
    public IReadOnlyList<ColumnInput> ToList() =>
    [
        .. inputs.OrderBy(input => input.Table.Start).ThenBy(input => input.Column, StringComparer.Ordinal)
            .ThenBy(input => input.Transformation),
    ];

    /// <summary>Whether both are made from the same.</summary>
    public bool IsSame(ColumnInputs other) => inputs.SetEquals(other.inputs);

    static bool IsDirect(Transformation transformation) => transformation <= Transformation.Aggregation;
}
