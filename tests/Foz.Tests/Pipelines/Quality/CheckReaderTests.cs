using Foz.Lake.Configuration;
using Foz.Lake.Data;
using Foz.Pipelines.Quality;

namespace Foz.Tests.Pipelines.Quality;

public sealed class CheckReaderTests
{
    static (IReadOnlyList<CheckDefinition> Checks, ErrorList Errors) Read(
        string yaml, string? column = "c", OnViolation onViolation = OnViolation.Fail)
    {
        var errors = new ErrorList();
        var node = YamlReader.Read(yaml, "x.yml", errors);
        return (new CheckReader(onViolation, errors).Read(node, column), errors);
    }

    static CheckDefinition One(string yaml, string? column = "c")
    {
        var (checks, errors) = Read(yaml, column);
        Assert.Equal([], errors.Items.Select(e => e.Describe()));
        return Assert.Single(checks);
    }

    [Theory]
    [InlineData("- not_null")]
    [InlineData("- name: not_null")]
    [InlineData("- not_null: ")]
    [InlineData("- not_null: {}")]
    public void A_check_without_arguments_has_many_spellings(string yaml) =>
        Assert.Equal("c", Assert.IsType<CheckDefinition.NotNull>(One(yaml)).Column);

    [Theory]
    [InlineData("- accepted_values: [a, 'b', 1, true, ~]")]
    [InlineData("- accepted_values: {values: [a, b, 1, true]}")]
    [InlineData("- accepted_values:\n    arguments:\n      values: [a, b, 1, true]")]
    [InlineData("- name: accepted_values\n  value: [a, b, 1, true]")]
    [InlineData("- name: accepted_values\n  values: [a, b, 1, true]")]
    public void Accepted_values_have_bruins_and_dbts_spelling(string yaml) =>
        Assert.Equal(["a", "b", "1", "true"], Assert.IsType<CheckDefinition.AcceptedValues>(One(yaml)).Values);

    [Theory]
    [InlineData("- relationships: {to: silver.customers, field: id}")]
    [InlineData("- name: relationships\n  to: lake.silver.customers\n  field: id")]
    public void Relationships_name_a_table_and_a_column(string yaml)
    {
        var check = Assert.IsType<CheckDefinition.Relationships>(One(yaml));
        Assert.Equal((new TableName("silver", "customers"), "id"), (check.To, check.Field));
    }

    [Theory]
    [InlineData("- min: 0", "0", true)]
    [InlineData("- min: -1.5", "-1.5", true)]
    [InlineData("- min: '0'", "0", false)]
    [InlineData("- name: min\n  value: 2024-01-01", "2024-01-01", false)]
    [InlineData("- max: 1e3", "1e3", false)]
    public void Limits_are_numbers_or_texts(string yaml, string text, bool isNumber)
    {
        var limit = One(yaml) switch
        {
            CheckDefinition.Min min => min.Limit,
            CheckDefinition.Max max => max.Limit,
            _ => default,
        };
        Assert.Equal(new(text, isNumber), limit);
    }

    [Theory]
    [InlineData("- row_count: 10", 10L, 10L)]
    [InlineData("- row_count: {min: 1}", 1L, null)]
    [InlineData("- name: row_count\n  max: 5", null, 5L)]
    [InlineData("- name: row_count\n  value: 0", 0L, 0L)]
    public void A_row_count_has_limits(string yaml, long? min, long? max)
    {
        var check = Assert.IsType<CheckDefinition.RowCount>(One(yaml, column: null));
        Assert.Equal((min, max), (check.RowsMin, check.RowsMax));
    }

    [Theory]
    [InlineData("- unique: [a, b]")]
    [InlineData("- unique: {columns: [a, b]}")]
    [InlineData("- name: unique\n  columns: [a, b]")]
    public void A_key_of_several_columns_is_unique_together(string yaml) =>
        Assert.Equal("unique(a, b)", One(yaml, column: null).Title);

    [Fact]
    public void Not_null_of_several_columns_is_a_check_each() =>
        Assert.Equal(
            ["not_null(a)", "not_null(b)"], Read("- not_null: [a, b]", column: null).Checks.Select(c => c.Title));

