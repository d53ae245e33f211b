using System.Globalization;

namespace Foz.Tests.Pipelines.Materializations;

/// <summary>What helps with dimensional models.</summary>
public sealed class DimensionTests : IDisposable
{
    readonly ModelLake lake = new();

    public void Dispose() => lake.Dispose();

    [Fact]
    public async Task A_surrogate_key_is_the_one_that_dbt_utils_makes()
    {
        lake.Write(
            "models/gold/keys.sql",
            "SELECT surrogate_key(1) AS a, surrogate_key(1, NULL, 'ç') AS b, "
                + "surrogate_key(1, 2, 3, 4, 5, 6, 7, 8) AS c");
        await lake.RunWellAsync();

        // md5 of '1', '1-_dbt_utils_surrogate_key_null_-ç' and '1-2-3-4-5-6-7-8'.
        Assert.Equal(
            ["c4ca4238a0b923820dcc509a6f75849b|b0f2ae4285437bc9c6a0452864912db8|d28f2f51ffe4b6d42b3e46a7cd7a72da"],
            await lake.RowsAsync("gold.keys"));
    }

    [Fact]
    public async Task A_date_dimension_has_a_row_for_each_day_as_the_calendars_of_NET_tell_it()
    {
        lake.Write("models/gold/dim_date.sql", """
            /* @foz
            grain: date_key
            @foz */
            SELECT * FROM date_dimension('1999-12-25', '2035-01-05', fiscal_month := 4)
            """);
        await lake.RunWellAsync();
        var rows = await lake.QueryAsync("""
            SELECT date_key, date, year, quarter, month, day, day_of_year, month_name, month_name_pt, day_name, day_name_pt, iso_year,
                iso_week, iso_day_of_week, iso_week_name, last_day_of_month, is_weekend, fiscal_year, fiscal_quarter, fiscal_month
            FROM gold.dim_date ORDER BY date
            """);

        string[] months =
        [
            "janeiro", "fevereiro", "março", "abril", "maio", "junho", "julho", "agosto", "setembro", "outubro",
            "novembro", "dezembro",
        ];
        string[] weekdays =
        [
            "domingo", "segunda-feira", "terça-feira", "quarta-feira", "quinta-feira", "sexta-feira", "sábado",
        ];
        var days = new List<string>();
        for (var day = new DateTime(1999, 12, 25); day <= new DateTime(2035, 1, 5); day = day.AddDays(1))
        {
            var shifted = day.AddMonths(-3);
            var isoYear = ISOWeek.GetYear(day);
            var isoDay = day.DayOfWeek == DayOfWeek.Sunday ? 7 : (int)day.DayOfWeek;
            var last = new DateTime(day.Year, day.Month, DateTime.DaysInMonth(day.Year, day.Month));
            days.Add(string.Create(CultureInfo.InvariantCulture,
                $"{day:yyyyMMdd}|{day:yyyy-MM-dd}"
                    + $"|{day.Year}|{(day.Month + 2) / 3}|{day.Month}|{day.Day}|{day.DayOfYear}|{day:MMMM}|")
                + string.Create(CultureInfo.InvariantCulture,
                $"{months[day.Month - 1]}"
                    + $"|{day:dddd}|{weekdays[(int)day.DayOfWeek]}|{isoYear}|{ISOWeek.GetWeekOfYear(day)}|")
                + string.Create(CultureInfo.InvariantCulture,
                $"{isoDay}|{isoYear}"
                    + $"-W{ISOWeek.GetWeekOfYear(day):00}|{last:yyyy-MM-dd}|{(isoDay > 5 ? "true" : "false")}|")
                + string.Create(CultureInfo.InvariantCulture,
                $"{shifted.Year + 1}|{(shifted.Month + 2) / 3}|{shifted.Month}"));
        }
        Assert.Equal(days, rows);
    }

    [Fact]
    public async Task Brazilian_holidays_are_those_of_the_nation_and_its_banks()
    {
        lake.Write("models/gold/dim_date.sql", "SELECT * FROM date_dimension('2024-01-01', '2026-12-31')");
        await lake.RunWellAsync();

        // As the calendar of the banks' association has them.
        Assert.Equal(
            ["2024-02-12 Carnaval", "2024-02-13 Carnaval", "2024-03-29 Paixão de Cristo", "2024-05-30 Corpus Christi",
                "2025-03-03 Carnaval", "2025-03-04 Carnaval", "2025-04-18 Paixão de Cristo",
                "2025-06-19 Corpus Christi",
                "2026-02-16 Carnaval", "2026-02-17 Carnaval", "2026-04-03 Paixão de Cristo",
                "2026-06-04 Corpus Christi"],
            await lake.QueryAsync("""
                SELECT date || ' ' || holiday_br FROM gold.dim_date
                WHERE holiday_br IN ('Carnaval', 'Paixão de Cristo', 'Corpus Christi') ORDER BY date
                """));
        Assert.Equal(["253", "252"], await lake.QueryAsync(
            "SELECT count(*) FROM gold.dim_date WHERE is_business_day_br AND year < 2026 GROUP BY year ORDER BY year"));
        Assert.Equal(
            ["2024"], await lake.QueryAsync("SELECT DISTINCT fiscal_year FROM gold.dim_date WHERE year = 2024"));
    }

    [Fact]
    public async Task A_grain_is_checked_before_the_commit()
    {
        lake.Write("models/gold/lines.sql", "/* @foz\ngrain: [id, line]\n@foz */ SELECT id, line FROM bronze.t");
        await lake.ReplaceAsync("SELECT * FROM (VALUES (1, 1), (1, 2)) v(id, line)");
        await lake.RunWellAsync();
        Assert.Equal(["id", "line"], lake.Load().FindModel(new("gold", "lines"))!.Grain);

        await lake.ReplaceAsync("SELECT * FROM (VALUES (1, 1), (1, 1), (2, NULL)) v(id, line)");
        var error = await lake.FailAsync();
        Assert.Contains("not_null(line): 1 of 3 rows", error.Message, StringComparison.Ordinal);
        Assert.Contains("unique(id, line): 1 of 3 rows", error.Message, StringComparison.Ordinal);
        Assert.Equal(2, error.Place!.Value.Line);
        Assert.Equal(["1|1", "1|2"], await lake.RowsAsync("gold.lines"));
    }
}
