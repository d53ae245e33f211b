using Foz.Connectors.Files.Contents;
using Foz.Connectors.Files.Csv;
using Foz.Lake;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Engine.Functions;
using Foz.Lake.Sql;

namespace Foz.Connectors.Files.Formats;

/// <summary>
/// Reads a batch of Parquet files by the engine, in the types that they have. Where a type is not that of the table, a
/// value that the table's type does not hold without loss is set aside.
/// </summary>
sealed class ParquetBatch
{
    const string Row = "CAST(file_row_number + 1 AS BIGINT)";
    readonly IReadOnlyList<ParquetInput> files;
    readonly IReadOnlyList<Field> fields;
    readonly ReadContext context;
    readonly IReadOnlyList<Warning> warnings;

    ParquetBatch(
        IReadOnlyList<ParquetInput> files, IReadOnlyList<Field> fields, ReadContext context,
        IReadOnlyList<Warning> warnings) =>
        (this.files, this.fields, this.context, this.warnings) = (files, fields, context, warnings);

    /// <summary>Starts reading.</summary>
    /// <param name="sources">The files of the batch.</param>
    /// <param name="columns">The columns of the table; those that the files bring are added.</param>
    /// <param name="context">What reading needs of the platform.</param>
    /// <param name="session">Reads the files' columns.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <param name="format">The original format of the files.</param>
    public static StreamRows Read(
        IReadOnlyList<SourceFile> sources, FileColumns columns, ReadContext context, EngineSession session,
        CancellationToken cancellationToken, string format = "parquet")
    {
        var looked = sources.Where(s => s.Input.SizeBytes > 0)
            .Select(s => (Source: s, File: ParquetInput.Open(s, session, context.WorkFolder, cancellationToken)))
            .ToList();
        var opened = looked.Select(l => l.File).OfType<ParquetInput>().ToList();
        var found = looked.Where(l => l.File is null)
            .Select(l => new Warning($"file {l.Source.Input.Path} has no columns: nothing of it is read")).ToList();
        foreach (var ofName in opened.SelectMany(f => f.Columns)
            .GroupBy(c => FileColumns.ColumnName(c.Name), StringComparer.OrdinalIgnoreCase))
        {
            var typed = ofName.Where(c => !c.IsNull).ToList();
            var types = typed.Select(c => c.EngineType).Distinct().ToList();
            if (types.Count == 0 && columns.Find(ofName.Key) is null && !columns.Declared.ContainsKey(ofName.Key))
            {
                found.Add(new(
                    $"column {ofName.Key} is null in all rows and has no type: it is left out until a file has one",
                    $"columns: {{{ofName.Key}: varchar}} keeps it"));
                continue;
            }
            var field = types.Count == 0 ? ofName.First().Field
                : typed.Select(c => c.Field.Type).Distinct().Count() == 1 ? typed[0].Field
                : Common(types, session, cancellationToken);
            columns.AddOrExtend(ofName.Key, field.Type, $"{format}:{string.Join('|', types)}");
        }
        found.AddRange(columns.AddDeclared(format, sources));
        return new ParquetBatch(opened, columns.Fields, context, found).Select(isStrict: true);
    }

    static Field Common(IEnumerable<string> types, EngineSession session, CancellationToken cancellationToken) =>
        session.Describe(
            string.Join(" UNION ALL ", types.Select(type => $"SELECT CAST(NULL AS {type}) AS value")),
            cancellationToken)[0]
            .ToField();

    StreamRows.Selected Select(bool isStrict) =>
        new(files.Count == 0
            ? FileOrigin.NoRows(fields, context.NumbersRows)
            : Union((group, from) => SelectRows(group, from, isStrict)))
        {
            Fields = fields,
            TellsPlaces = context.NumbersRows,
            Warnings = warnings,
            RejectedSql = isStrict ? null : Union(SelectMisfits) is { Length: > 0 } misfits ? misfits : null,
            Recover = isStrict ? Recover : null,
        };

    Task<StreamRows.Selected?> Recover(FozException error, CancellationToken cancellationToken)
    {
        if (error.Message.Contains(ParquetInput.SplitStreams, StringComparison.Ordinal))
        {
            using var session = context.Engine.Open(Workload.Ingestion);
            foreach (var file in files)
                if (ParquetInput.FindEncoding(file.Source, session, cancellationToken) is { } named) throw named;
        }
        return Task.FromResult(
            error.Kind is ErrorKind.Data && files.Any(f => Tests(f).Count > 0) ? Select(isStrict: false) : null);
    }

    string SelectRows(IReadOnlyList<ParquetInput> group, string from, bool isStrict)
    {
        var values = fields.Select(field =>
        {
            var column = Find(group[0], field);
            var value = column is null ? $"CAST(NULL AS {ColumnTypes.NameOf(field.Type)})"
                : isStrict ? column.Cast(field.Type) : column.TryCast(field.Type);
            return $"{value} AS {SqlText.Identifier(field.Name)}";
        });
        var tests = Tests(group[0]).Select(t => t.Fits).ToList();
        var filter = isStrict
            ? TypedText.Guard(tests)
            : tests.Count == 0 ? "" : $"\nWHERE {string.Join(" AND ", tests)}";
        var origin = FileOrigin.Select([.. group.Select(f => (f.Source.FullPath, f.Source))])
            + FileOrigin.Place(context.NumbersRows ? Row : null);
        return $"SELECT {string.Join(", ", [.. values, origin])}\nFROM {from}{filter}";
    }

    string? SelectMisfits(IReadOnlyList<ParquetInput> group, string from)
    {
        var tests = Tests(group[0]);
        if (tests.Count == 0) return null;
        var path = FileOrigin.Value(
            [.. group.Select(f => (f.Source.FullPath, f.Source))], f => SqlText.Literal(f.Path));
        var text = string.Join(", ", group[0].Columns.Select(c => $"{SqlText.Identifier(c.Name)}: {c.Identifier}"));
        var reasons = tests.Select(t => $"WHEN NOT {t.Fits} THEN {t.Reason}");
        return $"SELECT {path} AS file, {Row} AS line, "
            + $"left(CAST(to_json({{{text}}}) AS VARCHAR), {RejectedRows.TextBytesMax}) AS text, "
            + $"CASE {string.Join(' ', reasons)} END AS reason\nFROM {from}\n"
            + $"WHERE NOT ({string.Join(" AND ", tests.Select(t => t.Fits))})";
    }

    /// <summary>Whether the values of a file fit the columns, where that is not certain.</summary>
    List<(string Fits, string Reason)> Tests(ParquetInput file) =>
    [
        .. fields.Select(field => (Field: field, Column: Find(file, field)))
            .Select(f => (f.Field, f.Column, Fits: f.Column?.Fits(f.Field.Type)))
            .Where(f => f.Fits is not null)
            .Select(f => (f.Fits!, TypedText.Reason(
                f.Field.Name, $"CAST({f.Column!.Identifier} AS VARCHAR)", f.Field.Type))),
    ];

    static ParquetColumn? Find(ParquetInput file, Field field) => file.Columns.FirstOrDefault(
        c => string.Equals(FileColumns.ColumnName(c.Name), field.Name, StringComparison.OrdinalIgnoreCase));

    string Union(Func<IReadOnlyList<ParquetInput>, string, string?> select) => string.Join("\nUNION ALL\n", files
        .GroupBy(f => f.Signature)
        .Select(group => select([.. group], ParquetInput.ReadSql(group.Select(f => f.Source.FullPath))))
        .OfType<string>());
}
