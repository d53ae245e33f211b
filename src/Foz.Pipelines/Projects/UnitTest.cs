using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Data;
using Foz.Pipelines.Intervals;

namespace Foz.Pipelines.Projects;

/// <summary>A test of a model alone: from these rows it must make those. Nothing of the lake's rows is read.</summary>
public sealed record UnitTest
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>The model, as the project has it.</summary>
    public required TableName Model { get; init; }

    /// <summary>The description, for people; null if the project gives none.</summary>
    public string? Description { get; init; }

    /// <summary>Its tags.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>What the tables hold that the model reads, by name; those that are not in it are empty.</summary>
    public IReadOnlyDictionary<TableName, UnitRows> Given { get; init; } = new Dictionary<TableName, UnitRows>();

    /// <summary>What the model must make of it.</summary>
    public required UnitRows Expected { get; init; }

    /// <summary>The SELECT that stands in the place of the model's own; null for that.</summary>
    public SqlBody? Body { get; init; }

    /// <summary>The time that <c>now()</c>, <c>current_date</c> and the like give; null for the real one.</summary>
    public DateTimeOffset? Now { get; init; }

    /// <summary>Of a model that is made in intervals, the one that is made; all of time unless the test says.</summary>
    public Interval Batch { get; init; } = new(DateTimeOffset.MinValue, DateTimeOffset.MaxValue);

    /// <summary>The file, relative to the project.</summary>
    public string File => Place.File;

    /// <summary>Where it stands.</summary>
    public required Place Place { get; init; }
}

/// <summary>A unit test that stands among other things.</summary>
/// <param name="Node">It.</param>
/// <param name="Body">The SELECT that stands in the place of the model's own; null for that.</param>
public sealed record UnitTestNode(YamlNode Node, SqlBody? Body);

/// <summary>Rows that a unit test states.</summary>
public abstract record UnitRows
{
    UnitRows() { }

    /// <summary>Where they stand.</summary>
    public required Place Place { get; init; }

    /// <summary>Rows one by one.</summary>
    /// <param name="Columns">The columns that at least one of them states, with the place of each.</param>
    /// <param name="Rows">The rows: a value for each of the columns, null where it states none.</param>
    public sealed record Listed(IReadOnlyList<UnitColumn> Columns, IReadOnlyList<IReadOnlyList<UnitValue?>> Rows)
        : UnitRows;

    /// <summary>The rows of a SELECT that reads no table.</summary>
    /// <param name="Sql">The SELECT.</param>
    public sealed record Query(string Sql) : UnitRows;
}

/// <summary>A column that rows of a unit test state.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Place">Where it stands first.</param>
public readonly record struct UnitColumn(string Name, Place Place);

/// <summary>A value that a row of a unit test states.</summary>
/// <param name="Text">Its text.</param>
/// <param name="IsText">Whether it is a text whatever it looks like.</param>
/// <param name="Place">Where it stands.</param>
public sealed record UnitValue(string Text, bool IsText, Place Place);
