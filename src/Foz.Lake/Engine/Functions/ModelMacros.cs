namespace Foz.Lake.Engine.Functions;

/// <summary>SQL functions that every database of the pool has besides DuckDB's own, written in SQL.</summary>
static class ModelMacros
{
    const int KeyColumnsMax = 8;

    /// <summary>The statements that make them.</summary>
    public static string Sql { get; } =
        $"""
        CREATE MACRO batch_start() AS CAST(now() AS TIMESTAMP);
        CREATE MACRO batch_end() AS CAST(now() AS TIMESTAMP);
        CREATE MACRO surrogate_key {string.Join(", ", Enumerable.Range(1, KeyColumnsMax).Select(SurrogateKey))};
        CREATE MACRO date_dimension(first_day, last_day, fiscal_month := 1) AS TABLE {DateDimension};
        """;

    /// <summary>As dbt_utils makes it, so that keys of both are the same.</summary>
    static string SurrogateKey(int count)
    {
        var names = Enumerable.Range(1, count).Select(i => $"c{i}").ToList();
        var texts = names.Select(name => $"coalesce(CAST({name} AS VARCHAR), '_dbt_utils_surrogate_key_null_')");
        return $"({string.Join(", ", names)}) AS md5({string.Join(" || '-' || ", texts)})";
    }

    /// <summary>
    /// One row a day. Weeks are those of ISO 8601; a fiscal year is called by the year in which it ends; holidays are
    /// Brazil's of the nation and of its banks, the movable ones by the Gregorian computus of Meeus, Jones and Butcher.
    /// </summary>
    const string DateDimension =
        """
        WITH days AS (
            SELECT CAST(unnest(generate_series(CAST(first_day AS TIMESTAMP), CAST(last_day AS TIMESTAMP), INTERVAL 1 DAY)) AS DATE) AS d),
        golden AS (
            SELECT *, year(d) % 19 AS a, year(d) // 100 AS b, year(d) % 100 AS c FROM days),
        moons AS (
            SELECT *, (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30 AS h FROM golden),
        sundays AS (
            SELECT *, (32 + 2 * (b % 4) + 2 * (c // 4) - h - c % 4) % 7 AS l FROM moons),
        easters AS (
            SELECT d, h + l - 7 * ((a + 11 * h + 22 * l) // 451) + 114 AS n FROM sundays),
        holidays AS (
            SELECT d, CASE
                WHEN strftime(d, '%m-%d') = '01-01' THEN 'Confraternização Universal'
                WHEN strftime(d, '%m-%d') = '04-21' THEN 'Tiradentes'
                WHEN strftime(d, '%m-%d') = '05-01' THEN 'Dia do Trabalho'
                WHEN strftime(d, '%m-%d') = '09-07' THEN 'Independência do Brasil'
                WHEN strftime(d, '%m-%d') = '10-12' THEN 'Nossa Senhora Aparecida'
                WHEN strftime(d, '%m-%d') = '11-02' THEN 'Finados'
                WHEN strftime(d, '%m-%d') = '11-15' THEN 'Proclamação da República'
                WHEN strftime(d, '%m-%d') = '11-20' AND year(d) >= 2024 THEN 'Dia da Consciência Negra'
                WHEN strftime(d, '%m-%d') = '12-25' THEN 'Natal'
                WHEN d - make_date(year(d), n // 31, n % 31 + 1) IN (-48, -47) THEN 'Carnaval'
                WHEN d - make_date(year(d), n // 31, n % 31 + 1) = -2 THEN 'Paixão de Cristo'
                WHEN d - make_date(year(d), n // 31, n % 31 + 1) = 60 THEN 'Corpus Christi'
                END AS holiday
            FROM easters)
        SELECT
            CAST(strftime(d, '%Y%m%d') AS INTEGER) AS date_key, d AS date,
            CAST(year(d) AS INTEGER) AS year, CAST(quarter(d) AS INTEGER) AS quarter, CAST(month(d) AS INTEGER) AS month,
            CAST(day(d) AS INTEGER) AS day, CAST(dayofyear(d) AS INTEGER) AS day_of_year,
            monthname(d) AS month_name,
            ['janeiro', 'fevereiro', 'março', 'abril', 'maio', 'junho', 'julho', 'agosto', 'setembro', 'outubro', 'novembro',
                'dezembro'][month(d)] AS month_name_pt,
            dayname(d) AS day_name,
            ['segunda-feira', 'terça-feira', 'quarta-feira', 'quinta-feira', 'sexta-feira', 'sábado', 'domingo'][isodow(d)]
                AS day_name_pt,
            CAST(isoyear(d) AS INTEGER) AS iso_year, CAST(week(d) AS INTEGER) AS iso_week,
            CAST(isodow(d) AS INTEGER) AS iso_day_of_week, strftime(d, '%G-W%V') AS iso_week_name,
            CAST(date_trunc('month', d) AS DATE) AS first_day_of_month, last_day(d) AS last_day_of_month,
            isodow(d) > 5 AS is_weekend, holiday AS holiday_br, isodow(d) < 6 AND holiday IS NULL AS is_business_day_br,
            CAST(year(d) + CASE WHEN fiscal_month > 1 AND month(d) >= fiscal_month THEN 1 ELSE 0 END AS INTEGER) AS fiscal_year,
            CAST((month(d) - fiscal_month + 12) % 12 // 3 + 1 AS INTEGER) AS fiscal_quarter,
            CAST((month(d) - fiscal_month + 12) % 12 + 1 AS INTEGER) AS fiscal_month
        FROM holidays
        """;
}
