using System.Collections.Concurrent;

namespace Foz.Core.Engine;

/// <summary>What the last statements name: dashboards send the same ones again and again. Safe for use by many threads.</summary>
sealed class AnalysisCache
{
    const int StatementsMax = 256;
    const int CharactersMax = 16 << 10;

    readonly ConcurrentDictionary<string, SqlAnalysis> known = new(StringComparer.Ordinal);

    /// <summary>The analysis of a statement; null where it was not read lately.</summary>
    public SqlAnalysis? Find(string sql) => known.GetValueOrDefault(sql);

    /// <summary>Keeps the analysis of a statement, unless that is very long.</summary>
    public void Add(string sql, SqlAnalysis analysis)
    {
        if (sql.Length > CharactersMax) return;
        if (known.Count >= StatementsMax) known.Clear();
        known[sql] = analysis;
    }
}
