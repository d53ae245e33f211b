using System.Globalization;
using static Foz.Lake.Sql.SqlText;

namespace Foz.Pipelines.Quality;

/// <summary>A number that describes the values of a column.</summary>
public abstract record Measure
{
    /// <summary>The name of the quantile that needs none.</summary>
    public const string MedianName = "median";

    Measure() { }

    /// <summary>Its name in YAML.</summary>
    public abstract string Name { get; }

    /// <summary>Returns the aggregate over a column as DOUBLE.</summary>
    /// <param name="column">The column's name.</param>
    /// <param name="filter">SQL after each aggregate, such as a FILTER; may be empty.</param>
    public abstract string Sql(string column, string filter);

    /// <summary>Whether it is a part of something, from 0 to 1.</summary>
    public virtual bool IsRatio => false;

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
        public override string Name => Part == 0.5m ? MedianName : "quantile";

        /// <inheritdoc/>
        /// <remarks>
        /// Between two decimals the engine would give one of as few digits: they are added to 0 as DOUBLE.
        /// </remarks>
        public override string Sql(string column, string filter) => string.Create(
            CultureInfo.InvariantCulture, $"quantile_cont({Identifier(column)} + 0e0, {Part}){filter}");
    }

    /// <summary>The standard deviation of a sample.</summary>
    public sealed record StandardDeviation : Measure
    {
        /// <inheritdoc/>
        public override string Name => "stddev";

        /// <inheritdoc/>
        public override string Sql(string column, string filter) => $"sqrt({Covariance(Identifier(column), filter)})";

        /// <summary>
        /// The same of any expression. The engine's own <c>stddev_samp</c> fails where a value is no number or
        /// infinite, and for large ones: the covariance of a column with itself is its variance, and NaN or infinite
        /// there.
        /// </summary>
        public static string SqlOf(string expression) => $"sqrt({Covariance(expression, "")})";

        static string Covariance(string expression, string filter) => $"covar_samp({expression}, {expression}){filter}";
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
        public override bool IsRatio => true;

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
        public override bool IsRatio => true;

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
