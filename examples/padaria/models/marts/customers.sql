select
    c.customer_id,
    c.first_name || ' ' || c.last_name as name,
    min(o.order_date) as first_order,
    max(o.order_date) as latest_order,
    count(o.order_id) as orders,
    {{ dbt_utils.safe_divide('sum(o.amount)', 'count(o.order_id)') }} as average_amount,
    coalesce(sum(o.amount), 0) as lifetime_value
from {{ ref('stg_customers') }} as c
left join {{ ref('orders') }} as o using (customer_id)
group by all
