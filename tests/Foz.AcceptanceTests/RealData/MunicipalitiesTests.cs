using Foz.Tests;

namespace Foz.AcceptanceTests.RealData;

/// <summary>Brazil's municipalities and states as CSV and as JSON, brought to bronze, silver and gold.</summary>
public sealed class MunicipalitiesTests : IDisposable
{
    readonly TestLake lake = new();

    public void Dispose() => lake.Dispose();

    [Fact]
    public async Task Csv_and_json_give_the_same_tables_equal_to_their_files()
    {
        var folder = Repository.SharedFolder("real");
        WriteProject(folder);

        var run = await lake.RunWellAsync();

        Assert.All(run.Steps, step => Assert.Equal(0, step.RowsRejected));
        var lines = File.ReadAllLines(Path.Combine(folder, "municipios.csv")).Skip(1).Where(line => line.Length > 0)
            .ToList();
        Assert.Equal([$"{lines.Count}"], await lake.QueryAsync("SELECT count(*) FROM bronze.municipios_csv"));
        // Raw is raw: the texts of the file, character for character.
        Assert.Equal(
            lines.Order(StringComparer.Ordinal),
            (await lake.QueryAsync("""
                SELECT concat_ws(',', codigo_ibge, nome, latitude, longitude, capital, codigo_uf, siafi_id, ddd, fuso_horario)
                FROM bronze.municipios_csv
                """)).Order(StringComparer.Ordinal));
        foreach (var (one, other) in new[] { ("csv", "json"), ("json", "csv") })
            Assert.Empty(await lake.QueryAsync(
                $"SELECT * FROM silver.municipios_{one} EXCEPT ALL SELECT * FROM silver.municipios_{other}"));

        Assert.Equal(
            [
                $"27|{lines.Count}|{lines.Sum(line => long.Parse(line.Split(',')[0]))}",
            ],
            await lake.QueryAsync("SELECT count(*), sum(municipios), sum(soma_codigos) FROM gold.municipios_por_uf"));
        Assert.Equal(["SP|645", "MG|853"], await lake.QueryAsync(
            "SELECT uf, municipios FROM gold.municipios_por_uf WHERE uf IN ('SP', 'MG') ORDER BY municipios"));
    }

    void WriteProject(string folder)
    {
        lake.Write("foz.yml", $$"""
            name: brasil
            lake: lake
            connections:
              ibge: {type: files, path: {{folder}}}
            """);
        lake.Write("sources/ibge.yml", """
            name: ibge
            connection: ibge
            schema: bronze
            streams:
              municipios_csv: {path: municipios.csv}
              municipios_json: {path: municipios.json}
              estados: {path: estados.csv}
              estados_json: {path: estados.json}
            """);
        foreach (var format in new[] { "csv", "json" })
            lake.Write($"models/silver/municipios_{format}.sql", $$"""
                /* @foz
                columns:
                  - {name: codigo_ibge, checks: [not_null, unique]}
                  - {name: codigo_uf, checks: [{name: relationships, to: bronze.estados_json, field: codigo_uf}]}
                @foz */
                SELECT codigo_ibge::INTEGER AS codigo_ibge, nome, latitude::DOUBLE AS latitude,
                    longitude::DOUBLE AS longitude, codigo_uf::BIGINT AS codigo_uf, ddd::INTEGER AS ddd, fuso_horario
                FROM bronze.municipios_{{format}}
                """);
        lake.Write("models/gold/municipios_por_uf.sql", """
            SELECT e.uf, count(*) AS municipios, sum(m.codigo_ibge) AS soma_codigos
            FROM silver.municipios_csv m JOIN bronze.estados e ON e.codigo_uf::BIGINT = m.codigo_uf GROUP BY ALL
            """);
    }
}
