using Foz.Lake.Data;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Selectors;

namespace Foz.Pipelines.Selection;

/// <summary>Something of a project that selectors can mean.</summary>
public abstract record Resource
{
    Resource() { }

    /// <summary>Its name; of a table with the schema.</summary>
    public abstract string Name { get; }

    /// <summary>What it is, as <c>resource_type:</c> has it.</summary>
    public abstract string Type { get; }

    /// <summary>The file that states it, relative to the project.</summary>
    public abstract string File { get; }

    /// <summary>Its tags.</summary>
    public abstract IReadOnlyList<string> Tags { get; }

    /// <summary>The tables that it needs directly.</summary>
    public abstract IEnumerable<TableName> Needs { get; }

    /// <summary>What selects it and nothing else: its folders and its name, with dots between them.</summary>
    public string Selector => Paths.LastOrDefault() is { } path ? string.Join('.', path) : Name;

    /// <summary>
    /// Its names in parts, from the widest to its own; each of them may be meant from its first or second part on.
    /// </summary>
    internal abstract IEnumerable<string[]> Paths { get; }

    /// <summary>What a run can make: the table of a stream, or a model.</summary>
    /// <param name="Node">It.</param>
    public sealed record Table(GraphNode Node) : Resource
    {
        /// <inheritdoc/>
        public override string Name => Node.Name.ToString();

        /// <inheritdoc/>
        public override string Type => Node switch
        {
            GraphNode.OfStream => ResourceWords.Source,
            GraphNode.OfModel { Model.Materialization.Name: ResourceWords.Seed or ResourceWords.Snapshot } model =>
                model.Model.Materialization.Name,
            _ => ResourceWords.Model,
        };

        /// <inheritdoc/>
        public override string File => Node switch
        {
            GraphNode.OfStream stream => stream.Source.File,
            GraphNode.OfModel model => model.Model.File,
            _ => throw new System.Diagnostics.UnreachableException(),
        };

        /// <inheritdoc/>
        public override IReadOnlyList<string> Tags => Node switch
        {
            GraphNode.OfStream stream => stream.Stream.Tags,
            GraphNode.OfModel model => model.Model.Tags,
            _ => [],
        };

        /// <inheritdoc/>
        public override IEnumerable<TableName> Needs =>
            Node.References.Select(reference => reference.Name).Where(name => name != Node.Name);

        internal override IEnumerable<string[]> Paths => Node switch
        {
            GraphNode.OfStream { Source.Name: var source } =>
                [[Node.Name.Schema, Node.Name.Name], [source, Node.Name.Name]],
            GraphNode.OfModel { Model: { IsImplicit: false, File: var file } } =>
                [[Node.Name.Schema, Node.Name.Name], [.. file.Split('/')[..^1], Node.Name.Name]],
            _ => [[Node.Name.Schema, Node.Name.Name]],
        };
    }

    /// <summary>The checks of a table.</summary>
    /// <param name="Node">The table.</param>
    public sealed record Checks(GraphNode Node) : Resource
    {
        /// <inheritdoc/>
        public override string Name => $"{Node.Name} checks";

        /// <inheritdoc/>
        public override string Type => ResourceWords.Test;

        /// <inheritdoc/>
        public override string File => new Table(Node).File;

        /// <inheritdoc/>
        public override IReadOnlyList<string> Tags => [];

        /// <inheritdoc/>
        public override IEnumerable<TableName> Needs => [Node.Name];

        // Checks are meant by their table, which they go with.
        internal override IEnumerable<string[]> Paths => [];
    }

    /// <summary>A test in SQL.</summary>
    /// <param name="Test">It.</param>
    public sealed record Singular(SqlTest Test) : Resource
    {
        /// <inheritdoc/>
        public override string Name => Test.Name;

        /// <inheritdoc/>
        public override string Type => ResourceWords.Test;

        /// <inheritdoc/>
        public override string File => Test.File;

        /// <inheritdoc/>
        public override IReadOnlyList<string> Tags => Test.Tags;

        /// <inheritdoc/>
        public override IEnumerable<TableName> Needs => Test.References.Select(reference => reference.Name);

        internal override IEnumerable<string[]> Paths => [[.. Test.File.Split('/')[..^1], Test.Name]];
    }

    /// <summary>An analysis.</summary>
    /// <param name="Select">It.</param>
    public sealed record Analyzed(Analysis Select) : Resource
    {
        /// <inheritdoc/>
        public override string Name => Select.Name;

        /// <inheritdoc/>
        public override string Type => ResourceWords.Analysis;

        /// <inheritdoc/>
        public override string File => Select.File;

        /// <inheritdoc/>
        public override IReadOnlyList<string> Tags => Select.Tags;

        /// <inheritdoc/>
        public override IEnumerable<TableName> Needs => Select.References.Select(reference => reference.Name);

        internal override IEnumerable<string[]> Paths => [[.. Select.File.Split('/')[..^1], Select.Name]];
    }

    /// <summary>A unit test.</summary>
    /// <param name="Test">It.</param>
    public sealed record Unit(UnitTest Test) : Resource
    {
        /// <inheritdoc/>
        public override string Name => Test.Name;

        /// <inheritdoc/>
        public override string Type => ResourceWords.UnitTest;

        /// <inheritdoc/>
        public override string File => Test.File;

        /// <inheritdoc/>
        public override IReadOnlyList<string> Tags => Test.Tags;

        /// <inheritdoc/>
        public override IEnumerable<TableName> Needs => [Test.Model];

        internal override IEnumerable<string[]> Paths => [[.. Test.File.Split('/')[..^1], Test.Name]];
    }
}
