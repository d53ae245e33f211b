{#- What dbt's own macros are to DuckDB. -#}

{% macro generate_schema_name(custom_schema_name, node) -%}
  {%- if custom_schema_name is none -%}{{ target.schema }}{%- else -%}{{ target.schema }}_{{ custom_schema_name | trim }}{%- endif -%}
{%- endmacro %}

{% macro generate_schema_name_for_env(custom_schema_name, node) -%}
  {%- if target.name == 'prod' and custom_schema_name is not none -%}{{ custom_schema_name | trim }}{%- else -%}{{ target.schema }}{%- endif -%}
{%- endmacro %}

{% macro generate_alias_name(custom_alias_name=none, node=none) -%}
  {%- if custom_alias_name -%}{{ custom_alias_name | trim }}{%- else -%}{{ node.name }}{%- endif -%}
{%- endmacro %}

{% macro generate_database_name(custom_database_name=none, node=none) -%}{{ target.database }}{%- endmacro %}

{#- types -#}
{% macro type_string() %}varchar{% endmacro %}
{% macro type_timestamp() %}timestamp{% endmacro %}
{% macro type_float() %}double{% endmacro %}
{% macro type_numeric() %}decimal(28, 6){% endmacro %}
{% macro type_bigint() %}bigint{% endmacro %}
{% macro type_int() %}integer{% endmacro %}
{% macro type_boolean() %}boolean{% endmacro %}

{#- functions -#}
{% macro string_literal(value) %}'{{ value }}'{% endmacro %}
{% macro escape_single_quotes(expression) %}{{ expression | replace("'", "''") }}{% endmacro %}
{% macro safe_cast(field, type) %}try_cast({{ field }} as {{ type }}){% endmacro %}
{% macro cast(field, type) %}cast({{ field }} as {{ type }}){% endmacro %}
{% macro cast_bool_to_text(field) %}cast({{ field }} as varchar){% endmacro %}
{% macro concat(fields) %}{{ fields | join(' || ') }}{% endmacro %}
{% macro hash(field) %}md5(cast({{ field }} as varchar)){% endmacro %}
{% macro length(expression) %}length({{ expression }}){% endmacro %}
{% macro position(substring_text, string_text) %}position({{ substring_text }} in {{ string_text }}){% endmacro %}
{% macro replace(field, old_chars, new_chars) %}replace({{ field }}, {{ old_chars }}, {{ new_chars }}){% endmacro %}
{% macro right(string_text, length_expression) %}right({{ string_text }}, {{ length_expression }}){% endmacro %}
{% macro split_part(string_text, delimiter_text, part_number) %}split_part({{ string_text }}, {{ delimiter_text }}, {{ part_number }}){% endmacro %}
{% macro any_value(expression) %}any_value({{ expression }}){% endmacro %}
{% macro bool_or(expression) %}bool_or({{ expression }}){% endmacro %}
{% macro listagg(measure, delimiter_text="','", order_by_clause=none, limit_num=none) -%}
  {%- if limit_num -%}array_to_string(list({{ measure }}{{ ' ' ~ order_by_clause if order_by_clause }})[1:{{ limit_num }}], {{ delimiter_text }})
  {%- else -%}string_agg({{ measure }}, {{ delimiter_text }}{{ ' ' ~ order_by_clause if order_by_clause }}){%- endif -%}
{%- endmacro %}
{% macro array_construct(inputs=[], data_type='integer') %}{% if inputs %}[{{ inputs | join(', ') }}]{% else %}cast([] as {{ data_type }}[]){% endif %}{% endmacro %}
{% macro array_append(array, new_element) %}list_append({{ array }}, {{ new_element }}){% endmacro %}
{% macro array_concat(array_1, array_2) %}list_concat({{ array_1 }}, {{ array_2 }}){% endmacro %}
{% macro except() %}except{% endmacro %}
{% macro intersect() %}intersect{% endmacro %}

{#- dates -#}
{% macro current_timestamp() %}now(){% endmacro %}
{% macro now() %}now(){% endmacro %}
{% macro current_timestamp_backcompat() %}cast(now() as timestamp){% endmacro %}
{% macro current_timestamp_in_utc_backcompat() %}cast(now() at time zone 'UTC' as timestamp){% endmacro %}
{% macro snapshot_get_time() %}cast(now() at time zone 'UTC' as timestamp){% endmacro %}
{% macro date_trunc(datepart, date) %}date_trunc('{{ datepart }}', {{ date }}){% endmacro %}
{% macro dateadd(datepart, interval, from_date_or_timestamp) %}({{ from_date_or_timestamp }} + cast({{ interval }} as bigint) * interval 1 {{ datepart }}){% endmacro %}
{#- A week begins on Sunday, and the seven days before count as whole weeks: dbt's adapters count so, DuckDB from Monday. -#}
{% macro datediff(first_date, second_date, datepart) -%}
  {%- if datepart == 'week' -%}
    (date_diff('day', cast({{ first_date }} as timestamp), cast({{ second_date }} as timestamp)) // 7
      + case when {{ first_date }} <= {{ second_date }}
          then cast(dayofweek(cast({{ first_date }} as timestamp)) > dayofweek(cast({{ second_date }} as timestamp)) as integer)
          else -cast(dayofweek(cast({{ first_date }} as timestamp)) <= dayofweek(cast({{ second_date }} as timestamp)) as integer) end)
  {%- else -%}
    date_diff('{{ datepart }}', cast({{ first_date }} as timestamp), cast({{ second_date }} as timestamp))
  {%- endif -%}
{%- endmacro %}
{% macro last_day(date, datepart) -%}
  {%- if datepart == 'quarter' -%}cast(date_trunc('quarter', {{ date }}) + interval 3 month - interval 1 day as date)
  {%- else -%}cast(date_trunc('{{ datepart }}', {{ date }}) + interval 1 {{ datepart }} - interval 1 day as date){%- endif -%}
{%- endmacro %}
{% macro date(year, month, day) %}make_date({{ year }}, {{ month }}, {{ day }}){% endmacro %}
{% macro date_spine(datepart, start_date, end_date) -%}
select cast(range as timestamp) as date_{{ datepart }}
from range(cast({{ start_date }} as timestamp), cast({{ end_date }} as timestamp), interval 1 {{ datepart }})
{%- endmacro %}
{% macro generate_series(upper_bound) %}select generate_series as generated_number from generate_series(1, {{ upper_bound }}){% endmacro %}

{#- relations -#}
{% macro set_sql_header(config) %}{% do config.set('sql_header', caller()) %}{% endmacro %}
{% macro get_columns_in_relation(relation) %}{{ return(adapter.get_columns_in_relation(relation)) }}{% endmacro %}
{% macro duckdb__get_relations_by_pattern(schema_pattern, table_pattern, exclude='', database=target.database) -%}
  {%- set found = [] -%}
  {%- set tables = modules.re.sub('%', '.*', table_pattern) -%}
  {%- set hidden = modules.re.sub('%', '.*', exclude) -%}
  {%- for relation in adapter.list_relations(database, schema_pattern) -%}
    {%- if modules.re.fullmatch(tables, relation.identifier, modules.re.IGNORECASE)
      and not (exclude and modules.re.fullmatch(hidden, relation.identifier, modules.re.IGNORECASE)) -%}
      {%- do found.append(relation) -%}
    {%- endif -%}
  {%- endfor -%}
  {{ return(found) }}
{%- endmacro %}
{% macro duckdb__get_relations_by_prefix(schema, prefix, exclude='', database=target.database) %}{{ return(dbt.duckdb__get_relations_by_pattern(schema, prefix ~ '%', exclude, database)) }}{% endmacro %}
{% macro load_cached_relation(relation) %}{{ return(load_relation(relation)) }}{% endmacro %}
{% macro get_or_create_relation(database, schema, identifier, type) -%}
  {%- set found = adapter.get_relation(database=database, schema=schema, identifier=identifier) -%}
  {{ return([found is not none, found or api.Relation.create(database=database, schema=schema, identifier=identifier, type=type)]) }}
{%- endmacro %}
{% macro dbt_metadata_envs() %}{{ return({}) }}{% endmacro %}
{% macro default__test_unique(model, column_name) %}{{ return(test_unique(model, column_name)) }}{% endmacro %}
{% macro default__test_not_null(model, column_name) %}{{ return(test_not_null(model, column_name)) }}{% endmacro %}

{#- generic tests: they select what is wrong -#}
{% test unique(model, column_name) %}
select {{ column_name }} as unique_field, count(*) as n_records
from {{ model }}
where {{ column_name }} is not null
group by {{ column_name }}
having count(*) > 1
{% endtest %}

{% test not_null(model, column_name) %}
select * from {{ model }} where {{ column_name }} is null
{% endtest %}

{% test accepted_values(model, column_name, values, quote=true) %}
select {{ column_name }} as value_field, count(*) as n_records
from {{ model }}
where {{ column_name }} not in (
  {%- for value in values -%}
    {%- if quote -%}'{{ value | string | replace("'", "''") }}'{%- else -%}{{ value }}{%- endif -%}{{ ', ' if not loop.last }}
  {%- endfor -%}
)
group by {{ column_name }}
{% endtest %}

{% test relationships(model, column_name, to, field) %}
select child.{{ column_name }} as from_field
from {{ model }} as child
left join {{ to }} as parent on child.{{ column_name }} = parent.{{ field }}
where child.{{ column_name }} is not null and parent.{{ field }} is null
{% endtest %}
