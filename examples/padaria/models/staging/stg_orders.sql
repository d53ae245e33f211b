select
    id as order_id,
    customer as customer_id,
    ordered_at,
    cast(ordered_at as date) as order_date,
    status
from {{ ref('raw_orders') }}
where ordered_at >= '{{ var("first_day") }}'
