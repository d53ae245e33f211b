{%- set methods = dbt_utils.get_column_values(ref('stg_payments'), 'payment_method', order_by='payment_method') -%}

select
    o.status,
    {{ dbt_utils.pivot('p.payment_method', methods, agg='sum', then_value='p.amount', suffix='_amount') }}
from {{ ref('stg_orders') }} as o
join {{ ref('stg_payments') }} as p using (order_id)
group by o.status
