/* @foz
description: Sales of each month and state
columns:
  - {name: month, checks: [not_null]}
  - {name: revenue, checks: [positive]}
@foz */
select
    date_trunc('month', o.ordered_at)::date as month,
    c.state,
    count(distinct o.id) as orders,
    sum(i.quantity * p.price) as revenue
from silver.order_items i
join silver.orders o on o.id = i.order_id
join silver.customers c on c.id = o.customer_id
join silver.products p on p.id = i.product_id
group by all
