using Foz.Lake.Data;
using Foz.Pipelines.Quality;

namespace Foz.Pipelines.Projects;

/// <summary>A query that finds what is wrong: it returns no rows if all is well.</summary>
public sealed record SqlTest
{
    /// <summary>Its name: that of its file.</summary>
    public required string Name { get; init; }

    /// <summary>The SELECT of what is wrong, without front matter and without a semicolon at the end.</summary>
    public required SqlBody Body { get; init; }

    /// <summary>How many rows are too many.</summary>
    public TestThresholds Thresholds { get; init; } = new();

    /// <summary>Where the rows are kept that it finds; null where they are not.</summary>
    public FailureStore? Failures { get; init; }

    /// <summary>The description, for people; null if the project gives none.</summary>
    public string? Description { get; init; }

    /// <summary>What happens if it finds more than it may.</summary>
    public OnViolation OnViolation { get; init; }

    /// <summary>Its tags.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>The template that renders its SELECT when it runs; null if the SELECT is the same each time.</summary>
    public ModelTemplate? Template { get; init; }

    /// <summary>The tables that a template of it asks for, of which its SELECT may name fewer.</summary>
    public IReadOnlyList<StatedName> Reads { get; init; } = [];

    /// <summary>The tables that it reads; filled in when the project is whole.</summary>
    public IReadOnlyList<Reference> References { get; init; } = [];

    /// <summary>The file, relative to the project.</summary>
    public required string File { get; init; }

    /// <summary>Its SELECT as text.</summary>
    public string Sql => Body.Text;

    /// <summary>The rows that it finds: those of its SELECT, as many of them as are wanted.</summary>
    public SqlBody Found => Thresholds.Limit is { } limit ? Within("SELECT * FROM (\n", $"\n) LIMIT {limit}") : Body;

    /// <summary>The SELECTs that give rows where there are too many, the worst first, and what happens then.</summary>
    public IEnumerable<(OnViolation OnViolation, SqlBody Query)> Queries()
    {
        var limits = OnViolation is OnViolation.Fail
            ? [(OnViolation, Thresholds.ErrorIf), (OnViolation.Warn, Thresholds.WarnIf)]
            : new[] { (OnViolation, Thresholds.WarnIf) };
        return limits.DistinctBy(limit => limit.Item2).Select(limit => (limit.Item1, Over(limit.Item2)));
    }

    SqlBody Over(string limit)
    {
        if (Thresholds.FailCalc is null && TestThresholds.IsAny(limit)) return Found;
        var (head, tail) = Thresholds.Limit is { } most ? ("SELECT * FROM (\n", $"\n) LIMIT {most}") : ("", "");
        return Within(
            $"SELECT * FROM (\n{head}",
            $"{tail}\n) WHERE (SELECT {Thresholds.FailCalc ?? "count(*)"} FROM (\n{Found.Text}\n)) {limit}");
    }

    SqlBody Within(string head, string tail) =>
        new($"{head}{Sql}{tail}", Body.Start)
        {
            Map = index => Body.PlaceOf(Math.Clamp(index - head.Length, 0, Sql.Length)),
        };
}

/// <summary>How many of the rows that a test finds are too many, as dbt says it.</summary>
public sealed record TestThresholds
{
    const string Any = "!= 0";

    /// <summary>SQL of the number that counts, over the rows; null for how many there are.</summary>
    public string? FailCalc { get; init; }

    /// <summary>How many rows are checked; null for all.</summary>
    public long? Limit { get; init; }

    /// <summary>The condition that the number has where the test fails: <c>&gt; 10</c>.</summary>
    public string ErrorIf { get; init; } = Any;

    /// <summary>The condition that the number has where the test warns.</summary>
    public string WarnIf { get; init; } = Any;

    /// <summary>Whether a condition holds as soon as there is one row.</summary>
    internal static bool IsAny(string condition) =>
        condition.Replace(" ", "", StringComparison.Ordinal) is "!=0" or "<>0" or ">0" or ">=1";
}

/// <summary>Where the rows that a test finds are stored.</summary>
/// <param name="Table">The name in the lake.</param>
/// <param name="IsView">Whether they are stored as a view, which finds them again at each read.</param>
public sealed record FailureStore(TableName Table, bool IsView)
{
    /// <summary>The default schema: dbt's.</summary>
    public const string Schema = "dbt_test__audit";
}
