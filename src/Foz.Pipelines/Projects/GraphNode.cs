using Foz.Lake.Data;
using Foz.Pipelines.Quality;
using Foz.Pipelines.Quality.Contracts;

namespace Foz.Pipelines.Projects;

/// <summary>What a run can make: the table of a stream, or a model.</summary>
public abstract record GraphNode
{
    GraphNode() { }

    /// <summary>Its name, as the project's SQL has it.</summary>
    public abstract TableName Name { get; }

    /// <summary>Its name in the lake.</summary>
    public abstract TableName Table { get; }

    /// <summary>What it reads and waits for.</summary>
    public abstract IReadOnlyList<Reference> References { get; }

    /// <summary>Whether a run makes something of it: of all but what is inlined.</summary>
    public bool IsMade => this is not OfModel { Model.Materialization: Materialization.Ephemeral };

    /// <summary>Its checks.</summary>
    public abstract IReadOnlyList<CheckDefinition> Checks { get; }

    /// <summary>How its rows are cleaned before its checks look at them, in order.</summary>
    public abstract IReadOnlyList<CleanRule> Clean { get; }

    /// <summary>What it promises of its columns; null where it has no contract.</summary>
    public abstract TableContract? Contract { get; }

    /// <summary>What is said of its columns, which may be fewer than it has.</summary>
    public abstract IReadOnlyList<ColumnDefinition> Columns { get; }

    /// <summary>The engines that its table stays readable for; null where nothing is said of it.</summary>
    public abstract IReadOnlyList<string>? Readers { get; }

    /// <summary>
    /// Which rows of a key its table takes where several come: the newest by a column. Null where it takes each.
    /// </summary>
    public (IReadOnlyList<string> Key, string Sequence)? Newest =>
        this is OfModel { Model.Materialization.Strategy: IncrementalStrategy.Merge merge }
            && merge is { SequenceBy: { } sequence, UniqueKey: var key }
            ? (key, sequence)
            : null;

    /// <summary>
    /// What a merge asks of its key besides the checks: NULL equals no key, and each batch would add such a row again.
    /// A check <c>not_null</c> that holds for each row decides about its column instead.
    /// </summary>
    public IReadOnlyList<CheckDefinition> KeyChecks => this switch
    {
        OfModel { Model.Materialization.Strategy: IncrementalStrategy.Merge { NullKeys: NullKeys.Quarantine } merge } =>
            NotNull(merge.UniqueKey, where: null),
        OfModel { Model.Materialization.Strategy: IncrementalStrategy.Cdc { FromSnapshot: false } cdc } =>
            [
                .. NotNull(cdc.Keys, cdc.EventsWithKey),
                .. NotNull(cdc.ReadsLog ? [ChangeColumns.Lsn] : cdc.SequenceBy, where: null),
            ],
        OfModel { Model.Materialization.Strategy: IncrementalStrategy.Cdc cdc } => NotNull(cdc.Keys, where: null),
        _ => [],
    };

    IReadOnlyList<CheckDefinition> NotNull(IReadOnlyList<string> columns, string? where) =>
    [
        .. columns.Where(column => !Checks.Any(check =>
                KeepsNullsOut(check, column) && (where is null || !check.TakesRowsOut)))
            .Select(column => new CheckDefinition.NotNull(column)
            {
                OnViolation = OnViolation.Quarantine, Where = where, Place = ((OfModel)this).Model.Place,
            }),
    ];

    static bool KeepsNullsOut(CheckDefinition check, string column) =>
        check is CheckDefinition.NotNull { Where: null, Mostly: 1, OnViolation: not OnViolation.Warn } own
        && own.Column.Equals(column, StringComparison.OrdinalIgnoreCase);

    /// <summary>The table of a stream.</summary>
    /// <param name="Source">The source.</param>
    /// <param name="Stream">The stream.</param>
    public sealed record OfStream(ProjectSource Source, ProjectStream Stream) : GraphNode
    {
        /// <inheritdoc/>
        public override TableName Name => Stream.Name;

        /// <inheritdoc/>
        public override TableName Table => Stream.Table;

        /// <inheritdoc/>
        public override IReadOnlyList<Reference> References => Stream.References;

        /// <inheritdoc/>
        public override IReadOnlyList<CheckDefinition> Checks => Stream.Checks;

        /// <inheritdoc/>
        public override IReadOnlyList<CleanRule> Clean => Stream.Clean;

        /// <inheritdoc/>
        public override TableContract? Contract => Stream.Contract;

        /// <inheritdoc/>
        public override IReadOnlyList<ColumnDefinition> Columns => Stream.Columns;

        /// <inheritdoc/>
        public override IReadOnlyList<string>? Readers => Stream.Readers;
    }

    /// <summary>A model.</summary>
    /// <param name="Model">The model.</param>
    public sealed record OfModel(Model Model) : GraphNode
    {
        /// <inheritdoc/>
        public override TableName Name => Model.Name;

        /// <inheritdoc/>
        public override TableName Table => Model.Table;

        /// <inheritdoc/>
        public override IReadOnlyList<Reference> References => Model.References;

        /// <inheritdoc/>
        public override IReadOnlyList<CheckDefinition> Checks => Model.Checks;

        /// <inheritdoc/>
        public override IReadOnlyList<CleanRule> Clean => Model.Clean;

        /// <inheritdoc/>
        public override TableContract? Contract => Model.Contract;

        /// <inheritdoc/>
        public override IReadOnlyList<ColumnDefinition> Columns => Model.Columns;

        /// <inheritdoc/>
        public override IReadOnlyList<string>? Readers => Model.Readers;
    }
}