    [Theory]
    [InlineData("- name: reconciled\n  query: select 1\n  value: true", "reconciled", "select 1", "true")]
    [InlineData("- custom: {name: reconciled, query: select 1}", "reconciled", "select 1", null)]
    [InlineData("- name: custom\n  query: |\n    select 1\n    from a", "custom", "select 1\nfrom a", null)]
    public void A_sql_check_has_a_query(string yaml, string name, string query, string? value)
    {
        var check = Assert.IsType<CheckDefinition.Custom>(One(yaml, column: null));
        Assert.Equal((name, query, value), (check.Name, check.Query, check.Value));
        Assert.Equal(name, check.Title);
    }

    [Fact]
    public void A_query_in_a_block_starts_on_the_next_line()
    {
        var check = Assert.IsType<CheckDefinition.Custom>(
            One("- name: custom\n  query: |\n    select 1", column: null));
        Assert.Equal("x.yml:3", check.QueryPlace.ToString());
    }

    [Theory]
    [InlineData("- not_null", OnViolation.Warn)]
    [InlineData("- name: not_null\n  on_violation: fail", OnViolation.Fail)]
    [InlineData("- not_null: {severity: error}", OnViolation.Fail)]
    [InlineData("- not_null: {config: {severity: ERROR}}", OnViolation.Fail)]
    [InlineData("- not_null:\n  severity: error", OnViolation.Fail)]
    [InlineData("- name: not_null\n  blocking: true", OnViolation.Fail)]
    [InlineData("- name: not_null\n  blocking: false", OnViolation.Warn)]
    public void What_a_violation_does_has_many_spellings(string yaml, OnViolation expected) =>
        Assert.Equal(expected, Assert.Single(Read(yaml, onViolation: OnViolation.Warn).Checks).OnViolation);

    [Fact]
    public void A_check_keeps_its_place_and_description()
    {
        var check = One("\n- name: positive\n  description: As agreed");
        Assert.Equal(("x.yml:2:9", "As agreed"), (check.Place.ToString(), check.Description));
    }

