using Foz.Connectors.Files.Contents;
using Foz.Lake;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Engine.Functions;
using Foz.Lake.Sql;

namespace Foz.Connectors.Files.Csv;

/// <summary>
/// Reads a batch of CSV files: first strictly, all by the engine in one statement; and when that fails, each file that
/// holds rows which cannot be read through a <see cref="CsvSifter"/>.
/// </summary>
sealed class CsvBatch : IDisposable
{
    const string Line = "line";
    readonly ReadContext context;
    readonly IReadOnlyList<Part> parts;
    readonly FileColumns columns;
    readonly RejectedRows rejected;
    IReadOnlyList<Warning> warnings = [];

    /// <summary>A file and the copy of it that takes its place, if there is one.</summary>
    sealed class Part(CsvFile file, string copyPath)
    {
        public CsvFile File { get; } = file;
        public string CopyPath { get; } = copyPath;
        public bool IsCopied { get; set; }
        public string Path => IsCopied ? CopyPath : File.Source.FullPath;
    }

    CsvBatch(IReadOnlyList<CsvFile> files, FileColumns columns, ReadContext context)
    {
        (this.context, this.columns) = (context, columns);
        parts = [.. files.Select((f, i) => new Part(f, Path.Combine(context.WorkFolder, $"sifted-{i}.csv")))];
        rejected = new RejectedRows(Path.Combine(context.WorkFolder, "rejected.csv"));
    }

