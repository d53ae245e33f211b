using Foz.Connectors.Files.Contents;
using Foz.Connectors.Files.Csv;
using Foz.Connectors.PostgreSql;
using Foz.Connectors.Registry;
using Foz.Lake.Configuration;

namespace Foz.Tests.Documentation;

/// <summary>Holds docs/reference/sources.md against what connectors declare.</summary>
public sealed class SourceReferenceTests
{
    const string Name = "docs/reference/sources.md";

    [Theory]
    [InlineData("files", "files")]
    [InlineData("http", "HTTP APIs")]
    [InlineData("database", "databases")]
    [InlineData("airbyte", "Airbyte connectors")]
    [InlineData("singer", "Singer taps")]
    [InlineData("postgresql", "PostgreSQL")]
    [InlineData("delta", "Delta tables")]
    [InlineData("iceberg", "Iceberg tables")]
    [InlineData("mariadb", "MariaDB")]
    [InlineData("mongodb", "MongoDB")]
    [InlineData("python", "sources in Python")]
    public void Every_setting_of_a_connector_is_documented_as_it_is_declared(string type, string title)
    {
        var connector = ConnectorRegistry.Find(type)!;
        Generated.Table(
            MarkdownDocument.Read(Name), $"### Connections of {title}",
            connector.ConnectionSettings.SelectMany(SettingRows.Of));
        Generated.Table(
            MarkdownDocument.Read(Name), $"### Streams of {title}",
            connector.StreamSettings.SelectMany(SettingRows.Of));
    }

    [Fact]
    public void Every_connector_has_a_section() => Assert.Equal(
        ConnectorRegistry.Connectors.Select(connector => connector.Type).Order(),
        MarkdownDocument.Find(Name).Lines.Where(line => line.StartsWith("## ", StringComparison.Ordinal))
            .Select(line => line[3..]).Order());

    [Fact]
    public void Defaults_are_what_a_connection_without_settings_has()
    {
        var options = PgOptionsReader.Read(Settings.Of(("user", "ana")), "/project");
        Assert.Equal(
            new Dictionary<string, string>
            {
                ["host"] = $"`{options.Host}`", ["port"] = $"{options.Port}",
                ["database"] = options.Database == "ana" ? "the user's name" : options.Database,
                ["sslmode"] = $"`{options.SslMode.ToString().ToLowerInvariant()}`",
                ["sslrootcert"] = options.RootCertificateFile ?? "those of the operating system",
                ["channel_binding"] = options.RequiresChannelBinding ? "`require`" : "`prefer`",
                ["connect_timeout"] = $"{options.ConnectTimeout.TotalSeconds}",
                ["application_name"] = $"`{options.ApplicationName}`",
                ["read_timeout"] = $"{options.ReadTimeout.TotalMinutes}m",
                ["statement_timeout"] = options.StatementTimeout ?? "the server's own",
                ["connections_max"] = options.ConnectionsMax == Math.Min(Environment.ProcessorCount, 4)
                    ? "as many as processors, up to 4" : $"{options.ConnectionsMax}",
            },
            PgOptions.Specs.Where(spec => spec.Default is not null)
                .ToDictionary(spec => spec.Name, spec => spec.Default!));
    }

    [Fact]
    public void Defaults_are_what_a_stream_of_files_without_settings_has()
    {
        var specs = ConnectorRegistry.Find("files")!.StreamSettings.ToDictionary(
            spec => spec.Name, spec => spec.Default);
        var (csv, tsv) =
            (CsvDialect.Read(Settings.Empty, FileFormat.Csv), CsvDialect.Read(Settings.Empty, FileFormat.Tsv));
        Assert.Equal(
            (',', '\t', "a comma; in TSV a tabulator"), ((char)csv.Delimiter, (char)tsv.Delimiter, specs["delimiter"]));
        Assert.Equal((true, "`true`"), (csv.HasHeader, specs["header"]));
        Assert.Equal(('"', "`\"`"), ((char?)csv.Quote, specs["quote"]));
        Assert.Equal((csv.Quote, "the quote itself"), (csv.Escape, specs["escape"]));
        Assert.Equal(($"{csv.SkipRows}", 0), (specs["skip_rows"], csv.NullValues.Count));
        Assert.Equal((null, "UTF-8; with a byte-order mark, UTF-16"), (csv.Encoding, specs["encoding"]));
    }
}