    [Theory]
    [InlineData("- not_nul", "x.yml:1:3: unknown check 'not_nul'\n  did you mean 'not_null'?")]
    [InlineData("- name: uniqe", "x.yml:1:9: unknown check 'uniqe'\n  did you mean 'unique'?")]
    [InlineData(
        "- acepted_values: [a]", "x.yml:1:3: unknown check 'acepted_values'\n  did you mean 'accepted_values'?")]
    [InlineData(
        "- accepted_values",
        "x.yml:1:3: 'accepted_values' needs the list of values\n  write - accepted_values: [a, b]")]
    [InlineData(
        "- accepted_values: {vlaues: [a]}",
        "x.yml:1:3: 'accepted_values' needs the list of values\n  write - accepted_values: [a, b]|x.yml:1:21: unknown key 'vlaues'\n  did you mean 'values'?")]
    [InlineData(
        "- relationships: {to: silver.a}",
        "x.yml:1:3: 'relationships' needs 'to' and 'field'\n  write - relationships: {to: silver.customers, field: id}")]
    [InlineData(
        "- relationships: {to: customers, field: id}",
        "x.yml:1:23: 'customers' is not a table name\n  write schema.table, such as silver.customers")]
    [InlineData("- min", "x.yml:1:3: 'min' needs one value\n  write - min: 0")]
    [InlineData("- min: [1]", "x.yml:1:8: 'min' needs one value\n  write - min: 0")]
    [InlineData("- pattern", "x.yml:1:3: 'pattern' needs a regular expression\n  write - pattern: '^[0-9]{8}$'")]
    [InlineData("- row_count: 1", "x.yml:1:3: 'row_count' is a check of a table\n  move it to the checks of the table")]
    [InlineData(
        "- custom: {query: select 1}",
        "x.yml:1:3: a SQL check is a check of a table\n  move it to the checks of the table")]
    [InlineData(
        "- mean: {min: 1, on_violation: drop}",
        "x.yml:1:32: 'mean' looks at the table as a whole: there are no rows to drop\n  write on_violation: fail, or warn")]
    [InlineData(
        "- min: {value: 1, mostly: 2}",
        "x.yml:1:27: 'mostly' must be above 0 and at most 1, not '2'\n  write 0.95 for 95 % of the rows")]
    [InlineData(
        "- min: {value: 1, mostly: 0.9, on_violation: drop}",
        "x.yml:1:27: 'mostly' cannot stand with on_violation: drop\n  each row that breaks the check is taken out: leave 'mostly' out, or warn")]
    [InlineData("- mean: {min: 1, mostly: 0.9}", "x.yml:1:26: 'mean' takes no 'mostly'\n  it is for checks of rows")]
    [InlineData("- range", "x.yml:1:3: 'range' needs 'min' or 'max'\n  write - range: {min: 0, max: 1}")]
    [InlineData("- length: {min: 5, max: 1}", "x.yml:1:17: 'length' has no number from 5 to 1")]
    [InlineData("- range: {min: 5, max: 1}", "x.yml:1:16: 'range' has no value from 5 to 1")]
    [InlineData("- range: {min: 5, max: 5, inclusive: false}", "x.yml:1:16: 'range' has no value above 5 and below 5")]
    [InlineData(
        "- range: {min: '2024-02-01', max: 2024-01-31}",
        "x.yml:1:16: 'range' has no value from 2024-02-01 to 2024-01-31")]
    [InlineData(
        "- null_ratio: {max: 5}",
        "x.yml:1:21: 'null_ratio' is a part of all, from 0 to 1, and never 5\n  write 0.05 for 5 %")]
    [InlineData(
        "- distinct_ratio: {min: 0.5, max: 1.5}",
        "x.yml:1:35: 'distinct_ratio' is a part of all, from 0 to 1, and never 1.5\n  write 0.05 for 5 %")]
    [InlineData(
        "- not_null: {on_violation: warn, severity: error}",
        "x.yml:1:44: 'severity' says fail, and 'on_violation' says warn\n  leave one of them out")]
    [InlineData(
        "- not_null: {severity: warn, blocking: true}",
        "x.yml:1:40: 'blocking' says fail, and 'severity' says warn\n  leave one of them out")]
    [InlineData(
        "- format: {value: date, pattern: '%Q'}",
        "x.yml:1:34: '%Q' is no part of a date or time\n  write what the texts look like, such as '%d/%m/%Y' or '%Y-%m-%d %H:%M:%S'")]
    [InlineData("- type", "x.yml:1:3: 'type' needs a type\n  write - type: bigint")]
    [InlineData("- format: emial", "x.yml:1:11: unknown format 'emial'\n  did you mean 'email'?")]
    [InlineData(
        "- format: {value: cpf, pattern: '%d'}",
        "x.yml:1:33: the format 'cpf' takes no 'pattern'\n  date and timestamp do, such as '%d/%m/%Y'")]
    [InlineData(
        "- compare: shipped",
        "x.yml:1:12: 'shipped' does not compare two columns by one of < <= = <> >= >\n  write - compare: '>= ordered_on'")]
    [InlineData(
        "- compare: 'a >= b'",
        "x.yml:1:12: 'a >= b' does not compare two columns by one of < <= = <> >= >\n  write - compare: '>= ordered_on'")]
    [InlineData("- expression", "x.yml:1:3: 'expression' needs a SQL condition\n  write - expression: '> 0'")]
    [InlineData("- mean: {min: a}", "x.yml:1:15: 'min' must be a number, not 'a'")]
    [InlineData("- mean", "x.yml:1:3: 'mean' needs 'min' or 'max'\n  write - mean: {min: 1, max: 10}")]
    [InlineData(
        "- quantile: {quantile: 2, max: 1}",
        "x.yml:1:24: 'quantile' needs 'quantile', from 0 to 1\n  write - quantile: {quantile: 0.95, max: 100}")]
    [InlineData("- freshness: soon", "x.yml:1:14: 'soon' is not a length of time\n  write - freshness: 1 day")]
    [InlineData(
        "- dbt_utils.acepted_range: {min_value: 1}",
        "x.yml:1:3: unknown check 'dbt_utils.acepted_range'\n  did you mean 'dbt_utils.accepted_range'?")]
    [InlineData("- not_null: {on_violation: wran}", "x.yml:1:28: unknown on_violation 'wran'\n  did you mean 'warn'?")]
    [InlineData("- not_null: {blocking: maybe}", "x.yml:1:24: 'blocking' must be true or false, not 'maybe'")]
    [InlineData(
        "- not_null: {column: a}",
        "x.yml:1:14: unknown key 'column'\n  known: on_violation, severity, blocking, description, where, mostly")]
    [InlineData(
        "- {a: 1, b: 2}",
        "x.yml:1:3: a check must be a name or a mapping with one, not a mapping\n  write - not_null, - min: 0, or - name: min with value: 0 below it")]
    [InlineData(
        "- [not_null]",
        "x.yml:1:3: a check must be a name or a mapping with one, not a list\n  write - not_null, - min: 0, or - name: min with value: 0 below it")]
    [InlineData(
        "not_null",
        "x.yml:1:1: 'checks' must be a list, not 'not_null'\n  write each check on a line of its own: - not_null")]
    public void Mistakes_in_a_columns_checks_are_told(string yaml, string expected) =>
        Assert.Equal(expected.Split('|'), Read(yaml).Errors.Items.Select(e => e.Describe()));

