using Foz.Lake.Data;
using Foz.Lake.Tables.Alterations;
using Foz.Lake.Tables.Maintenance;
using Foz.Lake.Tables.Merging;

namespace Foz.Lake.Statements;

/// <summary>
/// The table that a statement names: by its name in the lake, or by its folder (<c>delta.`/data/t`</c>).
/// </summary>
/// <param name="Name">The name; null where it is named by its folder.</param>
/// <param name="Folder">The folder, or an address in an object store; null where it is named by its name.</param>
public readonly record struct TableTarget(TableName? Name, string? Folder)
{
    /// <inheritdoc/>
    public override string ToString() => Name?.ToString() ?? $"delta.`{Folder}`";
}

/// <summary>
/// A statement that changes or describes tables, in the syntax of Delta on Spark. Queries and conditions of rows are
/// DuckDB's SQL; what the table keeps (constraints, defaults, generated columns) is Spark's. The hierarchy is closed.
/// </summary>
public abstract record Statement
{
    Statement()
    {
    }

    /// <summary>What it returns of the rows that it changes, as SELECT lists it; null for nothing.</summary>
    public string? Returning { get; init; }

    /// <summary><c>INSERT INTO</c> and <c>INSERT OVERWRITE</c>.</summary>
    /// <param name="Table">The table.</param>
    /// <param name="Query">The SELECT or VALUES that gives the rows.</param>
    public sealed record Insert(TableTarget Table, string Query) : Statement
    {
        /// <summary>What RETURNING calls the table; null for its name.</summary>
        public string? Alias { get; init; }

        /// <summary>The columns that the rows give, in order; null for all.</summary>
        public IReadOnlyList<string>? Columns { get; init; }

        /// <summary>Whether columns are matched by name, not by place.</summary>
        public bool IsByName { get; init; }

        /// <summary>Whether the rows take the place of all that are there.</summary>
        public bool Overwrites { get; init; }

        /// <summary>The rows that are replaced; null for none.</summary>
        public string? ReplacedWhere { get; init; }

        /// <summary>What becomes of rows whose keys are there already; null where all rows are added.</summary>
        public InsertConflict? OnConflict { get; init; }

        /// <summary>Whether it adds one row of which each column has its default; there is no query then.</summary>
        public bool IsOfDefaults { get; init; }
    }

    /// <summary><c>UPDATE</c>.</summary>
    /// <param name="Table">The table.</param>
    /// <param name="Alias">What the expressions call it.</param>
    /// <param name="Assignments">What columns become, by column.</param>
    /// <param name="Condition">Of which rows.</param>
    public sealed record Update(
        TableTarget Table, string Alias, IReadOnlyDictionary<string, string> Assignments, string Condition) : Statement;

    /// <summary><c>DELETE</c>; <c>TRUNCATE</c> is one of all rows.</summary>
    /// <param name="Table">The table.</param>
    /// <param name="Alias">What the condition calls it.</param>
    /// <param name="Condition">Which rows.</param>
    public sealed record Delete(TableTarget Table, string Alias, string Condition) : Statement
    {
        /// <summary>Whether it is written as <c>TRUNCATE</c>.</summary>
        public bool IsTruncate { get; init; }
    }

    /// <summary><c>MERGE</c>.</summary>
    /// <param name="Table">The target.</param>
    /// <param name="Definition">What is done; its source names tables of the lake.</param>
    public sealed record Merge(TableTarget Table, MergeDefinition Definition) : Statement
    {
        /// <summary>The word that it is written with: <c>UPDATE</c> where that has other tables in FROM.</summary>
        public string Word { get; init; } = "MERGE";
    }

    /// <summary><c>ALTER TABLE</c> and <c>COMMENT ON</c>.</summary>
    /// <param name="Table">The table.</param>
    /// <param name="Alteration">What is changed.</param>
    public sealed record Alter(TableTarget Table, TableAlteration Alteration) : Statement
    {
        /// <summary>
        /// Whether it can change the features that the table has, and with them what is recorded of its changes.
        /// </summary>
        public bool ChangesFeatures =>
            Alteration is TableAlteration.SetProperties or TableAlteration.UnsetProperties
                or TableAlteration.DropFeature;
    }

