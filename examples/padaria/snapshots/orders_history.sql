{% snapshot orders_history %}
{{
    config(
        unique_key='id',
        strategy='check',
        check_cols=['status']
    )
}}
select id, customer, status from {{ ref('raw_orders') }}
{% endsnapshot %}