    [Theory]
    [InlineData(
        "- not_null", "x.yml:1:3: 'not_null' of a table must name its columns\n  write - not_null: {columns: [a, b]}")]
    [InlineData(
        "- positive", "x.yml:1:3: 'positive' is a check of a column\n  move it to a column, or add 'column: …' to it")]
    [InlineData("- row_count", "x.yml:1:3: 'row_count' needs a number\n  write - row_count: {min: 1}")]
    [InlineData("- row_count: many", "x.yml:1:14: 'value' must be a whole number of at least 0, not 'many'")]
    [InlineData("- row_count: {min: 5, max: 1}", "x.yml:1:20: 'row_count' has no number from 5 to 1")]
    [InlineData(
        "- row_count_to",
        "x.yml:1:3: 'row_count_to' needs the other table\n  write - row_count_to: {to: bronze.orders, min: 0.99, max: 1}")]
    [InlineData("- row_count_to: {to: a.b, min: 2, max: 1}", "x.yml:1:32: 'row_count_to' has no number from 2 to 1")]
    [InlineData(
        "- row_count_to: {to: orders}",
        "x.yml:1:22: 'orders' is not a table name\n  write schema.table, such as silver.customers")]
    [InlineData(
        "- row_count: {min: 1, on_violation: quarantine}",
        "x.yml:1:37: 'row_count' looks at the table as a whole: there are no rows to quarantine\n  write on_violation: fail, or warn")]
    [InlineData(
        "- compare: '>= b'",
        "x.yml:1:12: '>= b' does not compare two columns by one of < <= = <> >= >\n  write - compare: shipped_on >= ordered_on")]
    [InlineData(
        "- custom: {name: mine}",
        "x.yml:1:3: a SQL check needs a query\n  write - name: …, query: select …, and value: … if one is expected")]
    public void Mistakes_in_a_tables_checks_are_told(string yaml, string expected) =>
        Assert.Equal([expected], Read(yaml, column: null).Errors.Items.Select(e => e.Describe()));

    [Fact]
    public void An_unknown_check_that_is_near_none_gets_all_that_there_are() => Assert.Equal(
        $"x.yml:1:9: unknown check 'my_rule'\n  known: {string.Join(", ", CheckReader.TypeNames)}",
        Assert.Single(Read("- name: my_rule", column: null).Errors.Items).Describe());

