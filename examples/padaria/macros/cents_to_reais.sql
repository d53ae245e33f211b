{% macro cents_to_reais(column, digits=2) -%}
    cast({{ column }} / 100.0 as decimal(16, {{ digits }}))
{%- endmacro %}
