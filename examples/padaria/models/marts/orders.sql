{{
    config(
        materialized='incremental',
        unique_key='order_id',
        incremental_strategy='merge',
        on_schema_change='append_new_columns',
        tags=['hourly']
    )
}}

select
    {{ dbt_utils.generate_surrogate_key(['o.order_id', 'o.customer_id']) }} as order_key,
    o.order_id,
    o.customer_id,
    o.order_date,
    o.status,
    coalesce(p.total_amount, 0) as amount
from {{ ref('stg_orders') }} as o
left join {{ ref('order_payments') }} as p on o.order_id = p.order_id

{% if is_incremental() %}
where o.order_date >= (select max(order_date) from {{ this }})
{% endif %}