    [Theory]
    [InlineData(
        "- dbt_utils.accepted_range: {min_value: 0, max_value: 9, inclusive: false}",
        "range(c) min: 0, max: 9, inclusive: false")]
    [InlineData(
        "- dbt_utils.expression_is_true: {expression: '>= 0', config: {where: 'a > 1'}}",
        "expression(c) >= 0, where: a > 1")]
    [InlineData("- dbt_utils.not_empty_string", "not_empty(c) ")]
    [InlineData("- dbt_utils.recency: {datepart: day, interval: 3}", "freshness(c) 3.00:00:00")]
    [InlineData("- non_negative", "non_negative(c) 0")]
    [InlineData("- negative", "negative(c) max: 0, inclusive: false")]
    [InlineData("- length: 3", "length(c) 3")]
    [InlineData("- format: cpf", "format(c) cpf")]
    [InlineData("- format: {value: date, pattern: '%d/%m/%Y'}", "format(c) date, pattern: %d/%m/%Y")]
    [InlineData("- compare: '>= \"ordered on\"'", "compare(c, ordered on) >=")]
    [InlineData("- mean: {min: 1.5}", "mean(c) min: 1.5")]
    [InlineData("- median: {min: 1, max: 2}", "median(c) min: 1, max: 2")]
    [InlineData("- quantile: {quantile: 0.9, max: 2}", "quantile(c) quantile: 0.9, max: 2")]
    [InlineData("- quantile: {quantile: 0.5, max: 2}", "quantile(c) quantile: 0.5, max: 2")]
    [InlineData("- accepted_values: [a, 'b, c', d]", "accepted_values(c) a, 'b, c', d")]
    [InlineData("- relationships: {to: silver.a, field: id}", "relationships(c) to: silver.a, field: id")]
    [InlineData("- freshness: 36h", "freshness(c) 1.12:00:00")]
    [InlineData("- min: {value: 1, where: a > 1, mostly: 0.9}", "min(c) 1, where: a > 1, mostly: 0.9")]
    public void Checks_of_values_and_columns_are_read(string yaml, string expected)
    {
        var check = One(yaml);
        Assert.Equal(expected, $"{check.Title} {check.Arguments}");
    }

    [Fact]
    public void Checks_of_one_name_are_told_apart_by_what_they_ask()
    {
        var long1 = string.Join(", ", Enumerable.Range(0, 500));
        var (checks, errors) = Read(
            $"- row_count: {{min: 5}}\n- row_count: 4\n- row_count: {{max: 5}}\n- row_count_to: {{to: a.b}}\n- "
                + $"row_count_to: {{to: a.c}}\n"
            + $"- custom: {{query: \"select {long1}\"}}\n- custom: {{query: \"select {long1}, 7\"}}\n- not_null: "
            + $"{{column: a}}\n- not_null: {{column: a, where: b}}",
            column: null);
        Assert.DoesNotContain(
            errors.Items, error => !error.Message.Contains("unknown key 'column'", StringComparison.Ordinal));
        Assert.Equal(checks.Count, checks.Select(check => (check.Title, check.Arguments)).Distinct().Count());
        Assert.Equal(checks.Count, checks.Select(check => check.Fingerprint).Distinct().Count());
        Assert.All(checks, check => Assert.True(check.Arguments.Length <= 200));
        Assert.Equal(
            ["min: 5", "4", "max: 5", "to: a.b, 1", "to: a.c, 1"], checks.Take(5).Select(check => check.Arguments));
    }

    [Theory]
    [InlineData("- dbt_utils.unique_combination_of_columns: {combination_of_columns: [a, b]}", "unique(a, b)")]
    [InlineData("- dbt_utils.equal_rowcount: {compare_model: silver.other}", "row_count_to")]
    [InlineData("- compare: a <> b", "compare(a, b)")]
    [InlineData("- expression: a + b = c", "expression")]
    [InlineData("- mean: {column: a, max: 1}", "mean(a)")]
    public void Checks_of_tables_are_read(string yaml, string expected) =>
        Assert.Equal(expected, One(yaml, column: null).Title);

    [Fact]
    public void What_cannot_take_rows_out_fails_where_others_of_its_table_do() => Assert.Equal(
        [OnViolation.Quarantine, OnViolation.Fail, OnViolation.Warn],
        Read("- not_null: [a]\n- row_count: 1\n- mean: {column: a, min: 1, on_violation: warn}", column: null,
            OnViolation.Quarantine)
            .Checks.Select(check => check.OnViolation));
}
