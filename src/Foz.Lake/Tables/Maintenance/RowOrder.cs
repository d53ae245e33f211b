using System.Globalization;
using System.Text;
using System.Text.Json;
using Foz.Delta.Log;
using Foz.Delta.Scans;
using Foz.Delta.Schema;
using Foz.Lake.Engine;
using Foz.Lake.Engine.Functions;
using Foz.Lake.Sql;
using Foz.Lake.Tables.Alterations;

namespace Foz.Lake.Tables.Maintenance;

/// <summary>
/// The order in which near values of several columns are close together: each column's values are cut into ranges with
/// about equally many rows, and rows follow a Hilbert curve through the grid of these ranges.
/// </summary>
sealed class RowOrder
{
    /// <summary>The cube of files that are clustered by other columns.</summary>
    public const string OtherCube = "";

    const string ProviderName = "liquid";
    const string CubeTag = "ZCUBE_ID";
    const string CubeColumnsTag = "ZCUBE_ZORDER_BY";
    const string CubeCurveTag = "ZCUBE_ZORDER_CURVE";
    const string Sample = "foz_order_sample";
    const string OrderColumn = "foz_order";
    const int SampleRows = 50_000;

    // Longer texts differ in their first characters, or are ordered by chance.
    const int TextLengthMax = 40;

    readonly IReadOnlyList<(ColumnPath Path, DeltaType Type)> columns;
    readonly string columnsJson;

    RowOrder(IReadOnlyList<(ColumnPath Path, DeltaType Type)> columns, string columnsJson, bool isClustering) =>
        (this.columns, this.columnsJson, IsClustering) = (columns, columnsJson, isClustering);

    /// <summary>Whether the order is that of the table's clustering, which its files are marked by.</summary>
    public bool IsClustering { get; }

    /// <summary>The columns, by the names that people see.</summary>
    public IEnumerable<string> Columns => columns.Select(column => column.Path.ToString());

    /// <summary>The order that is asked for, or that the table's clustering wants; null where rows have none.</summary>
    /// <exception cref="FozException">
    /// A column is unknown, a partition column, or one of which files keep no bounds.
    /// </exception>
    public static RowOrder? Of(TableSnapshot table, OptimizeOptions options)
    {
        var clustering = PropertyAlterations.ClusteringColumns(table);
        if (options.ZOrderBy.Count == 0)
            return clustering is { Count: > 0 }
                ? new([.. clustering.Select(names => Logical(table, names))], JsonSerializer.Serialize(clustering),
                    true)
                : null;
        if (clustering is not null)
            throw new FozException(ErrorKind.Usage, $"{table.State.Table} is clustered: it cannot be ordered otherwise")
            {
                Hint = "leave --zorder out, or stop the clustering with foz alter <table> cluster-by",
            };
        if (options.ZOrderBy.Count > HilbertCurve.DimensionsMax)
            throw new FozException(
                ErrorKind.Usage, $"rows are ordered by {HilbertCurve.DimensionsMax} columns at most");
        var paths = options.ZOrderBy.Select(ColumnPath.Parse).ToList();
        return new([.. paths.Select(path => Checked(table, path))], "", isClustering: false);
    }

    /// <summary>
    /// The cube that a file belongs to, which are the files that were ordered together; null where it is not clustered,
    /// <see cref="OtherCube"/> where it is clustered by other columns.
    /// </summary>
    public string? CubeOf(AddFile file) =>
        file.ClusteringProvider is null ? null
        : file.Tags?.Find(CubeColumnsTag) == columnsJson && file.Tags.Find(CubeTag) is { Length: > 0 } cube ? cube
        : file.Tags?.Find(CubeColumnsTag) is null ? null
        : OtherCube;

    /// <summary>Marks files that were ordered together.</summary>
    public IReadOnlyList<AddFile> Mark(IReadOnlyList<AddFile> files)
    {
        if (!IsClustering) return files;
        var cube = $"{Guid.NewGuid():D}";
        return
        [
            .. files.Select(file => file with
            {
                ClusteringProvider = ProviderName,
                Tags = (file.Tags ?? StringMap.Empty).With(CubeTag, cube).With(CubeColumnsTag, columnsJson)
                    .With(CubeCurveTag, "hilbert"),
            }),
        ];
    }