    /// <summary>Starts reading.</summary>
    /// <param name="sources">The files of the batch.</param>
    /// <param name="dialect">How their fields are separated.</param>
    /// <param name="columns">The columns of the table; those that the files bring are added.</param>
    /// <param name="context">What reading needs of the platform.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static StreamRows Read(
        IReadOnlyList<SourceFile> sources, CsvDialect dialect, FileColumns columns, ReadContext context,
        CancellationToken cancellationToken)
    {
        var files = new CsvFile?[sources.Count];
        FileWork.ForEach(Enumerable.Range(0, sources.Count), context, i =>
        {
            files[i] = CsvFile.Open(sources[i], dialect);
            // The engine takes a gzip that is cut short for whole.
            if (files[i] is { CanEngineRead: true } && FileNames.CompressionOf(sources[i].FullPath) is Compression.Gzip)
                FileStreams.CheckWhole(sources[i], cancellationToken);
            if (files[i] is { CanEngineRead: true } file && new CsvSifter(file).HasLooseEscapes(cancellationToken))
                files[i] = file with { CanEngineRead = false };
        }, cancellationToken);
        var present = files.OfType<CsvFile>().ToList();
        foreach (var name in present.SelectMany(f => f.Names)) columns.Add(name, DataType.String, "csv");
        var batch = new CsvBatch(present, columns, context)
        {
            warnings =
            [
                .. columns.AddDeclared("csv", [.. present.Select(f => f.Source)]),
                .. present.DistinctBy(f => string.Join('\0', f.Names)).SelectMany(f => f.Doubts),
            ],
        };
        try
        {
            return batch.ReadStrictly(cancellationToken);
        }
        catch
        {
            batch.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => rejected.Dispose();

    StreamRows.Selected ReadStrictly(CancellationToken cancellationToken)
    {
        // Only copies know the lines of their rows.
        var numbersRows = context is { NumbersRows: true, NumbersLate: false };
        Copy(parts.Where(p => numbersRows || !p.File.CanEngineRead), cancellationToken);
        return Rows(isStrict: true, mayNumber: true);
    }

    StreamRows.Selected Rows(bool isStrict, bool mayNumber) => new(Select(isStrict))
    {
        Fields = columns.Fields,
        TellsPlaces = context.NumbersRows,
        RejectedSql = rejected.Select(),
        Warnings = isStrict ? warnings : [],
        Number = mayNumber && context.NumbersRows && Uncopied().Count > 0
            ? (files, ct) => Task.Run(() => Number(files, isStrict, ct), ct)
            : null,
        Recover = isStrict ? (error, ct) => Task.Run(() => Recover(error, ct), ct) : null,
        OnDispose = DisposeAsync,
    };

    /// <summary>Copies the files whose rows need their lines.</summary>
    StreamRows.Selected Number(IReadOnlySet<string> files, bool isStrict, CancellationToken cancellationToken)
    {
        Copy(Uncopied().Where(p => files.Contains(p.File.Source.Input.Path)), cancellationToken);
        return Rows(isStrict, mayNumber: false);
    }

    ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Sifts the files that the engine failed on.</summary>
    StreamRows.Selected? Recover(FozException error, CancellationToken cancellationToken)
    {
        if (error.Kind is not ErrorKind.Data) return null;
        Copy(Uncopied().Where(p => !new CsvSifter(p.File).IsClean(cancellationToken)), cancellationToken);
        // If no row is wrong in itself, values may not fit, or the engine and Foz read a file differently.
        if (!TrySetAsideMisfits(cancellationToken) || parts.All(p => !p.IsCopied))
        {
            Copy(Uncopied(), cancellationToken);
            TrySetAsideMisfits(cancellationToken);
        }
        return Rows(isStrict: false, mayNumber: true);
    }

    IReadOnlyList<Part> Uncopied() => [.. parts.Where(p => !p.IsCopied)];

    void Copy(IEnumerable<Part> chosen, CancellationToken cancellationToken) =>
        FileWork.ForEach(chosen, context, part =>
        {
            var hint = CsvHeader.Delimiter(part.File.Names, part.File.Dialect) is { } delimiter
                ? $": {CsvHeader.Setting(delimiter)}" : "";
            new CsvSifter(part.File).Copy(
                part.CopyPath,
                row => rejected.Add(part.File.Source.Input.Path, row.Line, row.Text, row.Fault + hint),
                cancellationToken);
            part.IsCopied = true;
        }, cancellationToken);

    /// <summary>Sets rows aside with values that do not fit the types of their columns.</summary>
    /// <returns>False where the engine cannot read the files.</returns>
    bool TrySetAsideMisfits(CancellationToken cancellationToken)
    {
        if (columns.Fields.All(f => f.Type == DataType.String)) return true;
        using var session = context.Engine.Open(Workload.Ingestion);
        try
        {
            if (Union(Uncopied(), SelectMisfits) is { Length: > 0 } sql)
            {
                using var found = session.Query(
                    $"SELECT DISTINCT {FileOrigin.PathIdentifier} FROM ({sql})", cancellationToken);
                var paths = found.Rows(cancellationToken).Select(row => (string)row[0]!).ToHashSet();
                Copy(Uncopied().Where(p => paths.Contains(p.Path)), cancellationToken);
            }
        }
        catch (FozException e) when (e.Kind is ErrorKind.Data)
        {
            return false;
        }
        var copied = parts.Where(p => p.IsCopied).ToList();
        if (Union(copied, SelectMisfits) is not { Length: > 0 } misfitsSql) return true;
        using var rows = session.Query(
            $"SELECT * FROM ({misfitsSql}) ORDER BY {FileOrigin.PathIdentifier}, {Line}", cancellationToken);
        var byPath = copied.ToDictionary(p => p.Path);
        using var misfits = rows.Rows(cancellationToken).GetEnumerator();
        var isMore = misfits.MoveNext();
        while (isMore)
        {
            var path = (string)misfits.Current[0]!;
            new CsvSifter(byPath[path].File).Reject(OfFile(path), rejected, cancellationToken);
        }
        return true;

        IEnumerable<(long, string)> OfFile(string path)
        {
            for (; isMore && (string)misfits.Current[0]! == path; isMore = misfits.MoveNext())
                yield return ((long)misfits.Current[1]!, (string)misfits.Current[2]!);
        }
    }

    /// <summary>The rows that can be read.</summary>
    /// <param name="isStrict">Whether one that cannot be is an error; otherwise they are left out.</param>
    string Select(bool isStrict)
    {
        return parts.Count == 0
            ? FileOrigin.NoRows(columns.Fields, context.NumbersRows)
            : Union(parts, group => SelectRows(group, isStrict));
    }

    string SelectRows(IReadOnlyList<Part> group, bool isStrict)
    {
        var values = columns.Fields.Select(field =>
        {
            var value = Reference(group[0], field) is not { } text ? $"CAST(NULL AS {ColumnTypes.NameOf(field.Type)})"
                : isStrict ? TypedText.Cast(text, field.Type)
                : TypedText.TryCast(text, field.Type);
            return $"{value} AS {SqlText.Identifier(field.Name)}";
        });
        var origin = FileOrigin.Select([.. group.Select(p => (p.Path, p.File.Source))]) + FileOrigin.Place(
            !context.NumbersRows ? null : group[0].IsCopied ? Line : "CAST(NULL AS BIGINT)");
        var typed = Typed(group[0]);
        var filter = isStrict
            ? TypedText.Guard(typed.Select(t => LosslessText.Test(t.Text, t.Field.Type)))
            : typed.Count == 0 ? "" : $"\nWHERE {AllFit(typed)}";
        return Read(group, $"{string.Join(", ", values)}, {origin}") + filter;
    }

    string? SelectMisfits(IReadOnlyList<Part> group)
    {
        var typed = Typed(group[0]);
        if (typed.Count == 0) return null;
        var reasons = typed.Select(t =>
            $"WHEN NOT {TypedText.Fits(t.Text, t.Field.Type)} THEN "
                + $"{TypedText.Reason(t.Field.Name, t.Text, t.Field.Type)}");
        var line = group[0].IsCopied ? Line : "0";
        return Read(
            group, $"{FileOrigin.PathIdentifier}, {line} AS {Line}, CASE {string.Join(' ', reasons)} END AS reason")
            + $"\nWHERE NOT ({AllFit(typed)})";
    }

    static string AllFit(IEnumerable<(Field Field, string Text)> typed) =>
        string.Join(" AND ", typed.Select(t => TypedText.Fits(t.Text, t.Field.Type)));

    /// <summary>The columns of a file that are not text.</summary>
    List<(Field Field, string Text)> Typed(Part part) =>
        [.. columns.Fields.Where(f => f.Type != DataType.String)
            .Select(f => (f, Reference(part, f))).Where(t => t.Item2 is not null).Select(t => (t.f, t.Item2!))];

    /// <summary>SQL of a column in a file; null where the file does not have it.</summary>
    static string? Reference(Part part, Field field)
    {
        for (var i = 0; i < part.File.Names.Count; i++)
            if (string.Equals(part.File.Names[i], field.Name, StringComparison.OrdinalIgnoreCase)) return $"c{i}";
        return null;
    }

    /// <summary>Returns a SELECT for each group of files that the engine can read in the same way.</summary>
    static string Union(IEnumerable<Part> parts, Func<IReadOnlyList<Part>, string?> select) =>
        string.Join("\nUNION ALL\n", parts
            .GroupBy(p => (p.IsCopied, SkipLines: p.IsCopied ? 0 : p.File.SkipLines, string.Join('\0', p.File.Names)))
            .Select(group => select([.. group])).OfType<string>());

    static string Read(IReadOnlyList<Part> group, string select)
    {
        var (first, isCopied) = (group[0].File, group[0].IsCopied);
        // By position: a column may have any name, that of a virtual column of the engine, too.
        var names = first.Names.Select((_, i) => ($"c{i}", "VARCHAR"));
        return CsvSql.Read(
            group.Select(p => p.Path), isCopied ? names.Prepend((Line, "BIGINT")) : names,
            isCopied ? CsvDialect.Canonical : first.Dialect, isCopied ? 0 : first.SkipLines, select);
    }
}
