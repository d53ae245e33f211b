using Foz.Connectors.Files.Contents;
using Foz.Connectors.Files.Csv;
using Foz.Lake;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Engine.Functions;
using Foz.Lake.Sql;

namespace Foz.Connectors.Files.Formats;

/// <summary>A Parquet file whose columns are known.</summary>
/// <param name="Source">The file.</param>
/// <param name="Columns">Its columns.</param>
sealed record ParquetInput(SourceFile Source, IReadOnlyList<ParquetColumn> Columns)
{
    /// <summary>The encoding that keeps each byte of values apart.</summary>
    public const string SplitStreams = "BYTE_STREAM_SPLIT";

    const string NoColumns = "Need at least one non-root column";

    /// <summary>Gets a text that differs between files that cannot be read together.</summary>
    public string Signature { get; } = string.Join('\n', Columns.Select(c => $"{c.Name}\0{c.EngineType}"));

    /// <summary>Reads a file's columns.</summary>
    /// <param name="source">The file.</param>
    /// <param name="session">Reads it.</param>
    /// <param name="workFolder">The folder for a copy of it; null where its values are not read.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>Null if it has no columns.</returns>
    /// <exception cref="FozException">Thrown when it is not a Parquet file, or damaged.</exception>
    public static ParquetInput? Open(
        SourceFile source, EngineSession session, string? workFolder, CancellationToken cancellationToken)
    {
        try
        {
            var columns = Describe(source, session, cancellationToken);
            if (columns.Any(c => c.TypeName.Contains("DOUBLE", StringComparison.Ordinal)))
                CheckDecimals(source, session, cancellationToken);
            var fields = columns.Select(c => c.ToField());
            if (workFolder is not null && columns.Any(c => c.TypeName.Contains("TIME ZONE", StringComparison.Ordinal))
                && ParquetInstants.CopyWithoutZone(source, workFolder) is { } copy)
                (source, columns) = (copy, Describe(copy, session, cancellationToken));
            return new(source,
                [
                    .. columns.Zip(
                        fields, (c, field) => new ParquetColumn(c.Name, c.TypeName, field) { IsNull = c.IsNull }),
                ]);
        }
        catch (FozException e) when (e.Kind is ErrorKind.Source)
        {
            throw;
        }
        catch (FozException e) when (e.Message.Contains(NoColumns, StringComparison.Ordinal))
        {
            return null;
        }
        catch (FozException e) when (e.Kind is not ErrorKind.Canceled)
        {
            throw new FozException(
                ErrorKind.Source, $"file {source.Input.Path} cannot be read as Parquet: {e.Message.Split('\n')[0]}", e);
        }
    }

    static IReadOnlyList<EngineColumn> Describe(
        SourceFile source, EngineSession session, CancellationToken cancellationToken)
    {
        var sql = $"SELECT * EXCLUDE ({FileOrigin.PathIdentifier}) FROM {ReadSql([source.FullPath])}";
        return UntypedNulls.Find(session, sql, session.Describe(sql, cancellationToken), cancellationToken);
    }

    /// <summary>
    /// Returns the error of columns with an encoding that the engine does not read; null if there is none.
    /// </summary>
    public static FozException? FindEncoding(
        SourceFile source, EngineSession session, CancellationToken cancellationToken)
    {
        using var rows = session.Query(
            $"""
            SELECT path_in_schema FROM parquet_metadata({SqlText.Literal(source.FullPath)})
            WHERE encodings LIKE '%{SplitStreams}%' AND type NOT IN ('FLOAT', 'DOUBLE') LIMIT 1
            """, cancellationToken);
        return rows.Rows(cancellationToken).Select(row => new FozException(
            ErrorKind.Source,
            $"file {source.Input.Path}: column {row[0]} has the encoding {SplitStreams}, "
            + "which is read of FLOAT and DOUBLE alone")
        {
            Hint = $"write that column without {SplitStreams}, as most programs do by default",
        }).FirstOrDefault();
    }

