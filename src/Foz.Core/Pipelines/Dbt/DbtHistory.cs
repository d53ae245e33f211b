using Foz.Core.Pipelines.Projects;

namespace Foz.Core.Pipelines.Dbt;

/// <summary>What dbt's snapshots have besides the rows and when they were so.</summary>
static class DbtHistory
{
    /// <summary>A snapshot's SELECT with the columns that only dbt has, where the time of a row is among its columns.</summary>
    public static SqlBody Wrap(DbtResource resource, SqlBody body)
    {
        if (resource.Config.Text("updated_at") is not { } updatedAt || (resource.Config.Text("strategy") ?? "timestamp") != "timestamp") return body;
        var key = string.Join(" || '|' || ", DbtValues.Texts(resource.Config["unique_key"]).Select(column => $"coalesce(cast({column} as varchar), '')"));
        if (key.Length == 0) return body;
        const string Head = "select *, ";
        var added = $"{Head}md5({key} || '|' || cast({updatedAt} as varchar)) as dbt_scd_id, {updatedAt} as dbt_updated_at\nfrom (\n";
        return new($"{added}{body.Text}\n)", body.Start) { Map = index => body.PlaceOf(index - added.Length) };
    }
}