    /// <summary>SELECTs whose rows, one SELECT after the other, are in this order.</summary>
    /// <param name="session">The session that will read them; reads samples of them now.</param>
    /// <param name="projection">What is selected of the relation <c>r</c>.</param>
    /// <param name="relation">The rows.</param>
    /// <param name="parts">
    /// In how many parts they are sorted, of about equally many rows; equal places of the order are in one.
    /// </param>
    /// <param name="cancellationToken">Stops it.</param>
    public IReadOnlyList<string> Select(
        EngineSession session, string projection, string relation, int parts, CancellationToken cancellationToken)
    {
        var values = columns.Select(column => Value(column.Path)).ToList();
        var place = values.Count == 1 ? values[0] : Curve(session, values, relation, cancellationToken);
        var placed = $"SELECT {projection}, {place} AS {OrderColumn} FROM {relation} AS r";
        return
        [
            .. PartsOf(session, $"SELECT {place} AS {OrderColumn} FROM {relation} AS r", parts, cancellationToken)
                .Select(part =>
                    $"SELECT * EXCLUDE ({OrderColumn}) FROM (\n{placed}\n) WHERE {part} ORDER BY {OrderColumn}"),
        ];
    }

    /// <summary>SQL of a row's place on the curve.</summary>
    string Curve(EngineSession session, List<string> values, string relation, CancellationToken cancellationToken)
    {
        var sampled = columns.Select((column, i) =>
            $"{(column.Type == DeltaType.String ? $"left({values[i]}, {TextLengthMax})" : values[i])} AS c{i}");
        session.Execute(
            $"""
            CREATE OR REPLACE TEMP TABLE {Sample} AS
            SELECT {string.Join(", ", sampled)} FROM {relation} AS r USING SAMPLE reservoir({SampleRows} ROWS)
            """, cancellationToken);
        var ranges = 1 << HilbertCurve.BitsOf(columns.Count);
        var coordinates = columns.Select((column, i) =>
            Coordinate(values[i], BoundsOf(session, $"c{i}", column.Type, ranges, cancellationToken))).ToList();
        session.Execute($"DROP TABLE {Sample}", cancellationToken);
        return HilbertCurve.Sql(coordinates);
    }

    /// <summary>
    /// Returns conditions of which each place fulfils one, in the order of places; NULL is after all others.
    /// </summary>
    static IEnumerable<string> PartsOf(
        EngineSession session, string places, int parts, CancellationToken cancellationToken)
    {
        if (parts == 1) return ["true"];
        using var rows = session.Query(
            $"""
            SELECT CAST(b AS VARCHAR) FROM (
            SELECT DISTINCT b FROM (
            SELECT unnest(quantile_disc({OrderColumn}, [{Shares(parts)}])) AS b FROM (
            {places} USING SAMPLE reservoir({SampleRows} ROWS))
            WHERE {OrderColumn} IS NOT NULL) ORDER BY b)
            """, cancellationToken);
        var bounds = rows.Rows(cancellationToken).Select(row => SqlText.Literal((string)row[0]!)).ToList();
        if (bounds.Count == 0) return ["true"];
        return
        [
            $"{OrderColumn} < {bounds[0]}",
            .. bounds.Zip(bounds.Skip(1), (from, to) => $"{OrderColumn} >= {from} AND {OrderColumn} < {to}"),
            $"({OrderColumn} >= {bounds[^1]} OR {OrderColumn} IS NULL)",
        ];
    }

    /// <summary>The shares that cut a whole into equal parts, as a list in SQL.</summary>
    static string Shares(int parts) => string.Join(", ", Enumerable.Range(1, parts - 1)
        .Select(i => ((double)i / parts).ToString("0.######", CultureInfo.InvariantCulture)));

