using Foz.Lake;
using Foz.Lake.Data;
using Foz.Pipelines.Projects;

namespace Foz.Pipelines.Programs;

/// <summary>One run of a model's program.</summary>
sealed record ProgramRun
{
    /// <summary>The model's name.</summary>
    public required TableName Model { get; init; }

    /// <summary>What runs.</summary>
    public required ModelProgram Program { get; init; }

    /// <summary>The project's folder.</summary>
    public required string Folder { get; init; }

    /// <summary>The folder with the program's texts; the project's folder, or a copy of it.</summary>
    public string Texts
    {
        get => field ?? Folder;
        init;
    }

    /// <summary>The run's number.</summary>
    public required string RunId { get; init; }

    /// <summary>The tables that it can read.</summary>
    public IReadOnlyList<ProgramTable> Tables { get; init; } = [];

    /// <summary>Variables beside those of this process.</summary>
    public IReadOnlyDictionary<string, string> Variables { get; init; } = new Dictionary<string, string>();

    /// <summary>Whether the table stays, and is only added to.</summary>
    public bool IsIncremental { get; init; }

    /// <summary>The interval to fill, end not included; null where there is none.</summary>
    public (DateTimeOffset Start, DateTimeOffset End)? Interval { get; init; }

    /// <summary>The Python of the project, as <c>foz.yml</c> states it; null to look for one.</summary>
    public string? Python { get; init; }

    /// <summary>The file of what runs; null of a program that has none in the project.</summary>
    public Place? Place => Program is ModelProgram.Python python ? new(python.File) : null;

    /// <summary>Where what it writes is kept.</summary>
    public required string LogFile { get; init; }

    /// <summary>What a line of that becomes before it is kept: takes secrets out.</summary>
    public required Func<string, string> Mask { get; init; }
}

/// <summary>A table for a program.</summary>
/// <param name="Name">Its name in the project.</param>
/// <param name="Sql">A relation of its rows, for the session that runs the program.</param>
/// <param name="Fields">Its columns.</param>
sealed record ProgramTable(TableName Name, string Sql, IReadOnlyList<Field> Fields);
