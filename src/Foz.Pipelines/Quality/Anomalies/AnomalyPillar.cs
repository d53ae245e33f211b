namespace Foz.Pipelines.Quality.Anomalies;

/// <summary>What of a table may be out of the ordinary.</summary>
public enum AnomalyPillar
{
    /// <summary>How long ago rows came before.</summary>
    Freshness,

    /// <summary>How many rows come.</summary>
    Volume,

    /// <summary>Which columns there are, and their types.</summary>
    Schema,

    /// <summary>What columns hold: which part is null, means, and how many values differ.</summary>
    Distribution,

    /// <summary>Which tables it is made from.</summary>
    Lineage,
}
