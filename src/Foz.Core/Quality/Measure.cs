using System.Globalization;
using static Foz.Core.Engine.SqlText;

namespace Foz.Core.Quality;

/// <summary>A number that describes the values of a column.</summary>
public abstract record Measure
{
    Measure() { }

    /// <summary>Its name in YAML.</summary>
    public abstract string Name { get; }

    /// <summary>The aggregate over a column as DOUBLE.</summary>
    /// <param name="column">The column's name.</param>
    /// <param name="filter">What stands behind each aggregate, such as a FILTER; may be empty.</param>
    public abstract string Sql(string column, string filter);

    /// <summary>The arithmetic mean.</summary>
    public sealed record Mean : Measure
    {
        /// <inheritdoc/>
        public override string Name => "mean";

        /// <inheritdoc/>
        public override string Sql(string column, string filter) => $"avg({Identifier(column)}){filter}::DOUBLE";
    }

    /// <summary>The value below which a part of the values lies, between two of them interpolated.</summary>
    /// <param name="Part">The part, from 0 to 1.</param>
    public sealed record Quantile(decimal Part) : Measure
    {
        /// <inheritdoc/>
        public override string Name => Part == 0.5m ? "median" : "quantile";

        /// <inheritdoc/>
        public override string Sql(string column, string filter) => string.Create(
            CultureInfo.InvariantCulture, $"quantile_cont({Identifier(column)}, {Part}){filter}::DOUBLE");
    }

    /// <summary>The standard deviation of a sample.</summary>
    public sealed record StandardDeviation : Measure
    {
        /// <inheritdoc/>
        public override string Name => "stddev";

        /// <inheritdoc/>
        public override string Sql(string column, string filter) => $"stddev_samp({Identifier(column)}){filter}::DOUBLE";
    }

    /// <summary>The sum.</summary>
    public sealed record Sum : Measure
    {
        /// <inheritdoc/>
        public override string Name => "sum";

        /// <inheritdoc/>
        public override string Sql(string column, string filter) => $"sum({Identifier(column)}){filter}::DOUBLE";
    }

    /// <summary>Which part of the rows is null.</summary>
    public sealed record NullRatio : Measure
    {
        /// <inheritdoc/>
        public override string Name => "null_ratio";

        /// <inheritdoc/>
        public override string Sql(string column, string filter) =>
            $"1 - count({Identifier(column)}){filter} / nullif(count(*){filter}, 0)";
    }

    /// <summary>How many different values there are, null not counted.</summary>
    public sealed record DistinctCount : Measure
    {
        /// <inheritdoc/>
        public override string Name => "distinct_count";

        /// <inheritdoc/>
        public override string Sql(string column, string filter) =>
            $"count(DISTINCT {Identifier(column)}){filter}::DOUBLE";
    }

    /// <summary>How many different values there are for each that is not null: 1 where no two are equal.</summary>
    public sealed record DistinctRatio : Measure
    {
        /// <inheritdoc/>
        public override string Name => "distinct_ratio";

        /// <inheritdoc/>
        public override string Sql(string column, string filter) =>
            $"count(DISTINCT {Identifier(column)}){filter} / nullif(count({Identifier(column)}){filter}, 0)";
    }

    /// <summary>All that are read by their name alone.</summary>
    public static IReadOnlyDictionary<string, Measure> ByName { get; } = new Measure[]
    {
        new Mean(), new Quantile(0.5m), new StandardDeviation(), new Sum(), new NullRatio(), new DistinctCount(),
        new DistinctRatio(),
    }.ToDictionary(measure => measure.Name, StringComparer.Ordinal);
}
