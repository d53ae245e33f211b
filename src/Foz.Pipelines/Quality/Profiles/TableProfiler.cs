using System.Globalization;
using Foz.Lake;
using Foz.Lake.Engine;
using static Foz.Lake.Sql.SqlText;

namespace Foz.Pipelines.Quality.Profiles;

/// <summary>Profiles the rows of a relation: in two scans, and one for each column that has frequent values.</summary>
/// <param name="session">The session in which the relation can be read.</param>
/// <param name="relation">The rows, as SQL that may follow FROM; read several times.</param>
public sealed class TableProfiler(EngineSession session, string relation)
{
    /// <summary>How many parts a histogram has.</summary>
    public const int HistogramParts = 12;

    /// <summary>Up to how many rows everything is counted exactly.</summary>
    const long ExactRowsMax = 5_000_000;
    const int TopMax = 5;

    const string Quarters = "[0.25, 0.5, 0.75]";

    /// <summary>Looks.</summary>
    /// <param name="columns">The columns to look at; empty for all.</param>
    /// <param name="cancellationToken">Interrupts it.</param>
    /// <exception cref="FozException">A column is not there.</exception>
    public TableProfile Run(IReadOnlyList<string> columns, CancellationToken cancellationToken)
    {
        var all = session.Describe($"SELECT * FROM {relation}", cancellationToken);
        foreach (var name in columns.Where(name =>
            !all.Any(c => c.Name.Equals(name, StringComparison.OrdinalIgnoreCase))))
            throw new FozException(ErrorKind.Usage, $"there is no column '{name}'")
            {
                Hint = Foz.Lake.Configuration.NearestName.Hint(name, all.Select(c => c.Name)),
            };
        var chosen = columns.Count == 0
            ? all
            : [.. all.Where(c => columns.Contains(c.Name, StringComparer.OrdinalIgnoreCase))];
        var rows = session.QueryScalar<long>($"SELECT count(*) FROM {relation}", cancellationToken);
        var profiles = Summarize(chosen, rows, cancellationToken);
        profiles = AddHistograms(chosen, profiles, cancellationToken);
        return new(rows, [.. profiles.Select((profile, i) => AddTop(chosen[i], profile, rows, cancellationToken))]);
    }

    List<ColumnProfile> Summarize(IReadOnlyList<EngineColumn> columns, long rows, CancellationToken cancellationToken)
    {
        var isExact = rows <= ExactRowsMax;
        var aggregates = columns.SelectMany(column =>
        {
            var c = Identifier(column.Name);
            var hasOrder = HasOrder(column);
            return new[]
            {
                $"count(*) - count({c})",
                !hasOrder ? "NULL::BIGINT" : isExact ? $"count(DISTINCT {c})" : $"approx_count_distinct({c})",
                hasOrder ? $"min({c})::VARCHAR" : "NULL::VARCHAR",
                hasOrder ? $"max({c})::VARCHAR" : "NULL::VARCHAR",
                column.IsNumber ? $"avg({c})::DOUBLE" : IsText(column) ? $"avg(length({c}))::DOUBLE" : "NULL::DOUBLE",
                column.IsNumber ? Measure.StandardDeviation.SqlOf($"{c}::DOUBLE") : "NULL::DOUBLE",
                column.IsNumber
                    ? $"{(isExact ? "quantile_cont" : "approx_quantile")}({c}::DOUBLE, {Quarters})::VARCHAR[]"
                    : IsMeasured(column) && isExact ? $"quantile_disc({c}, {Quarters})::VARCHAR[]" : "NULL::VARCHAR[]",
            };
        });
        var row = FirstRow($"SELECT {string.Join(",\n  ", aggregates)}\nFROM {relation}", cancellationToken);
        return
        [
            .. columns.Select((column, i) =>
            {
                var values = row.AsSpan(i * 7, 7);
                return new ColumnProfile
                {
                    Name = column.Name,
                    Type = column.TypeName,
                    Nulls = Convert.ToInt64(values[0], CultureInfo.InvariantCulture),
                    Distinct = values[1] is { } distinct
                        ? Convert.ToInt64(distinct, CultureInfo.InvariantCulture)
                        : null,
                    Min = (string?)values[2],
                    Max = (string?)values[3],
                    Mean = (double?)values[4],
                    StandardDeviation = (double?)values[5],
                    Quartiles = values[6] is object?[] quartiles
                        ? [.. quartiles.OfType<string>().Select(text => Plain(column, text))]
                        : [],
                };
            }),
        ];
    }

