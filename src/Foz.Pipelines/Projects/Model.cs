using System.Collections.Immutable;
using Foz.Connectors;
using Foz.Lake;
using Foz.Lake.Data;
using Foz.Pipelines.Quality;
using Foz.Pipelines.Quality.Contracts;

namespace Foz.Pipelines.Projects;

/// <summary>A model of the project: a SELECT, and what becomes of its rows.</summary>
public sealed record Model
{
    /// <summary>Its name, as other models' SQL has it.</summary>
    public required TableName Name { get; init; }

    /// <summary>
    /// The name of its table or view in the lake: <see cref="Name"/> with the environment's schema prefix.
    /// </summary>
    public required TableName Table { get; init; }

    /// <summary>What becomes of its rows.</summary>
    public required Materialization Materialization { get; init; }

    /// <summary>
    /// The SELECT, without front matter and without a semicolon at the end; of a program the text of its file.
    /// </summary>
    public required SqlBody Body { get; init; }

    /// <summary>
    /// What its SELECT is whatever the run, which tells whether it changed; null where that is <see cref="Body"/>.
    /// </summary>
    public string? Definition { get; init; }

    /// <summary>
    /// When a host makes it by itself; null where nothing is stated: after each batch of a change stream that it reads.
    /// </summary>
    public ModelTrigger? Trigger { get; init; }

    /// <summary>
    /// Whether it reads, itself or through models, a table that another program is to make, and that was not there when
    /// the project was read.
    /// </summary>
    public bool MayWait { get; init; }

    /// <summary>
    /// Whether it reads only new rows, or those of an interval, and its table keeps those that it has.
    /// </summary>
    public bool ReadsNewRows => Materialization.Strategy is IncrementalStrategy.Microbatch
        || (Materialization.Strategy is not null && References.Any(reference => reference.IsStream));

    /// <summary>Whether it needs the events of a log in their order.</summary>
    public bool NeedsOrder => Materialization.Strategy is IncrementalStrategy.Cdc { IsInOrder: true };

    /// <summary>
    /// Whether all that it reads by <c>STREAM</c> are changes of sources, which their tables keep from the beginning.
    /// </summary>
    public bool ReadsWholeLogs { get; init; }

    /// <summary>Whether its table may be made again from all rows where it cannot go on with new ones.</summary>
    public bool CanReadAgain => ReadsWholeLogs && !Materialization.IsFullRefreshRestricted
        && Materialization.Strategy is not IncrementalStrategy.Microbatch;

    /// <summary>
    /// Whether it may return other rows after each batch although its input is the same: it adds to a table that it
    /// reads itself, or its template queries the lake, as by <c>is_incremental()</c>.
    /// </summary>
    public bool FeedsItself => Materialization is Materialization.Incremental && !ReadsNewRows
        && (Template is not null
            || References.Any(reference => reference is { Kind: ReferenceKind.Self, IsOrderOnly: false }));

    /// <summary>The template that renders its SELECT for each run; null if the SELECT is the same in each.</summary>
    public ModelTemplate? Template { get; init; }

    /// <summary>The hooks that run before and after it, when it has work to do.</summary>
    public ModelHooks Hooks { get; init; } = ModelHooks.None;

    /// <summary>The tables that a template of it asks for, of which its SELECT may name fewer.</summary>
    public IReadOnlyList<StatedName> Reads { get; init; } = [];

    /// <summary>The program that gives its rows in the place of a SELECT; null where it is one.</summary>
    public ModelProgram? Program { get; init; }

    /// <summary>The description, for people; null if the project gives none.</summary>
    public string? Description { get; init; }

    /// <summary>The owner; null if the project names none.</summary>
    public string? Owner { get; init; }

    /// <summary>Its tags.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>The engines that its table stays readable for; null where nothing is said of it.</summary>
    public IReadOnlyList<string>? Readers { get; init; }

    /// <summary>What is said of its columns, which may be fewer than it has.</summary>
    public IReadOnlyList<ColumnDefinition> Columns { get; init; } = [];

    /// <summary>How its rows are cleaned before its checks look at them, in order.</summary>
    public IReadOnlyList<CleanRule> Clean { get; init; } = [];

    /// <summary>What it promises of its columns; null where it has no contract.</summary>
    public TableContract? Contract { get; init; }

    /// <summary>
    /// The columns whose values together identify a row; empty if the project gives none. A check tests them.
    /// </summary>
    public IReadOnlyList<string> Grain { get; init; } = [];

