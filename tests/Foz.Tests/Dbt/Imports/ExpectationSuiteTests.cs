using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Pipelines.Quality;
using Foz.Dbt.Imports;

namespace Foz.Tests.Dbt.Imports;

public sealed class ExpectationSuiteTests
{
    const string Old = """
        {"expectation_suite_name": "orders", "data_asset_type": null, "meta": {"great_expectations_version": "0.18.8"}, "expectations": [
          {"expectation_type": "expect_column_values_to_not_be_null", "kwargs": {"column": "id"}, "meta": {}},
          {"expectation_type": "expect_column_values_to_be_unique", "kwargs": {"column": "id", "mostly": 0.99}},
          {"expectation_type": "expect_column_values_to_be_in_set", "kwargs": {"column": "status", "value_set": ["paid", "it's", 1, null]}},
          {"expectation_type": "expect_column_values_to_be_between", "kwargs": {"column": "price", "min_value": 0, "max_value": 10.5, "strict_min": true}},
          {"expectation_type": "expect_column_values_to_be_between", "kwargs": {"column": "day", "min_value": "2024-01-01"}},
          {"expectation_type": "expect_column_values_to_match_regex", "kwargs": {"column": "cep", "regex": "^[0-9]{8}$"}},
          {"expectation_type": "expect_column_value_lengths_to_be_between", "kwargs": {"column": "uf", "min_value": 2, "max_value": 2}},
          {"expectation_type": "expect_column_mean_to_be_between", "kwargs": {"column": "price", "min_value": 1, "max_value": 9}},
          {"expectation_type": "expect_column_quantile_values_to_be_between", "kwargs": {"column": "price", "quantile_ranges": {"quantiles": [0.05, 0.95], "value_ranges": [[0, 1], [null, 9]]}}},
          {"expectation_type": "expect_compound_columns_to_be_unique", "kwargs": {"column_list": ["id", "item"]}},
          {"expectation_type": "expect_column_pair_values_a_to_be_greater_than_b", "kwargs": {"column_A": "shipped on", "column_B": "ordered", "or_equal": true}},
          {"expectation_type": "expect_multicolumn_sum_to_equal", "kwargs": {"column_list": ["a", "b"], "sum_total": 5}},
          {"expectation_type": "expect_table_row_count_to_be_between", "kwargs": {"min_value": 1, "max_value": null}},
          {"expectation_type": "expect_column_values_to_match_strftime_format", "kwargs": {"column": "day", "strftime_format": "%d/%m/%Y"}},
          {"expectation_type": "expect_column_to_exist", "kwargs": {"column": "id"}},
          {"expectation_type": "expect_column_kl_divergence_to_be_less_than", "kwargs": {"column": "id", "threshold": 0.1}},
          {"expectation_type": "expect_column_values_to_not_be_null", "kwargs": {"column": "vat", "row_condition": "country == 'BR'", "condition_parser": "pandas"}}
        ]}
        """;

    const string Recent = """
        {"name": "orders", "id": "6f9619ff", "notes": null, "expectations": [
          {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "id"}, "severity": "warning", "id": "x"},
          {"type": "expect_table_row_count_to_equal", "kwargs": {"value": 3}, "severity": "critical"},
          {"type": "expect_column_distinct_values_to_be_in_set", "kwargs": {"column": "uf", "value_set": ["SP", "RJ"]}},
          {"type": "unexpected_rows_expectation", "kwargs": {"unexpected_rows_query": "SELECT * FROM {batch} WHERE price < 0"}}
        ]}
        """;

