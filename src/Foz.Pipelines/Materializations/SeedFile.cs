using Foz.Connectors;
using Foz.Connectors.Files.Contents;
using Foz.Connectors.Files.Csv;
using Foz.Lake;
using Foz.Lake.Engine;
using Foz.Pipelines.Projects;

namespace Foz.Pipelines.Materializations;

/// <summary>
/// A seed's CSV file, read as the connector of files reads: nothing of it is guessed, and a row that cannot be read is
/// an error with its line.
/// </summary>
/// <param name="model">The seed.</param>
/// <param name="seed">Its file.</param>
sealed class SeedFile(Model model, Materialization.Seed seed)
{
    /// <summary>The column of a loaded table that has the line of the file where a row begins.</summary>
    public const string LineColumn = "line";

    /// <summary>
    /// Makes a temporary table of its rows: <c>line</c>, and <c>c0</c>, <c>c1</c>, … as texts; a value of nothing is
    /// null.
    /// </summary>
    /// <param name="session">The session whose table it is.</param>
    /// <param name="table">The table's name; one of that name is replaced.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>The names of the columns, in order.</returns>
    /// <exception cref="FozException">The file has no header, or a row that cannot be read.</exception>
    public IReadOnlyList<string> Load(EngineSession session, string table, CancellationToken cancellationToken)
    {
        var file = Open();
        var folder = session.Pool.CreateTempFolder();
        try
        {
            var copy = Path.Combine(folder.FullName, "seed.csv");
            new CsvSifter(file).Copy(copy, row => throw Broken(row), cancellationToken);
            var texts = file.Names.Select((_, i) => (Name: $"c{i}", Type: "VARCHAR")).ToList();
            var values = texts.Select(text => $"nullif({text.Name}, '') AS {text.Name}").Prepend(LineColumn);
            var rows = CsvSql.Read(
                [copy], texts.Prepend((LineColumn, "BIGINT")), CsvDialect.Canonical, skipLines: 0,
                string.Join(", ", values));
            session.Execute($"CREATE OR REPLACE TEMP TABLE {table} AS {rows}", cancellationToken);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
        return file.Names;
    }

    CsvFile Open()
    {
        var source = new SourceFile(new FileInput(model.File, 0, default), seed.Path);
        CsvFile? file;
        try
        {
            file = CsvFile.Open(source, new() { Delimiter = (byte)seed.Delimiter });
        }
        catch (FozException e) when (e.Kind is ErrorKind.Data)
        {
            throw new FozException(e.Kind, e.Message, e) { Place = new(model.File, 1), Hint = Rules };
        }
        return file ?? throw new FozException(ErrorKind.Data, $"{model.File} is empty")
        {
            Place = new(model.File, 1),
            Hint = "its first line names the columns; a header alone is a table without rows",
        };
    }

    FozException Broken(CsvRowReader row) =>
        new(ErrorKind.Data, $"this line of {model.File} cannot be read: {row.Fault}")
        {
            Place = new(model.File, (int)row.Line), Hint = Rules,
        };

    string Rules =>
        $"a value that holds '{seed.Delimiter}', a quote or a line break stands in quotes, "
            + "and quotes in it are doubled; "
        + "'delimiter' says what stands between values";
}
