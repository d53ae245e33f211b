using System.Collections;
using Foz.Lake.Data;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Selectors;

namespace Foz.Pipelines.Selection;

/// <summary>The things of a project and what needs what, by index.</summary>
sealed class ResourceGraph
{
    readonly int[][] parents;
    readonly List<int>[] children;

    public ResourceGraph(Project project)
    {
        Project = project;
        Items = [.. ItemsOf(project)];
        var indexes = new Dictionary<TableName, int>();
        for (var i = 0; i < Items.Count; i++)
            if (Items[i] is Resource.Table table) indexes[table.Node.Name] = i;
        children = [.. Items.Select(_ => new List<int>())];
        parents =
        [
            .. Items.Select(item =>
                item.Needs.Where(indexes.ContainsKey).Select(name => indexes[name]).Distinct().ToArray()),
        ];
        for (var i = 0; i < parents.Length; i++)
            foreach (var parent in parents[i]) children[parent].Add(i);
    }

    /// <summary>The project.</summary>
    public Project Project { get; }

    /// <summary>The things.</summary>
    public IReadOnlyList<Resource> Items { get; }

    /// <summary>An empty set of things.</summary>
    public BitArray None() => new(Items.Count);

    /// <summary>The things for which something holds.</summary>
    public BitArray Where(Func<Resource, bool> holds)
    {
        var found = None();
        for (var i = 0; i < Items.Count; i++) found[i] = holds(Items[i]);
        return found;
    }

    /// <summary>The things, and what is reached from them.</summary>
    public BitArray Reach(BitArray from, SelectorReach reach)
    {
        if (reach.IsClosed)
        {
            var downstream = Walk(from, i => children[i], SelectorReach.All);
            return Walk(downstream, i => parents[i], SelectorReach.All);
        }
        var all = new BitArray(from);
        if (reach.ParentsMax > 0) all.Or(Walk(from, i => parents[i], reach.ParentsMax));
        if (reach.ChildrenMax > 0) all.Or(Walk(from, i => children[i], reach.ChildrenMax));
        return all;
    }

    /// <summary>The tests that look at a table among the things.</summary>
    public BitArray TestsOf(BitArray things)
    {
        var tests = None();
        for (var i = 0; i < Items.Count; i++)
            tests[i] = Items[i] is not (Resource.Table or Resource.Analyzed)
                && parents[i].Any(parent => things[parent]);
        return tests;
    }

    /// <summary>The things and what is at most so many edges away, widest first.</summary>
    static BitArray Walk(BitArray from, Func<int, IEnumerable<int>> next, int depthMax)
    {
        var reached = new BitArray(from);
        var front = new List<int>();
        for (var i = 0; i < from.Count; i++)
            if (from[i]) front.Add(i);
        for (var depth = 0; depth < depthMax && front.Count > 0; depth++)
        {
            var further = new List<int>();
            foreach (var neighbour in front.SelectMany(next))
            {
                if (reached[neighbour]) continue;
                reached[neighbour] = true;
                further.Add(neighbour);
            }
            front = further;
        }
        return reached;
    }

    /// <summary>
    /// Returns the resources of a project: tables in an order in which each follows those that it needs, then tests,
    /// then analyses.
    /// </summary>
    public static IEnumerable<Resource> ItemsOf(Project project) =>
        project.Graph.Nodes.Select(node => (Resource)new Resource.Table(node))
            .Concat(project.Graph.Nodes.Where(node => node.Checks.Count > 0).Select(node => new Resource.Checks(node)))
            .Concat(project.SqlTests.Select(test => new Resource.Singular(test)))
            .Concat(project.UnitTests.Select(test => new Resource.Unit(test)))
            .Concat(project.Analyses.Select(analysis => new Resource.Analyzed(analysis)));
}
