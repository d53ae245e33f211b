using Foz.Pipelines.Quality.Anomalies;

namespace Foz.Pipelines.Quality;

/// <content>The arguments of checks that learn from the past.</content>
sealed partial class CheckArguments
{
    const int HistoryMinDefault = 7, HistoryMinLeast = 3;
    const double DeviationsDefault = 4;

    static readonly Dictionary<string, AnomalyPillar> PillarWords = new(StringComparer.Ordinal)
    {
        ["freshness"] = AnomalyPillar.Freshness, ["volume"] = AnomalyPillar.Volume, ["schema"] = AnomalyPillar.Schema,
        ["distribution"] = AnomalyPillar.Distribution, ["lineage"] = AnomalyPillar.Lineage,
    };

    static readonly Dictionary<string, double> Sensitivities = new(StringComparer.Ordinal)
    {
        ["low"] = 6, ["medium"] = DeviationsDefault, ["high"] = 3,
    };

    /// <summary>Reads what <c>anomaly</c> checks, and how closely.</summary>
    public CheckDefinition.Anomaly? Anomaly()
    {
        var on = column ?? reader.Text("column");
        var pillars = new List<AnomalyPillar>();
        foreach (var word in reader.Scalars("value"))
        {
            if (PillarWords.TryGetValue(word.Text, out var pillar)) pillars.Add(pillar);
            else errors.Add(
                word.Place, $"unknown pillar '{word.Text}'",
                Foz.Lake.Configuration.NearestName.Hint(word.Text, PillarWords.Keys));
        }
        var deviations = reader.Word("sensitivity", Sensitivities) ?? DeviationsDefault;
        var history = reader.Integer("history", HistoryMinLeast) ?? HistoryMinDefault;
        if (on is not null && pillars.Any(pillar => pillar is not AnomalyPillar.Distribution))
            errors.Add(
                reader.PlaceOf("value"), $"'{type}' of a column looks at its distribution",
                "move it to the checks of the table");
        if (on is not null) pillars = [AnomalyPillar.Distribution];
        if (pillars.Count == 0) pillars = [.. PillarWords.Values];
        return new(on, pillars, deviations, (int)history);
    }
}