    /// <summary><c>ALTER TABLE … RENAME TO</c> and <c>ALTER VIEW … RENAME TO</c>.</summary>
    /// <param name="Table">The table or view.</param>
    /// <param name="To">Its other name.</param>
    public sealed record Rename(TableTarget Table, TableTarget To) : Statement
    {
        /// <summary>Whether it is a view.</summary>
        public bool IsView { get; init; }

        /// <summary>Whether it is no error that there is none.</summary>
        public bool IfExists { get; init; }
    }

    /// <summary><c>CREATE TABLE</c>.</summary>
    /// <param name="Table">The table.</param>
    /// <param name="Columns">Its columns; none where a query gives them.</param>
    public sealed record CreateTable(TableTarget Table, IReadOnlyList<ColumnDefinition> Columns) : Statement
    {
        /// <summary>Whether a table that is there is no error, and stays.</summary>
        public bool IfNotExists { get; init; }

        /// <summary>Whether a table that is there gets another version of these columns.</summary>
        public bool Replaces { get; init; }

        /// <summary>The columns that it is partitioned by.</summary>
        public IReadOnlyList<string> PartitionedBy { get; init; } = [];

        /// <summary>The columns that it is clustered by.</summary>
        public IReadOnlyList<string> ClusteredBy { get; init; } = [];

        /// <summary>Conditions of its rows, in Spark SQL, by name.</summary>
        public IReadOnlyDictionary<string, string> Constraints { get; init; } = new Dictionary<string, string>();

        /// <summary>Its properties.</summary>
        public IReadOnlyDictionary<string, string> Properties { get; init; } = new Dictionary<string, string>();

        /// <summary>What it holds, for people; null for nothing.</summary>
        public string? Comment { get; init; }

        /// <summary>The query whose rows it gets; null for none.</summary>
        public string? Query { get; init; }
    }

    /// <summary><c>DROP TABLE</c>: its files go too.</summary>
    /// <param name="Table">The table.</param>
    /// <param name="IfExists">Whether it is no error that there is none.</param>
    public sealed record DropTable(TableTarget Table, bool IfExists) : Statement;

    /// <summary><c>CREATE VIEW</c>.</summary>
    /// <param name="View">The view.</param>
    /// <param name="Query">Its SELECT.</param>
    public sealed record CreateView(TableTarget View, string Query) : Statement
    {
        /// <summary>Whether a view that is there is no error, and stays.</summary>
        public bool IfNotExists { get; init; }

        /// <summary>Whether a view that is there becomes this one.</summary>
        public bool Replaces { get; init; }

        /// <summary>What it shows, for people; null for nothing.</summary>
        public string? Comment { get; init; }
    }

    /// <summary><c>DROP VIEW</c>.</summary>
    /// <param name="View">The view.</param>
    /// <param name="IfExists">Whether it is no error that there is none.</param>
    public sealed record DropView(TableTarget View, bool IfExists) : Statement;

    /// <summary><c>RESTORE TABLE</c>.</summary>
    /// <param name="Table">The table.</param>
    /// <param name="Version">The version to go back to; null where an instant says it.</param>
    /// <param name="Instant">The instant to go back to; null where a version says it.</param>
    public sealed record Restore(TableTarget Table, long? Version, DateTimeOffset? Instant) : Statement;

    /// <summary><c>DESCRIBE HISTORY</c>.</summary>
    /// <param name="Table">The table.</param>
    /// <param name="CommitsMax">How many of the newest commits; null for all.</param>
    public sealed record DescribeHistory(TableTarget Table, int? CommitsMax) : Statement;

    /// <summary><c>DESCRIBE DETAIL</c>.</summary>
    /// <param name="Table">The table.</param>
    public sealed record DescribeDetail(TableTarget Table) : Statement;