    /// <summary>The bounds of ranges with about equally many values, as SQL in ascending order.</summary>
    static List<string> BoundsOf(
        EngineSession session, string column, DeltaType type, int ranges, CancellationToken cancellationToken)
    {
        var name = PhysicalColumns.LogicalTypeName(type);
        using var rows = session.Query(
            $"""
            SELECT CAST(b AS VARCHAR) FROM (
            SELECT DISTINCT b FROM (
            SELECT unnest(quantile_disc({column}, [{Shares(ranges)}])) AS b FROM {Sample}
            WHERE {column} IS NOT NULL) ORDER BY b)
            """, cancellationToken);
        return [.. rows.Rows(cancellationToken).Select(row => $"CAST({SqlText.Literal((string)row[0]!)} AS {name})")];
    }

    /// <summary>SQL of the number of a value's range, by a search that halves; 0 for NULL.</summary>
    static string Coordinate(string value, List<string> bounds)
    {
        var sql = new StringBuilder($"CASE WHEN {value} IS NULL THEN 0 ELSE ");
        Search(0, bounds.Count);
        return $"CAST({sql} END AS INTEGER)";

        void Search(int from, int to)
        {
            if (from == to)
            {
                sql.Append(from.ToString(CultureInfo.InvariantCulture));
                return;
            }
            var middle = (from + to) / 2;
            sql.Append($"CASE WHEN {value} < {bounds[middle]} THEN ");
            Search(from, middle);
            sql.Append(" ELSE ");
            Search(middle + 1, to);
            sql.Append(" END");
        }
    }

    /// <summary>SQL of a column of the relation <c>r</c>.</summary>
    public static string Value(ColumnPath path) => path.Names.Length == 1
        ? $"r.{SqlText.Identifier(path.Names[0])}"
        : path.Names.Skip(1).Aggregate($"(r.{SqlText.Identifier(path.Names[0])})",
            (parent, name) => $"({parent}).{SqlText.Identifier(name)}");

    static (ColumnPath Path, DeltaType Type) Logical(TableSnapshot table, IReadOnlyList<string> physical)
    {
        var (parent, path) = (table.Schema.Columns, ColumnPath.Root);
        DeltaType? type = null;
        foreach (var name in physical)
        {
            var field = parent?.Fields.FirstOrDefault(f => f.PhysicalName(table.Schema.Mapping) == name)
                ?? throw new FozException(
                    ErrorKind.Table,
                    $"{table.State.Table} is clustered by a column that it does not have: "
                        + $"{string.Join('.', physical)}");
            path = path.Then(field.Name);
            type = field.Type;
            parent = type as StructType;
        }
        return (path, type!);
    }

    static (ColumnPath Path, DeltaType Type) Checked(TableSnapshot table, ColumnPath path)
    {
        var fields = table.Schema.Columns.FindAll(path);
        if (fields.IsEmpty)
            throw new FozException(ErrorKind.NotFound, $"{table.State.Table} has no column '{path}'")
            {
                Hint = Foz.Lake.Configuration.NearestName.Find(
                    $"{path}", table.Schema.Columns.Fields.Select(f => f.Name)) is { } near
                    ? $"did you mean {near}?"
                    : null,
            };
        var real = ColumnPath.Of([.. fields.Select(field => field.Name)]);
        if (table.Schema.IsPartitionColumn(real.Names[0]))
            throw new FozException(
                ErrorKind.Usage, $"rows of {table.State.Table} cannot be ordered by the partition column {real}")
            {
                Hint = "each file holds one value of it already",
            };
        var kept = new StatisticsWriter(table.Schema, table.State.Metadata.Configuration).Columns;
        if (!kept.Contains(real) || fields[^1].Type is PrimitiveType
            {
                Kind: PrimitiveKind.Boolean or PrimitiveKind.Binary or PrimitiveKind.Variant
            })
            throw new FozException(
                ErrorKind.Usage, $"rows of {table.State.Table} cannot be ordered by {real}: files keep no bounds of it")
            {
                Hint = "a table keeps bounds of its first 32 columns, or of those in delta.dataSkippingStatsColumns",
            };
        return (real, fields[^1].Type);
    }
}
