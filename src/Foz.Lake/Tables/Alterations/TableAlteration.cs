using Foz.Delta.Readers;

namespace Foz.Lake.Tables.Alterations;

/// <summary>
/// A change of what a table is, as <c>ALTER TABLE</c> and <c>COMMENT ON</c> have it. Columns are named by paths, with
/// dots between names and backticks or double quotes around odd ones; <c>element</c>, <c>key</c> and <c>value</c> lead
/// into arrays and maps. Expressions are Spark SQL.
/// </summary>
public abstract record TableAlteration
{
    TableAlteration()
    {
    }

    /// <summary>
    /// Names the engines that the table stays readable for, in the place of those that it names; none where the list is
    /// empty.
    /// </summary>
    public static TableAlteration HoldTo(IReadOnlyList<string> readers) => readers.Count == 0
        ? new UnsetProperties([HeldReaders.Property], IfExists: true)
        : new SetProperties(
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                [HeldReaders.Property] = string.Join(',', readers),
            });

    /// <summary>Adds columns, which are NULL in all rows that are there.</summary>
    /// <param name="Columns">The columns.</param>
    public sealed record AddColumns(params IReadOnlyList<NewColumn> Columns) : TableAlteration;

    /// <summary>Renames a column; the table must map its columns.</summary>
    /// <param name="Column">The column.</param>
    /// <param name="NewName">Its name from now on, without the path.</param>
    public sealed record RenameColumn(string Column, string NewName) : TableAlteration;

    /// <summary>Drops columns without rewriting files; the table must map its columns.</summary>
    /// <param name="Columns">The columns.</param>
    /// <param name="IfExists">Whether one that is not there is no error.</param>
    public sealed record DropColumns(IReadOnlyList<string> Columns, bool IfExists = false) : TableAlteration;

    /// <summary>Moves a column among its siblings.</summary>
    /// <param name="Column">The column.</param>
    /// <param name="Place">Where to.</param>
    public sealed record MoveColumn(string Column, ColumnPlace Place) : TableAlteration;

    /// <summary>Widens the type of a column; the table must allow it (<c>delta.enableTypeWidening</c>).</summary>
    /// <param name="Column">The column.</param>
    /// <param name="Type">Its type from now on, as Spark writes it.</param>
    public sealed record ChangeType(string Column, string Type) : TableAlteration;

    /// <summary>Demands a value of a column; every row that is there must have one.</summary>
    /// <param name="Column">The column.</param>
    public sealed record SetNotNull(string Column) : TableAlteration;

    /// <summary>Allows NULL in a column.</summary>
    /// <param name="Column">The column.</param>
    public sealed record DropNotNull(string Column) : TableAlteration;

    /// <summary>Sets what a column is in new rows that do not give it.</summary>
    /// <param name="Column">The column.</param>
    /// <param name="Expression">The value: Spark SQL without columns.</param>
    public sealed record SetDefault(string Column, string Expression) : TableAlteration;

    /// <summary>Drops the default of a column.</summary>
    /// <param name="Column">The column.</param>
    public sealed record DropDefault(string Column) : TableAlteration;

    /// <summary>Describes a column, or the table.</summary>
    /// <param name="Column">The column; null for the table.</param>
    /// <param name="Text">The description; null for none.</param>
    public sealed record Comment(string? Column, string? Text) : TableAlteration;

    /// <summary>Tags a column, or the table.</summary>
    /// <param name="Column">The column; null for the table.</param>
    /// <param name="Tags">Values by tag; null takes a tag away.</param>
    public sealed record Tag(string? Column, IReadOnlyDictionary<string, string?> Tags) : TableAlteration;

    /// <summary>
    /// Sets properties. Those that begin with <c>delta.</c> must be known and their values valid;
    /// <c>delta.feature.x = supported</c>, <c>delta.minReaderVersion</c> and <c>delta.minWriterVersion</c> change what
    /// clients must support.
    /// </summary>
    /// <param name="Properties">Values by property.</param>
    public sealed record SetProperties(IReadOnlyDictionary<string, string> Properties) : TableAlteration;

    /// <summary>Removes properties.</summary>
    /// <param name="Properties">The properties.</param>
    /// <param name="IfExists">Whether one that is not set is no error.</param>
    public sealed record UnsetProperties(IReadOnlyList<string> Properties, bool IfExists = false) : TableAlteration;

    /// <summary>Adds a condition that every row fulfils, those that are there included.</summary>
    /// <param name="Name">Its name.</param>
    /// <param name="Expression">Spark SQL over the table's columns; not fulfilled where it is NULL.</param>
    public sealed record AddConstraint(string Name, string Expression) : TableAlteration;

    /// <summary>Drops a constraint.</summary>
    /// <param name="Name">Its name.</param>
    /// <param name="IfExists">Whether one that is not there is no error.</param>
    public sealed record DropConstraint(string Name, bool IfExists = false) : TableAlteration;

    /// <summary>Says by which columns OPTIMIZE puts rows together that are read together.</summary>
    /// <param name="Columns">One to four columns that have statistics; empty for none.</param>
    public sealed record ClusterBy(params IReadOnlyList<string> Columns) : TableAlteration;

    /// <summary>Drops a table feature that nothing in the table needs any more.</summary>
    /// <param name="Feature">Its name.</param>
    public sealed record DropFeature(string Feature) : TableAlteration;

    /// <summary>Lets an identity column continue from the greatest value in the table.</summary>
    /// <param name="Column">The column.</param>
    public sealed record SyncIdentity(string Column) : TableAlteration;
}

/// <summary>A column to be added.</summary>
/// <param name="Name">Its name; a path adds it to a struct.</param>
/// <param name="Type">
/// Its type, as Spark writes it: <c>bigint</c>, <c>decimal(10,2)</c>, <c>array&lt;string&gt;</c>.
/// </param>
public sealed record NewColumn(string Name, string Type)
{
    /// <summary>What it holds, for people; null for nothing.</summary>
    public string? Comment { get; init; }

    /// <summary>Where it goes; the default is the end.</summary>
    public ColumnPlace Place { get; init; }
}

/// <summary>A place among columns; the default is the end.</summary>
/// <param name="IsFirst">Whether it is the first.</param>
/// <param name="After">The column that it is after, without the path; null for none.</param>
public readonly record struct ColumnPlace(bool IsFirst, string? After)
{
    /// <summary>In front of all others.</summary>
    public static ColumnPlace First => new(IsFirst: true, After: null);

    /// <summary>Returns the place after a column.</summary>
    public static ColumnPlace AfterColumn(string column) => new(IsFirst: false, column);

    /// <summary>As Spark writes it; empty at the end.</summary>
    public override string ToString() => IsFirst ? "FIRST" : After is null ? "" : $"AFTER {After}";
}
