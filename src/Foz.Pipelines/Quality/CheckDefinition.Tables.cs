using System.Globalization;
using Foz.Lake;
using Foz.Lake.Data;
using Foz.Pipelines.Quality.Anomalies;

namespace Foz.Pipelines.Quality;

/// <content>Checks of a table as a whole.</content>
public abstract partial record CheckDefinition
{
    /// <summary>The table has about as many rows as another, as it was last committed.</summary>
    /// <param name="To">The other table.</param>
    /// <param name="RatioMin">At least this part of its rows; null for no limit.</param>
    /// <param name="RatioMax">At most this part of its rows; null for no limit.</param>
    public sealed record RowCountTo(TableName To, decimal? RatioMin, decimal? RatioMax) : CheckDefinition
    {
        /// <inheritdoc/>
        private protected override string TypeName => "row_count_to";

        /// <inheritdoc/>
        public override IReadOnlyList<string> Columns => [];

        /// <inheritdoc/>
        public override CheckScope Scope => CheckScope.Table;

        /// <inheritdoc/>
        private protected override string Asks => CheckText.Joined($"to: {To}", CheckText.Limits(RatioMin, RatioMax));

        /// <summary>Where the name of the other table stands.</summary>
        public Place ToPlace { get; init; }
    }

    /// <summary>A number that describes a column lies between limits; one of no rows at all is passed over.</summary>
    /// <param name="Column">The column.</param>
    /// <param name="Measure">Which number.</param>
    /// <param name="From">At least so much; null for no limit.</param>
    /// <param name="To">At most so much; null for no limit.</param>
    public sealed record Statistic(string Column, Measure Measure, decimal? From, decimal? To) : CheckDefinition
    {
        /// <inheritdoc/>
        private protected override string TypeName => Measure.Name;

        /// <inheritdoc/>
        public override IReadOnlyList<string> Columns => [Column];

        /// <inheritdoc/>
        public override CheckScope Scope => CheckScope.Table;

        /// <inheritdoc/>
        private protected override string Asks => CheckText.Joined(
            Measure is Measure.Quantile { Part: var part } && Name != Measure.MedianName
                ? CheckText.Named("quantile", part)
                : null,
            CheckText.Limits(From, To));
    }

    /// <summary>The newest of a column's instants is not older than a length of time.</summary>
    /// <param name="Column">The column, of dates or timestamps.</param>
    /// <param name="AgeMax">How old it may be.</param>
    public sealed record Freshness(string Column, TimeSpan AgeMax) : CheckDefinition
    {
        /// <inheritdoc/>
        private protected override string TypeName => "freshness";

        /// <inheritdoc/>
        public override IReadOnlyList<string> Columns => [Column];

        /// <inheritdoc/>
        public override CheckScope Scope => CheckScope.Table;

        /// <inheritdoc/>
        private protected override string Asks => AgeMax.ToString("c", CultureInfo.InvariantCulture);
    }

    /// <summary>Nothing of a table is unusual, compared with its own past.</summary>
    /// <param name="Column">The column whose distribution is checked; null for the whole table.</param>
    /// <param name="Pillars">The aspects that are checked.</param>
    /// <param name="Deviations">How many deviations from the usual are nothing unusual.</param>
    /// <param name="HistoryMin">How many earlier numbers are needed before one can be unusual.</param>
    public sealed record Anomaly(
        string? Column, IReadOnlyList<AnomalyPillar> Pillars, double Deviations, int HistoryMin) : CheckDefinition
    {
        /// <inheritdoc/>
        private protected override string TypeName => "anomaly";

        /// <inheritdoc/>
        public override IReadOnlyList<string> Columns => Column is null ? [] : [Column];

        /// <inheritdoc/>
        public override CheckScope Scope => CheckScope.Table;

        /// <inheritdoc/>
        private protected override string Asks =>
            string.Create(CultureInfo.InvariantCulture, $"{string.Join(',', Pillars)} {Deviations} {HistoryMin}");
    }
}