    [Fact]
    public void The_old_shape_is_read_and_what_has_no_equivalent_is_named()
    {
        var suite = ExpectationSuite.Read(Old, "orders.json", table: null);
        Assert.Equal("orders", suite.Name);
        Assert.Equal(
            [
                "id: not_null", "id: unique: {mostly: 0.99}",
                "status: accepted_values: {values: ['paid', 'it''s', 1, null]}",
                "price: range: {min: 0, inclusive: false}", "price: range: {max: 10.5}",
                "day: range: {min: '2024-01-01'}",
                "cep: pattern: {value: '^[0-9]{8}$'}", "uf: length: {min: 2, max: 2}", "price: mean: {min: 1, max: 9}",
                "price: quantile: {quantile: 0.05, min: 0, max: 1}", "price: quantile: {quantile: 0.95, max: 9}",
                "unique: {columns: ['id', 'item']}", "compare: {value: '\"shipped on\" >= ordered'}",
                "expression: {value: 'a + b = 5'}",
                "row_count: {min: 1}", "day: format: {value: timestamp, pattern: '%d/%m/%Y'}",
            ],
            suite.Checks.Select(Text));
        Assert.Equal(
            [
                "expect_column_to_exist(id)", "expect_column_kl_divergence_to_be_less_than(id)",
                "expect_column_values_to_not_be_null(vat)",
            ],
            suite.Unmatched.Select(unmatched => unmatched.Expectation));
    }

    [Fact]
    public void The_shape_since_1_0_is_read() => Assert.Equal(
        [
            "id: not_null: {on_violation: warn}", "row_count: {value: 3}",
            "uf: accepted_values: {values: ['SP', 'RJ']}",
            "custom: {query: 'SELECT * FROM silver.orders WHERE price < 0'}",
        ],
        ExpectationSuite.Read(Recent, "orders.json", "silver.orders").Checks.Select(Text));

    [Fact]
    public void What_says_nothing_is_left_out_and_named()
    {
        var suite = ExpectationSuite.Read(
            """
            {"expectations": [
              {"type": "expect_column_values_to_be_in_set", "kwargs": {"column": "uf", "value_set": []}},
              {"type": "expect_column_values_to_not_be_in_set", "kwargs": {"column": "uf", "value_set": [null]}},
              {"type": "expect_column_values_to_not_be_null", "kwargs": {}},
              {"type": "expect_column_mean_to_be_between", "kwargs": {"min_value": 1}},
              {"type": "expect_compound_columns_to_be_unique", "kwargs": {"column_list": []}}
            ]}
            """, "orders.json", table: null);
        Assert.Empty(suite.Checks);
        Assert.Equal(
            [
                "expect_column_values_to_be_in_set(uf): its 'value_set' has no value: no check is about nothing",
                "expect_column_values_to_not_be_in_set(uf): its 'value_set' has no value: no check is about nothing",
                "expect_column_values_to_not_be_null: it names no column",
                "expect_column_mean_to_be_between: it names no column",
                "expect_compound_columns_to_be_unique: its 'column_list' has no value: no check is about nothing",
            ],
            suite.Unmatched.Select(unmatched => $"{unmatched.Expectation}: {unmatched.Reason}"));
    }

    [Theory]
    [InlineData(Old)]
    [InlineData(Recent)]
    public void What_is_written_is_read_as_checks(string json)
    {
        var suite = ExpectationSuite.Read(json, "orders.json", "silver.orders");
        Assert.All(suite.Checks, check =>
        {
            var errors = new ErrorList();
            var checks = new CheckReader(OnViolation.Fail, errors).Read(
                YamlReader.Read($"- {check.Yaml}", "x.yml", errors), check.Column);
            Assert.Equal([], errors.Items.Select(e => e.Describe()));
            Assert.Single(checks);
        });
    }

    [Theory]
    [InlineData("{}", "o.json: the file is no suite of Great Expectations: it has no list 'expectations'")]
    [InlineData("[]", "o.json: the file is no suite of Great Expectations: it has no list 'expectations'")]
    [InlineData(
        """{"expectations": [{"kwargs": {}}]}""",
        "o.json: the file is no suite of Great Expectations: an expectation has neither 'type' nor 'expectation_type'")]
    [InlineData("{", "o.json: the file is no JSON: ")]
    public void What_is_no_suite_is_told(string json, string expected) => Assert.StartsWith(
        expected, Assert.Throws<FozException>(() => ExpectationSuite.Read(json, "o.json", null)).Describe(),
        StringComparison.Ordinal);

    static string Text(ImportedCheck check) => check.Column is { } column ? $"{column}: {check.Yaml}" : check.Yaml;
}
