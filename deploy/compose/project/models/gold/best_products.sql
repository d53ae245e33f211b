/* @foz
description: Products by what they brought
columns:
  - {name: product, checks: [not_null, unique]}
@foz */
select p.name as product, sum(i.quantity) as sold, sum(i.quantity * p.price) as revenue
from silver.order_items i
join silver.products p on p.id = i.product_id
group by all
