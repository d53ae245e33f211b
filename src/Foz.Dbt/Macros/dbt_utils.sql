{#- The macros of dbt_utils that projects use most, for DuckDB. -#}

{#- keys -#}
{% macro generate_surrogate_key(field_list) -%}
  {%- if field_list is string -%}{%- set field_list = [field_list] -%}{%- endif -%}
  {%- set missing = '' if var('surrogate_key_treat_nulls_as_empty_strings', false) else '_dbt_utils_surrogate_key_null_' -%}
  md5(cast({% for field in field_list %}coalesce(cast({{ field }} as varchar), '{{ missing }}'){{ " || '-' || " if not loop.last }}{% endfor %} as varchar))
{%- endmacro %}
{% macro surrogate_key(field_list) %}{{ return(dbt_utils.generate_surrogate_key(field_list)) }}{% endmacro %}

{#- numbers -#}
{% macro safe_divide(numerator, denominator) %}( {{ numerator }} ) / nullif( ( {{ denominator }} ), 0){% endmacro %}
{% macro safe_add(field_list) %}{% for field in field_list %}coalesce({{ field }}, 0){{ ' + ' if not loop.last }}{% endfor %}{% endmacro %}
{% macro safe_subtract(field_list) %}{% for field in field_list %}coalesce({{ field }}, 0){{ ' - ' if not loop.last }}{% endfor %}{% endmacro %}
{% macro width_bucket(expr, min_value, max_value, num_buckets) -%}
  case
    when {{ expr }} is null then null
    when {{ expr }} < {{ min_value }} then 0
    when {{ expr }} >= {{ max_value }} then {{ num_buckets }} + 1
    else cast(floor(({{ expr }} - {{ min_value }}) * {{ num_buckets }} / cast({{ max_value }} - {{ min_value }} as double)) as integer) + 1
  end
{%- endmacro %}
{% macro haversine_distance(lat1, lon1, lat2, lon2, unit='mi') -%}
  2 * {{ '6371' if unit == 'km' else '3961' }} * asin(sqrt(
    power(sin(radians(({{ lat2 }} - {{ lat1 }}) / 2)), 2)
    + cos(radians({{ lat1 }})) * cos(radians({{ lat2 }})) * power(sin(radians(({{ lon2 }} - {{ lon1 }}) / 2)), 2)))
{%- endmacro %}

{#- series -#}
{% macro generate_series(upper_bound) %}{{ return(dbt.generate_series(upper_bound)) }}{% endmacro %}
{% macro date_spine(datepart, start_date, end_date) %}{{ return(dbt.date_spine(datepart, start_date, end_date)) }}{% endmacro %}

{#- text -#}
{% macro slugify(string) -%}
  {%- set slug = modules.re.sub('[ -]+', '_', string | lower) -%}
  {%- set slug = modules.re.sub('[^a-z0-9_]+', '', slug) -%}
  {{ return(modules.re.sub('^([0-9])', '_\\1', slug)) }}
{%- endmacro %}
{% macro pretty_time(format='%H:%M:%S') %}{{ return(modules.datetime.datetime.now().strftime(format)) }}{% endmacro %}
{% macro pretty_log_format(message) %}{{ return(dbt_utils.pretty_time() ~ ' + ' ~ message) }}{% endmacro %}
{% macro log_info(message) %}{{ log(message, info=true) }}{% endmacro %}
{% macro get_url_parameter(field, url_parameter) %}nullif(split_part(split_part({{ field }}, '{{ url_parameter }}=', 2), '&', 1), ''){% endmacro %}
{% macro get_url_host(field) -%}
  split_part(split_part(replace(replace(replace({{ field }}, 'android-app://', ''), 'http://', ''), 'https://', ''), '/', 1), '?', 1)
{%- endmacro %}
{% macro get_url_path(field) -%}
  nullif(split_part(regexp_replace({{ field }}, '^[a-z-]+://[^/]*/?', ''), '?', 1), '')
{%- endmacro %}

{#- columns -#}
{% macro get_filtered_columns_in_relation(from, except=[]) -%}
  {%- set hidden = except | map('lower') | list -%}
  {%- set found = [] -%}
  {%- for column in adapter.get_columns_in_relation(from) -%}
    {%- if column.name | lower not in hidden -%}{%- do found.append(column.name) -%}{%- endif -%}
  {%- endfor -%}
  {{ return(found) }}
{%- endmacro %}
{% macro star(from, relation_alias=false, except=[], prefix='', suffix='', quote_identifiers=true) -%}
  {%- set columns = dbt_utils.get_filtered_columns_in_relation(from, except) -%}
  {%- if columns | length == 0 -%}
    {%- if execute and adapter.get_columns_in_relation(from) | length > 0 -%}/* no columns are left */{%- else -%}*{%- endif -%}
  {%- endif -%}
  {%- for column in columns -%}
    {%- set name = adapter.quote(column) if quote_identifiers else column -%}
    {{ relation_alias ~ '.' if relation_alias }}{{ name }}
    {%- if prefix or suffix %} as {{ adapter.quote(prefix ~ column ~ suffix) if quote_identifiers else prefix ~ column ~ suffix }}{%- endif -%}
    {{ ',\n  ' if not loop.last }}
  {%- endfor -%}
{%- endmacro %}
{% macro group_by(n) %}group by {% for i in range(1, n + 1) %}{{ i }}{{ ', ' if not loop.last }}{% endfor %}{% endmacro %}
{% macro nullcheck(cols) -%}
  {%- for col in cols -%}
    {%- if col.is_string() -%}nullif({{ col.name }}, '') as {{ col.name }}{%- else -%}{{ col.name }}{%- endif -%}{{ ', ' if not loop.last }}
  {%- endfor -%}
{%- endmacro %}
{% macro nullcheck_table(relation) %}select {{ dbt_utils.nullcheck(adapter.get_columns_in_relation(relation)) }} from {{ relation }}{% endmacro %}
{% macro deduplicate(relation, partition_by, order_by) -%}
select * from {{ relation }}
qualify row_number() over (partition by {{ partition_by }} order by {{ order_by }}) = 1
{%- endmacro %}

{#- queries -#}
{% macro get_column_values(table, column, order_by='count(*) desc', max_records=none, default=none, where=none) -%}
  {%- if not execute -%}{{ return(default or []) }}{%- endif -%}
  {%- if load_relation(table) is none and table.type != 'cte' -%}
    {{ return(default or []) }}
  {%- endif -%}
  {%- set rows = run_query(
    'select ' ~ column ~ ' as value from ' ~ table ~ (' where ' ~ where if where else '') ~ ' group by ' ~ column ~ ' order by ' ~ order_by
    ~ (' limit ' ~ max_records if max_records is not none else '')) -%}
  {%- set values = rows.columns[0].values() | list -%}
  {{ return(values or default or []) }}
{%- endmacro %}
{% macro get_single_value(sql_statement, default=none) -%}
  {%- if not execute -%}{{ return(default) }}{%- endif -%}
  {%- set rows = run_query(sql_statement) -%}
  {{ return(rows.rows[0][0] if rows and rows.rows[0][0] is not none else default) }}
{%- endmacro %}
{% macro get_query_results_as_dict(query) -%}
  {%- set found = {} -%}
  {%- if execute -%}
    {%- for column in run_query(query).columns -%}{%- do found.update({column.name: column.values()}) -%}{%- endfor -%}
  {%- endif -%}
  {{ return(found) }}
{%- endmacro %}
{% macro get_relations_by_pattern(schema_pattern, table_pattern, exclude='', database=target.database) %}{{ return(dbt.duckdb__get_relations_by_pattern(schema_pattern, table_pattern, exclude, database)) }}{% endmacro %}
{% macro get_relations_by_prefix(schema, prefix, exclude='', database=target.database) %}{{ return(dbt_utils.get_relations_by_pattern(schema, prefix ~ '%', exclude, database)) }}{% endmacro %}

{#- tables put together -#}
{% macro union_relations(relations, column_override=none, include=[], exclude=[], source_column_name='_dbt_source_relation', where=none) -%}
  {%- set overrides = column_override or {} -%}
  {%- set shown = include | map('lower') | list -%}
  {%- set hidden = exclude | map('lower') | list -%}
  {%- set ns = namespace(names=[], types={}) -%}
  {%- for relation in relations -%}
    {%- for column in adapter.get_columns_in_relation(relation) -%}
      {%- set key = column.name | lower -%}
      {%- if (not shown or key in shown) and key not in hidden and key not in ns.types -%}
        {%- do ns.names.append(column.name) -%}
        {%- do ns.types.update({key: overrides.get(column.name, column.data_type)}) -%}
      {%- endif -%}
    {%- endfor -%}
  {%- endfor -%}
  {%- for relation in relations %}
    {%- set own = adapter.get_columns_in_relation(relation) | map(attribute='name') | map('lower') | list %}
(
  select
    {%- if source_column_name is not none %} cast({{ dbt.string_literal(relation) }} as varchar) as {{ source_column_name }}{{ ',' if ns.names }}{%- endif %}
    {%- for name in ns.names %}
    cast({{ adapter.quote(name) if name | lower in own else 'null' }} as {{ ns.types[name | lower] }}) as {{ adapter.quote(name) }}{{ ',' if not loop.last }}
    {%- endfor %}
    {%- if not ns.names and source_column_name is none %} *{% elif not ns.names %}, *{% endif %}
  from {{ relation }}
  {%- if where %}
  where {{ where }}
  {%- endif %}
)
    {%- if not loop.last %}
union all
    {%- endif -%}
  {%- endfor -%}
{%- endmacro %}
{% macro pivot(column, values, alias=true, agg='sum', cmp='=', prefix='', suffix='', then_value=1, else_value=0, quote_identifiers=true, distinct=false) -%}
  {%- for value in values %}
  {{ agg }}({{ 'distinct ' if distinct }}case when {{ column }} {{ cmp }} '{{ dbt.escape_single_quotes(value | string) }}' then {{ then_value }} else {{ else_value }} end)
    {%- if alias %} as {{ adapter.quote(prefix ~ value ~ suffix) if quote_identifiers else dbt_utils.slugify(prefix ~ value ~ suffix) }}{% endif -%}
    {{ ',' if not loop.last }}
  {%- endfor %}
{%- endmacro %}
{% macro unpivot(relation=none, cast_to='varchar', exclude=[], remove=[], field_name='field_name', value_name='value', quote_identifiers=false) -%}
  {%- set kept = exclude | map('lower') | list -%}
  {%- set gone = remove | map('lower') | list -%}
  {%- set columns = [] -%}
  {%- for column in adapter.get_columns_in_relation(relation) if column.name | lower not in kept and column.name | lower not in gone -%}
    {%- do columns.append(column.name) -%}
  {%- endfor -%}
  {%- for name in columns %}
select {% for own in exclude %}{{ own }}, {% endfor %}cast('{{ name }}' as varchar) as {{ field_name }}, cast({{ adapter.quote(name) }} as {{ cast_to }}) as {{ value_name }}
from {{ relation }}
{{ 'union all' if not loop.last }}
  {%- endfor -%}
  {%- if not columns %}select * from {{ relation }}{% endif -%}
{%- endmacro %}

{#- generic tests: they select what is wrong -#}
{% test unique_combination_of_columns(model, combination_of_columns, quote_columns=false) %}
select {{ combination_of_columns | join(', ') }} from {{ model }} group by {{ combination_of_columns | join(', ') }} having count(*) > 1
{% endtest %}
{% test accepted_range(model, column_name, min_value=none, max_value=none, inclusive=true) %}
select * from {{ model }}
where false
  {%- if min_value is not none %} or not {{ column_name }} >{{ '=' if inclusive }} {{ min_value }}{% endif %}
  {%- if max_value is not none %} or not {{ column_name }} <{{ '=' if inclusive }} {{ max_value }}{% endif %}
{% endtest %}
{% test not_null_proportion(model, column_name, at_least, at_most=1.0, group_by_columns=[]) %}
select {{ (group_by_columns + ['']) | join(', ') }} avg(case when {{ column_name }} is null then 0 else 1 end) as not_null_proportion
from {{ model }}
{{ 'group by ' ~ group_by_columns | join(', ') if group_by_columns }}
having not avg(case when {{ column_name }} is null then 0 else 1 end) between {{ at_least }} and {{ at_most }}
{% endtest %}
{% test expression_is_true(model, expression, column_name=none) %}
select * from {{ model }} where not({{ column_name ~ ' ' if column_name }}{{ expression }})
{% endtest %}
{% test not_constant(model, column_name, group_by_columns=[]) %}
select count(distinct {{ column_name }}) as filler_column
from {{ model }}
{{ 'group by ' ~ group_by_columns | join(', ') if group_by_columns }}
having count(distinct {{ column_name }}) = 1
{% endtest %}
{% test at_least_one(model, column_name, group_by_columns=[]) %}
select count({{ column_name }}) as filler_column
from {{ model }}
{{ 'group by ' ~ group_by_columns | join(', ') if group_by_columns }}
having count({{ column_name }}) = 0
{% endtest %}
{% test not_empty_string(model, column_name, trim_whitespace=true) %}
select * from {{ model }} where {{ 'trim(' ~ column_name ~ ')' if trim_whitespace else column_name }} = ''
{% endtest %}
{% test not_accepted_values(model, column_name, values, quote=true) %}
select {{ column_name }} as value_field from {{ model }}
where {{ column_name }} in ({% for value in values %}{{ "'" ~ value ~ "'" if quote else value }}{{ ', ' if not loop.last }}{% endfor %})
group by {{ column_name }}
{% endtest %}
{% test cardinality_equality(model, column_name, to, field) %}
with a as (select {{ column_name }} as value, count(*) as n from {{ model }} group by {{ column_name }}),
  b as (select {{ field }} as value, count(*) as n from {{ to }} group by {{ field }})
(select * from a except select * from b) union all (select * from b except select * from a)
{% endtest %}
{% test relationships_where(model, column_name, to, field, from_condition='1=1', to_condition='1=1') %}
select a.{{ column_name }}
from (select * from {{ model }} where {{ from_condition }}) as a
left join (select * from {{ to }} where {{ to_condition }}) as b on a.{{ column_name }} = b.{{ field }}
where a.{{ column_name }} is not null and b.{{ field }} is null
{% endtest %}
{% test equal_rowcount(model, compare_model, group_by_columns=[]) %}
select * from (select (select count(*) from {{ model }}) as count_a, (select count(*) from {{ compare_model }}) as count_b) where count_a <> count_b
{% endtest %}
{% test fewer_rows_than(model, compare_model, group_by_columns=[]) %}
select * from (select (select count(*) from {{ model }}) as count_a, (select count(*) from {{ compare_model }}) as count_b) where count_a >= count_b
{% endtest %}
{% test equality(model, compare_model, compare_columns=none, exclude_columns=none, precision=none) %}
{%- set columns = (compare_columns or dbt_utils.get_filtered_columns_in_relation(model, exclude_columns or [])) | join(', ') or '*' %}
(select {{ columns }} from {{ model }} except select {{ columns }} from {{ compare_model }})
union all
(select {{ columns }} from {{ compare_model }} except select {{ columns }} from {{ model }})
{% endtest %}
{% test recency(model, field, datepart, interval, ignore_time_component=false, group_by_columns=[]) %}
select max(cast({{ field }} as timestamp)) as most_recent
from {{ model }}
{{ 'group by ' ~ group_by_columns | join(', ') if group_by_columns }}
having max(cast({{ field }} as timestamp)) < cast(now() at time zone 'UTC' as timestamp) - interval {{ interval }} {{ datepart }}
{% endtest %}
{% test sequential_values(model, column_name, interval=1, datepart=none, group_by_columns=[]) %}
select * from (
  select {{ column_name }}, lag({{ column_name }}) over ({{ 'partition by ' ~ group_by_columns | join(', ') if group_by_columns }} order by {{ column_name }}) as previous
  from {{ model }}
)
where previous is not null and {{ column_name }} <> previous + {{ 'interval ' ~ interval ~ ' ' ~ datepart if datepart else interval }}
{% endtest %}
{% test mutually_exclusive_ranges(model, lower_bound_column, upper_bound_column, partition_by=none, gaps='allowed', zero_length_range_allowed=false) %}
select * from (
  select {{ lower_bound_column }} as lower_bound, {{ upper_bound_column }} as upper_bound,
    lead({{ lower_bound_column }}) over ({{ 'partition by ' ~ partition_by if partition_by }} order by {{ lower_bound_column }}, {{ upper_bound_column }}) as next_lower_bound
  from {{ model }}
)
where not (lower_bound {{ '<=' if zero_length_range_allowed else '<' }} upper_bound)
  or (next_lower_bound is not null and not (upper_bound {{ {'allowed': '<=', 'not_allowed': '=', 'required': '<'}[gaps] }} next_lower_bound))
{% endtest %}