    /// <summary>The engine reads decimals of more digits than its own have as doubles, and those wrongly.</summary>
    static void CheckDecimals(SourceFile source, EngineSession session, CancellationToken cancellationToken)
    {
        using var rows = session.Query(
            $"SELECT name, precision FROM parquet_schema({SqlText.Literal(source.FullPath)}) WHERE precision > "
                + $"{Foz.DuckDB.DecimalValue.WidthMax} LIMIT 1",
            cancellationToken);
        foreach (var row in rows.Rows(cancellationToken))
            throw new FozException(
                ErrorKind.Source,
                $"file {source.Input.Path}: column {row[0]} is a decimal of {row[1]} digits, which is not supported")
            {
                Hint = $"write it with at most {Foz.DuckDB.DecimalValue.WidthMax} digits, or as text",
            };
    }

    /// <summary>The files as a relation: their columns, and as last one the path of the file.</summary>
    public static string ReadSql(IEnumerable<string> paths) =>
        $"read_parquet({CsvSql.FileList(paths)}, filename = '{FileOrigin.PathColumn}', hive_partitioning = false, "
        + "union_by_name = false)";
}

/// <summary>A column of a Parquet file.</summary>
/// <param name="Name">Its name in the file.</param>
/// <param name="EngineType">The type that the engine reads it as.</param>
/// <param name="Field">The column of a table that holds it.</param>
sealed record ParquetColumn(string Name, string EngineType, Field Field)
{
    /// <summary>How the engine writes the type of elements and fields that are null in all rows.</summary>
    const string NullType = "\"NULL\"";

    /// <summary>Whether it is null in all rows and has no type.</summary>
    public bool IsNull { get; init; }

    /// <summary>SQL of its value as another type.</summary>
    public string Cast(DataType type) =>
        IsOf(type) ? Identifier : $"CAST({Identifier} AS {ColumnTypes.NameOf(type)})";

    /// <summary>SQL of its value as another type; null where there is none.</summary>
    public string TryCast(DataType type) =>
        IsOf(type) ? Identifier : $"TRY_CAST({Identifier} AS {ColumnTypes.NameOf(type)})";

    /// <summary>SQL of whether its value as another type loses nothing; no SQL where none can.</summary>
    public string? Fits(DataType type)
    {
        if (IsNull || IsOf(type) || type == DataType.String || IsWider(type)) return null;
        if (Field.Type == DataType.String && EngineType == "VARCHAR") return TypedText.Fits(Identifier, type);
        var own = EngineType.Replace(NullType, "VARCHAR", StringComparison.Ordinal);
        return $"(TRY_CAST({TryCast(type)} AS {own}) IS NOT DISTINCT FROM {Identifier})";
    }

    /// <summary>SQL of the column.</summary>
    public string Identifier => SqlText.Identifier(Name);

    bool IsOf(DataType type) => ColumnTypes.NameOf(type) == EngineType;

    /// <summary>Whether a type holds every value of the engine's.</summary>
    bool IsWider(DataType type) => (EngineType, type) switch
    {
        ("TINYINT" or "UTINYINT", DataType.Primitive { Name: "short" or "integer" or "long" or "float" or "double" }) =>
            true,
        ("SMALLINT" or "USMALLINT", DataType.Primitive { Name: "integer" or "long" or "float" or "double" }) => true,
        ("INTEGER" or "UINTEGER", DataType.Primitive { Name: "long" or "double" }) => true,
        ("UBIGINT", DataType.Decimal { Scale: 0, Precision: >= 20 }) => true,
        ("BIGINT", DataType.Decimal { Scale: 0, Precision: >= 19 }) => true,
        ("FLOAT", DataType.Primitive { Name: "double" }) => true,
        ("TIMESTAMP_S" or "TIMESTAMP_MS", DataType.Primitive { Name: "timestamp_ntz" }) => true,
        _ => false,
    };
}
