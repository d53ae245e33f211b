using Foz.Core.Data;

namespace Foz.Core.Serving.Trino;

/// <summary>
/// What is known of the columns that a statement can name, where Trino's operators differ by types and its text does not tell them.
/// </summary>
sealed class TrinoColumns
{
    readonly HashSet<string> dates = new(StringComparer.OrdinalIgnoreCase), others = new(StringComparer.OrdinalIgnoreCase);
    readonly HashSet<string> differing = new(StringComparer.OrdinalIgnoreCase);
    readonly bool isKnown;

    /// <param name="tables">The columns of each table that the statement names; null before that is looked up.</param>
    public TrinoColumns(IEnumerable<IReadOnlyList<Field>>? tables)
    {
        isKnown = tables is not null;
        foreach (var field in (tables ?? []).SelectMany(fields => fields))
        {
            (field.Type == DataType.Date ? dates : others).Add(field.Name);
            var isNested = field.Type is not (DataType.Primitive or DataType.Decimal);
            if (isNested || field.Type == DataType.Double || field.Type == DataType.Float) differing.Add(field.Name);
        }
    }

    /// <summary>Whether a name was asked for that was not looked up.</summary>
    public bool IsAsked { get; private set; }

    /// <summary>Whether all columns of a name are dates.</summary>
    public bool IsDate(string name)
    {
        IsAsked |= !isKnown;
        return dates.Contains(name) && !others.Contains(name);
    }

    /// <summary>Whether a column of a name can be NaN, or have NULLs inside.</summary>
    public bool CanDiffer(string name)
    {
        IsAsked |= !isKnown;
        return differing.Contains(name);
    }
}
