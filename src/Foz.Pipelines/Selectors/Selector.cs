using Foz.Lake;

namespace Foz.Pipelines.Selectors;

/// <summary>Which things of a project are meant, as text says it.</summary>
public abstract record Selector
{
    Selector() { }

    /// <summary>The methods that it asks.</summary>
    public abstract IEnumerable<SelectorMethod> Methods { get; }

    /// <summary>All things.</summary>
    public sealed record Everything : Selector
    {
        /// <summary>The only value.</summary>
        public static Everything Value { get; } = new();

        /// <inheritdoc/>
        public override IEnumerable<SelectorMethod> Methods => [];
    }

    /// <summary>What one method finds, and what of the graph is reached from there.</summary>
    /// <param name="Method">How things are found.</param>
    /// <param name="Value">The value to find: a name, a tag, a path, a word.</param>
    public sealed record Term(SelectorMethod Method, string Value) : Selector
    {
        /// <summary>The part after the method's first dot: <c>materialized</c> of <c>config.materialized</c>.</summary>
        public string Argument { get; init; } = "";

        /// <summary>What is reached from what is found.</summary>
        public SelectorReach Reach { get; init; }

        /// <summary>The term as it was written.</summary>
        public required string Text { get; init; }

        /// <summary>Where it stands; null on a command line.</summary>
        public Place? Place { get; init; }

        /// <inheritdoc/>
        public override IEnumerable<SelectorMethod> Methods => [Method];
    }

    /// <summary>What at least one of several means.</summary>
    /// <param name="Parts">They; none means nothing.</param>
    public sealed record Union(IReadOnlyList<Selector> Parts) : Selector
    {
        /// <inheritdoc/>
        public override IEnumerable<SelectorMethod> Methods => Parts.SelectMany(part => part.Methods);
    }

    /// <summary>What all of several mean.</summary>
    /// <param name="Parts">They, at least one.</param>
    public sealed record Intersection(IReadOnlyList<Selector> Parts) : Selector
    {
        /// <inheritdoc/>
        public override IEnumerable<SelectorMethod> Methods => Parts.SelectMany(part => part.Methods);
    }

    /// <summary>What is meant, and what of the graph is reached from there.</summary>
    /// <param name="From">What is meant.</param>
    /// <param name="Reach">What is reached.</param>
    public sealed record Reaching(Selector From, SelectorReach Reach) : Selector
    {
        /// <inheritdoc/>
        public override IEnumerable<SelectorMethod> Methods => From.Methods;
    }

    /// <summary>What one means and another does not.</summary>
    /// <param name="From">The one.</param>
    /// <param name="Without">The other.</param>
    public sealed record Difference(Selector From, Selector Without) : Selector
    {
        /// <inheritdoc/>
        public override IEnumerable<SelectorMethod> Methods => From.Methods.Concat(Without.Methods);
    }
}

/// <summary>How far a selector reaches into the graph.</summary>
/// <param name="ParentsMax">How many edges against the arrows; 0 for none, <see cref="All"/> for any number.</param>
/// <param name="ChildrenMax">How many edges along the arrows; 0 for none, <see cref="All"/> for any number.</param>
/// <param name="IsClosed">
/// Whether all that needs what is found is taken, and all that this needs: <c>@name</c>, what a build of it from
/// nothing takes.
/// </param>
public readonly record struct SelectorReach(int ParentsMax, int ChildrenMax, bool IsClosed = false)
{
    /// <summary>Any number of edges.</summary>
    public const int All = int.MaxValue;
}

/// <summary>How a selector finds things.</summary>
public enum SelectorMethod
{
    /// <summary>By name, or by the folders and the name.</summary>
    Fqn,

    /// <summary>By tag.</summary>
    Tag,

    /// <summary>By the path of the file or of a folder above it.</summary>
    Path,

    /// <summary>By the name of the file.</summary>
    File,

    /// <summary>Streams, by their source.</summary>
    Source,

    /// <summary>By what the front matter says.</summary>
    Config,

    /// <summary>By what they are: models, sources, tests.</summary>
    ResourceType,

    /// <summary>Tests, by what they look at.</summary>
    TestType,

    /// <summary>By what changed since they were last made.</summary>
    State,

    /// <summary>By how they ended last time.</summary>
    Result,

    /// <summary>Streams, by whether their source has more than was read.</summary>
    SourceStatus,

    /// <summary>What an exposure needs.</summary>
    Exposure,

    /// <summary>What a metric needs.</summary>
    Metric,

    /// <summary>By group.</summary>
    Group,

    /// <summary>By the dbt package that states it.</summary>
    Package,

    /// <summary>By the name of a selector that the project states.</summary>
    Selector,
}
