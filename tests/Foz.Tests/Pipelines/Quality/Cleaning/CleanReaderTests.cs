using Foz.Lake.Configuration;
using Foz.Pipelines.Quality;
using Foz.Pipelines.Quality.Cleaning;

namespace Foz.Tests.Pipelines.Quality.Cleaning;

public sealed class CleanReaderTests
{
    static (IReadOnlyList<CleanRule> Rules, ErrorList Errors) Read(string yaml, string? column = "c")
    {
        var errors = new ErrorList();
        return (new CleanReader(errors).Read(YamlReader.Read(yaml, "x.yml", errors), column), errors);
    }

    [Theory]
    [InlineData("trim", "trim(c) ")]
    [InlineData("[trim, empty_to_null, upper]", "trim(c) |empty_to_null(c) |upper(c) ")]
    [InlineData("[cpf, {cep: {on_invalid: null}}]", "cpf(c) Keep|cep(c) Null")]
    [InlineData("[{cnpj: {on_invalid: quarantine}}]", "cnpj(c) Quarantine")]
    [InlineData("[{cast: date}]", "cast(c) date Null  ")]
    [InlineData("[{cast: {type: date, pattern: '%d/%m/%Y', on_invalid: fail}}]", "cast(c) date Fail %d/%m/%Y ")]
    [InlineData(
        "[{cast: {type: 'decimal(12,2)', format: decimal_comma}}]", "cast(c) decimal(12,2) Null  decimal_comma")]
    [InlineData("[{fill: 0}]", "fill(c) 0")]
    [InlineData("[{replace: {pattern: '[^0-9]', by: ''}}]", "replace(c) [^0-9] ")]
    public void Rules_of_a_column_are_read(string yaml, string expected)
    {
        var (rules, errors) = Read(yaml);
        Assert.Equal([], errors.Items.Select(e => e.Describe()));
        Assert.Equal(
            expected,
            string.Join('|', rules.Select(rule => $"{rule.Name}({string.Join(',', rule.Columns)}) {rule.Signature}")));
    }

    [Fact]
    public void Rules_of_a_table_are_for_all_columns_of_text_or_name_theirs()
    {
        var (rules, errors) = Read(
            "- trim\n- lower: {columns: [mail, site]}\n- deduplicate: {keys: [id], order: at desc}\n- values: "
                + "{columns: [a], values: {S: yes, N: ~}}", column: null);
        Assert.Empty(errors.Items);
        Assert.Equal(["", "mail,site", "", "a"], rules.Select(rule => string.Join(',', rule.Columns)));
        Assert.Equal("at desc", Assert.IsType<CleanRule.Deduplicate>(rules[2]).Order);
        Assert.Equal([new("S", "yes"), new("N", null)], Assert.IsType<CleanRule.Values>(rules[3]).ByOld);
    }

    [Theory]
    [InlineData("[trimm]", "x.yml:1:2: unknown rule 'trimm'\n  did you mean 'trim'?")]
    [InlineData("[{fill: ~}]", "x.yml:1:3: 'fill' needs a value\n  write - fill: unknown")]
    [InlineData(
        "[cast]", "x.yml:1:2: 'cast' needs a type\n  write - cast: date, or - cast: {type: date, pattern: '%d/%m/%Y'}")]
    [InlineData(
        "[{cast: {type: date, on_invalid: keep}}]",
        "x.yml:1:34: a value cannot be kept in a column of another type\n  write null, fail, drop or quarantine")]
    [InlineData("[{cpf: {on_invalid: nul}}]", "x.yml:1:21: unknown on_invalid 'nul'\n  did you mean 'null'?")]
    [InlineData("[{trim: {colums: [a]}}]", "x.yml:1:10: unknown key 'colums'|")]
    [InlineData(
        "[{deduplicate: {keys: [id]}}]",
        "x.yml:1:3: 'deduplicate' is a rule of a table\n  move it to 'clean' of the table")]
    [InlineData(
        "[{replace: {pattern: a}}]",
        "x.yml:1:3: 'replace' needs 'pattern' and 'by'\n  write - replace: {pattern: '[^0-9]', by: ''}")]
    [InlineData(
        "[{cast: {type: date, pattern: '%Q'}}]",
        "x.yml:1:31: '%Q' is no part of a date or time\n  write what the texts look like, such as '%d/%m/%Y' or '%Y-%m-%d %H:%M:%S'")]
    [InlineData(
        "[{cast: {type: date, pattern: '%d/%m/%'}}]",
        "x.yml:1:31: the pattern '%d/%m/%' ends within a part\n  write what")]
    [InlineData(
        "[{cast: {type: date, pattern: dd/mm/yyyy}}]",
        "x.yml:1:31: the pattern 'dd/mm/yyyy' names no part of a date or time\n  write what")]
    [InlineData(
        "[{cast: {type: integer, pattern: '%Y'}}]",
        "x.yml:1:34: 'pattern' is for dates and times, and integer is none")]
    [InlineData(
        "[{cast: {type: date, format: decimal_comma}}]",
        "x.yml:1:30: a value of the format 'decimal_comma' cannot be date")]
    [InlineData(
        "[{cast: {type: 'decimal(9,2)', format: date_br}}]",
        "x.yml:1:40: a value of the format 'date_br' cannot be decimal(9,2)")]
    [InlineData(
        "[{cast: {type: date, format: date, pattern: '%Y'}}]",
        "x.yml:1:45: 'pattern' and 'format' both say how the values are written: leave one of them out")]
    [InlineData(
        "[[trim]]", "x.yml:1:2: a rule must be a name or a mapping with one, not a list\n  write - trim, or - fill: 0")]
    public void Mistakes_are_told(string yaml, string expected) =>
        Assert.StartsWith(
            expected.TrimEnd('|'), Assert.Single(Read(yaml).Errors.Items).Describe(), StringComparison.Ordinal);

    [Theory]
    [InlineData(
        "[{fill: 0}]",
        "x.yml:1:3: 'fill' of a table must name its columns\n  move it to a column, or add 'columns: […]' to it")]
    [InlineData(
        "[deduplicate]",
        "x.yml:1:2: 'deduplicate' needs 'keys'\n  write - deduplicate: {keys: [id], order: updated_at desc}")]
    public void Mistakes_of_a_table_are_told(string yaml, string expected) =>
        Assert.Equal(expected, Assert.Single(Read(yaml, column: null).Errors.Items).Describe());
}
