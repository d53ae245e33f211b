using Foz.Lake;

namespace Foz.Connectors.Exports;

/// <summary>What becomes of the rows that a target has.</summary>
public enum ExportMode
{
    /// <summary>All of them are replaced by those of the table.</summary>
    Replace,

    /// <summary>Those of the same keys are replaced by what changed since the last export, and deleted ones deleted.</summary>
    Upsert,

    /// <summary>What changed since the last export is added.</summary>
    Append,
}

/// <summary>How a file is written.</summary>
public enum ExportFormat
{
    /// <summary>Fields between commas, with a header.</summary>
    Csv,

    /// <summary>A JSON object a line.</summary>
    JsonLines,

    /// <summary>Apache Parquet.</summary>
    Parquet,
}

/// <summary>Where a model's rows go once its checks have passed.</summary>
public abstract record ExportDefinition
{
    ExportDefinition() { }

    /// <summary>What becomes of the rows that the target has.</summary>
    public ExportMode Mode { get; init; }

    /// <summary>The environments in which it is done; empty for all.</summary>
    public IReadOnlyList<string> Environments { get; init; } = [];

    /// <summary>Where it stands in the project.</summary>
    public Place Place { get; init; }

    /// <summary>What tells it from the model's other exports, for the ledger.</summary>
    public abstract string Target { get; }

    /// <summary>A file of the project's machine.</summary>
    /// <param name="Path">Its path, relative to the project.</param>
    /// <param name="Format">How it is written.</param>
    public sealed record ToFile(string Path, ExportFormat Format) : ExportDefinition
    {
        /// <inheritdoc/>
        public override string Target => $"file {Path}";
    }

    /// <summary>A table of a database.</summary>
    /// <param name="Connection">The connection, of type <c>postgresql</c> or <c>database</c>.</param>
    /// <param name="Table">The table, as <c>schema.name</c>.</param>
    /// <param name="Keys">The columns that identify a row; for <see cref="ExportMode.Upsert"/>.</param>
    public sealed record ToTable(string Connection, string Table, IReadOnlyList<string> Keys) : ExportDefinition
    {
        /// <summary>Whether rows are appended although nothing can be noted beside them, so that a crash may send some twice.</summary>
        public bool MayRepeat { get; init; }

        /// <inheritdoc/>
        public override string Target => $"{Connection} {Table}";
    }

    /// <summary>An HTTP endpoint that takes rows as JSON.</summary>
    /// <param name="Connection">The connection, of type <c>http</c>.</param>
    /// <param name="Path">The path below its address.</param>
    public sealed record ToHttp(string Connection, string Path) : ExportDefinition
    {
        /// <summary>How many rows one request has, at most.</summary>
        public int BatchRowsMax { get; init; } = 500;

        /// <summary>The field of the body that holds the rows; null where the body is the list of them.</summary>
        public string? RecordsField { get; init; }

        /// <inheritdoc/>
        public override string Target => $"{Connection} {Path}";
    }
}
