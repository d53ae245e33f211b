namespace Foz.Core.Pipelines.Projects;

/// <summary>What a model's rows become.</summary>
public abstract record Materialization
{
    Materialization() { }

    /// <summary>Its name in YAML.</summary>
    public abstract string Name { get; }

    /// <summary>The columns that partition the table; empty where it is not partitioned.</summary>
    public IReadOnlyList<string> PartitionBy { get; init; } = [];

    /// <summary>A table that each run replaces.</summary>
    public sealed record Table : Materialization
    {
        /// <inheritdoc/>
        public override string Name => "table";
    }

    /// <summary>A SELECT that is kept and run by who reads it.</summary>
    public sealed record View : Materialization
    {
        /// <inheritdoc/>
        public override string Name => "view";
    }

    /// <summary>A table that each run adds to.</summary>
    /// <param name="Strategy">How.</param>
    public sealed record Incremental(IncrementalStrategy Strategy) : Materialization
    {
        /// <inheritdoc/>
        public override string Name => "incremental";
    }
}

/// <summary>How an incremental model's rows come into its table.</summary>
public abstract record IncrementalStrategy
{
    IncrementalStrategy() { }

    /// <summary>Its name in YAML.</summary>
    public abstract string Name { get; }

    /// <summary>All rows are added.</summary>
    public sealed record Append : IncrementalStrategy
    {
        /// <inheritdoc/>
        public override string Name => "append";
    }

    /// <summary>Rows replace those of the same key; others are added.</summary>
    /// <param name="UniqueKey">The columns of the key, at least one.</param>
    public sealed record Merge(IReadOnlyList<string> UniqueKey) : IncrementalStrategy
    {
        /// <inheritdoc/>
        public override string Name => "merge";

        /// <summary>The columns that a row of the same key changes; empty for all.</summary>
        public IReadOnlyList<string> UpdateColumns { get; init; } = [];
    }
}