    /// <summary>A number between others, as the column's own are written where it is one of them.</summary>
    static string Plain(EngineColumn column, string number) =>
        !column.IsFloat && number.EndsWith(".0", StringComparison.Ordinal) && column.IsNumber ? number[..^2] : number;

    List<ColumnProfile> AddHistograms(
        IReadOnlyList<EngineColumn> columns, List<ColumnProfile> profiles, CancellationToken cancellationToken)
    {
        var measured = Enumerable.Range(0, columns.Count)
            .Where(i => IsMeasured(columns[i]) && profiles[i] is { Distinct: > 1 }).ToList();
        if (measured.Count == 0) return profiles;
        // What is no number or infinite has no place between others.
        var limits = measured.Select(i =>
            $"min({Number(columns[i])}) FILTER ({IsFinite(columns[i])}) AS a{i}, max({Number(columns[i])}) FILTER "
                + $"({IsFinite(columns[i])}) AS b{i}");
        var counts = measured.SelectMany(i => Enumerable.Range(0, HistogramParts).Select(part =>
            $"count(*) FILTER ({IsFinite(columns[i])} AND coalesce(least(floor(({Number(columns[i])} - a{i}) / "
                + $"nullif(b{i} - a{i}, 0) * {HistogramParts}), "
                + $"{HistogramParts - 1}), 0) = {part})"));
        var row = FirstRow(
            $"SELECT {string.Join(", ", counts)} FROM {relation} AS t, (SELECT "
                + $"{string.Join(", ", limits)} FROM {relation} AS t) AS l",
            cancellationToken);
        foreach (var (i, start) in measured.Select((i, n) => (i, n * HistogramParts)))
            profiles[i] = profiles[i] with
            {
                Histogram = [.. row[start..(start + HistogramParts)].Select(count => (long)count!)],
            };
        return profiles;
    }

    ColumnProfile AddTop(EngineColumn column, ColumnProfile profile, long rows, CancellationToken cancellationToken)
    {
        if (profile.Distinct is not { } distinct || distinct == 0 || distinct == rows - profile.Nulls) return profile;
        var c = Identifier(column.Name);
        using var top = session.Query(
            $"SELECT {c}::VARCHAR, count(*) AS n FROM {relation} WHERE {c} IS NOT NULL GROUP BY {c} "
                + $"ORDER BY n DESC, 1 LIMIT {TopMax}",
            cancellationToken);
        return profile with
        {
            Top = [.. top.Rows(cancellationToken).Select(row => new ValueFrequency((string)row[0]!, (long)row[1]!))],
        };
    }

    object?[] FirstRow(string sql, CancellationToken cancellationToken)
    {
        using var rows = session.Query(sql, cancellationToken);
        return rows.Rows(cancellationToken).First();
    }

    static bool IsText(EngineColumn column) => column is { TypeName: "VARCHAR", IsJson: false };

    static bool HasOrder(EngineColumn column) =>
        column.IsNumber || column.IsTime || IsText(column) || column.TypeName is "BOOLEAN" or "UUID";

    /// <summary>Whether values lie on a line.</summary>
    static bool IsMeasured(EngineColumn column) =>
        column.IsNumber || column.TypeName is "DATE" or "TIMESTAMP" or "TIMESTAMP WITH TIME ZONE";

    static string IsFinite(EngineColumn column) =>
        $"WHERE isfinite(t.{Identifier(column.Name)}{(column.IsNumber ? "::DOUBLE" : "")})";

    static string Number(EngineColumn column) =>
        column.IsNumber ? $"t.{Identifier(column.Name)}::DOUBLE" : $"epoch(t.{Identifier(column.Name)})";
}
