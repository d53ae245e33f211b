using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Pipelines.Projects;

namespace Foz.Pipelines.Environments;

/// <summary>Lets models read from another environment what their own has not made: nothing of it is copied.</summary>
static class Deferral
{
    /// <summary>The project whose models read what is neither selected nor made from another environment.</summary>
    /// <param name="project">The project.</param>
    /// <param name="lake">Its lake.</param>
    /// <param name="from">The other environment, in the same lake.</param>
    /// <param name="selected">What is to be made.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">The other environment is in another lake.</exception>
    public static async Task<Project> ApplyAsync(
        Project project, Lakehouse lake, EnvironmentLake from, IReadOnlySet<TableName> selected,
        CancellationToken cancellationToken)
    {
        if (from.Lake.Root != lake.Root)
            throw new FozException(
                ErrorKind.Usage,
                $"--defer reads from environments of the same lake, and that one is in {from.Lake.Root}")
            {
                Hint = "give environments of one lake different schema_prefix",
            };
        var tables = new Dictionary<TableName, TableName>();
        foreach (var node in project.Graph.Nodes.Where(node => node.IsMade && !selected.Contains(node.Name)))
        {
            var other = await from.FindAsync(node.Name, cancellationToken);
            if (other != node.Table && await lake.Catalog.FindAsync(node.Table, cancellationToken) is null
                && await lake.Catalog.FindAsync(other, cancellationToken) is not null)
                tables[node.Name] = other;
        }
        return tables.Count == 0 ? project : project.Reading(tables);
    }
}