    /// <summary>
    /// The row of a dimension for unknown values, which its SELECT does not return; columns that are not listed here
    /// are NULL. Empty if there is none.
    /// </summary>
    public IReadOnlyList<UnknownValue> UnknownMember { get; init; } = [];

    /// <summary>All its checks: those of its grain, those of its columns, then those of the table.</summary>
    public IReadOnlyList<CheckDefinition> Checks { get; init; } = [];

    /// <summary>Where its rows go once its checks have passed.</summary>
    public IReadOnlyList<ExportDefinition> Exports { get; init; } = [];

    /// <summary>What else is said of it; a value that is nested stands as JSON.</summary>
    public ImmutableSortedDictionary<string, string> Meta { get; init; } =
        ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>The group that it belongs to; null where none is stated.</summary>
    public string? Group { get; init; }

    /// <summary>
    /// What its front matter says, as it is written: keys with dots between those of nested mappings, each item of a
    /// list by itself.
    /// </summary>
    public IReadOnlyList<ModelSetting> Settings { get; init; } = [];

    /// <summary>The names that it states as dependencies besides those in its SQL.</summary>
    public IReadOnlyList<StatedName> Depends { get; init; } = [];

    /// <summary>What it reads and waits for, in the order met; filled in when the project is whole.</summary>
    public IReadOnlyList<Reference> References { get; init; } = [];

    /// <summary>The file, relative to the project; of a model that a source implies, that of the source.</summary>
    public required string File { get; init; }

    /// <summary>
    /// Whether no file states it: it follows from <c>silver: current</c> of a source or <c>lists</c> of a stream.
    /// </summary>
    public bool IsImplicit { get; init; }

    /// <summary>
    /// Whether its rows depend on nothing but the rows that its input has now: where some of those were changed or
    /// deleted, the table is made again from all of them.
    /// </summary>
    public bool FollowsRows { get; init; }

    /// <summary>
    /// The columns of a merge of which its table has no two rows with the same values; empty where it may.
    /// </summary>
    public IReadOnlyList<string> MergeKey =>
        Materialization.Strategy is IncrementalStrategy.Merge { Predicates.Count: 0 } merge ? merge.UniqueKey : [];

    /// <summary>
    /// When it is run by itself: a word, a cron expression, or a mapping; null where nothing is said.
    /// </summary>
    public Foz.Lake.Configuration.YamlNode? Schedule { get; init; }

    /// <summary>Its SELECT, or the text of its program.</summary>
    public string Sql => Body.Text;

    /// <summary>Where its definition starts.</summary>
    public Place Place => new(File, 1, 1);
}

/// <summary>The value of a column in the row for unknown values.</summary>
/// <param name="Column">The column.</param>
/// <param name="Value">The value as text, or a call of <c>surrogate_key</c>; null for NULL.</param>
/// <param name="Place">Its place in the file.</param>
public sealed record UnknownValue(string Column, string? Value, Place Place);

/// <summary>A single value of a model's front matter.</summary>
/// <param name="Key">Its key: <c>materialization.strategy</c>.</param>
/// <param name="Value">Its text.</param>
public sealed record ModelSetting(string Key, string Value)
{
    /// <summary>All single values of a mapping, in the order of the text.</summary>
    internal static IReadOnlyList<ModelSetting> Of(Foz.Lake.Configuration.YamlNode.Mapping yaml)
    {
        var settings = new List<ModelSetting>();
        foreach (var entry in yaml.Entries) Add(settings, entry.Key, entry.Value);
        return settings;
    }

    static void Add(List<ModelSetting> settings, string key, Foz.Lake.Configuration.YamlNode node)
    {
        switch (node)
        {
            case Foz.Lake.Configuration.YamlNode.Mapping mapping:
                foreach (var entry in mapping.Entries) Add(settings, $"{key}.{entry.Key}", entry.Value);
                break;
            case Foz.Lake.Configuration.YamlNode.Sequence sequence:
                foreach (var item in sequence.Items)
                {
                    // What has a name, as a column, is found by it.
                    if (item is Foz.Lake.Configuration.YamlNode.Mapping named
                        && named["name"] is Foz.Lake.Configuration.YamlNode.Scalar name)
                        Add(settings, $"{key}.{name.Text}", item);
                    else Add(settings, key, item);
                }
                break;
            case Foz.Lake.Configuration.YamlNode.Scalar scalar:
                settings.Add(new(key, scalar.Text));
                break;
        }
    }
}

/// <summary>A name that stands in a file.</summary>
/// <param name="Name">The name.</param>
/// <param name="Place">Where it stands.</param>
public sealed record StatedName(TableName Name, Place Place);