    /// <summary><c>SHOW TBLPROPERTIES</c>.</summary>
    /// <param name="Table">The table.</param>
    public sealed record ShowProperties(TableTarget Table) : Statement;

    /// <summary><c>OPTIMIZE</c> and <c>REORG TABLE … APPLY (PURGE)</c>.</summary>
    /// <param name="Table">The table.</param>
    /// <param name="Options">How.</param>
    public sealed record Optimize(TableTarget Table, OptimizeOptions Options) : Statement;

    /// <summary><c>VACUUM</c>.</summary>
    /// <param name="Table">The table.</param>
    /// <param name="Options">How.</param>
    public sealed record Vacuum(TableTarget Table, TableVacuumOptions Options) : Statement;

    /// <summary><c>FSCK REPAIR TABLE</c>.</summary>
    /// <param name="Table">The table.</param>
    /// <param name="IsDryRun">Whether it only reports what is wrong.</param>
    public sealed record Repair(TableTarget Table, bool IsDryRun) : Statement;

    /// <summary><c>GENERATE symlink_format_manifest FOR TABLE</c>.</summary>
    /// <param name="Table">The table.</param>
    public sealed record GenerateManifests(TableTarget Table) : Statement;

    /// <summary><c>ANALYZE TABLE … COMPUTE DELTA STATISTICS</c>.</summary>
    /// <param name="Table">The table.</param>
    public sealed record Analyze(TableTarget Table) : Statement;

    /// <summary><c>CREATE TABLE … SHALLOW CLONE</c> and <c>DEEP CLONE</c>.</summary>
    /// <param name="Table">The table that is made.</param>
    /// <param name="Source">The table that is cloned.</param>
    /// <param name="IsShallow">Whether it has the files of the source instead of copies.</param>
    /// <param name="IfNotExists">Whether a table that is there is no error, and stays.</param>
    public sealed record CloneTable(TableTarget Table, TableTarget Source, bool IsShallow, bool IfNotExists) : Statement
    {
        /// <summary>The version that is cloned; null for the newest, or the one of <see cref="Instant"/>.</summary>
        public long? Version { get; init; }

        /// <summary>
        /// The instant whose version is cloned; null for the newest, or the one of <see cref="Version"/>.
        /// </summary>
        public DateTimeOffset? Instant { get; init; }
    }

    /// <summary><c>CONVERT TO DELTA</c>.</summary>
    /// <param name="Folder">The folder of Parquet files.</param>
    /// <param name="PartitionedBy">The columns of its folders with their types; null for none.</param>
    public sealed record ConvertToDelta(string Folder, string? PartitionedBy) : Statement;
}

/// <summary>What INSERT does with rows whose keys are there already: <c>ON CONFLICT</c>.</summary>
/// <param name="Keys">The columns of the keys.</param>
/// <param name="Alias">What the expressions call the table; the new row is <c>excluded</c>.</param>
public sealed record InsertConflict(IReadOnlyList<string> Keys, string Alias)
{
    /// <summary>What columns become of the rows that are there; null where those stay unchanged.</summary>
    public IReadOnlyDictionary<string, string>? Assignments { get; init; }

    /// <summary>Of which of them; null for all.</summary>
    public string? Condition { get; init; }
}

/// <summary>A column of a table that is created.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its type, as Spark writes it.</param>
public sealed record ColumnDefinition(string Name, string Type)
{
    /// <summary>Whether NULL is no value of it.</summary>
    public bool IsNotNull { get; init; }

    /// <summary>What it is in rows that do not give it, in Spark SQL; null for NULL.</summary>
    public string? Default { get; init; }

    /// <summary>What it is computed from, in Spark SQL; null where it is given.</summary>
    public string? Generation { get; init; }

    /// <summary>What it counts; null where it does not.</summary>
    public Foz.Delta.Schema.IdentityColumn? Identity { get; init; }

    /// <summary>What it holds, for people; null for nothing.</summary>
    public string? Comment { get; init; }
}
