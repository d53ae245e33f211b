/* @foz
name: silver.sales
description: What was sold, one row an item of an order that stands; canceled and returned orders are left out
materialization: view
owner: vendas
columns:
  - name: order_id
    description: The order
  - name: amount
    description: What the item brought, in reais
@foz */
select
    i.order_id,
    i.item,
    o.order_date,
    o.customer_id,
    o.channel,
    o.state,
    o.coupon,
    i.product_id,
    i.quantity,
    i.discount,
    i.amount
from silver.order_items as i
join silver.orders as o using (order_id)
where o.status not in ('canceled', 'returned')
    and i.quantity > 0
