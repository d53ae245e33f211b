select p.*
from {{ ref('stg_payments') }} as p
left join {{ ref('stg_orders') }} as o using (order_id)
where o.order_id is null
