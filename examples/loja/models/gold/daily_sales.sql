/* @foz
name: gold.daily_sales
description: Sales of each day, with the mean of the last seven days
materialization: table
owner: diretoria
tags: [daily]
columns:
  - name: order_date
    description: Day in São Paulo
    checks: [not_null, unique]
  - name: orders
    description: Orders of the day that stand
    checks: [positive]
  - name: net_revenue
    description: Revenue in reais, after discounts, without shipping
    checks: [positive]
  - name: average_ticket
    description: Revenue of an order, in reais
  - name: net_revenue_7d
    description: Mean revenue of this day and the six before it
checks:
  - name: row_count
    min: 700
  - name: reconciles_with_sales
    description: Not a cent is lost on the way from silver
    query: >-
      select (select sum(net_revenue) from gold.daily_sales) = (select sum(amount) from silver.sales)
    value: true
@foz */
with days as (
    select
        order_date,
        count(distinct order_id) as orders,
        count(distinct customer_id) as customers,
        sum(quantity)::bigint as units,
        sum(discount)::decimal(18, 2) as discounts,
        sum(amount)::decimal(18, 2) as net_revenue,
        count(distinct order_id) filter (where channel = 'app') as app_orders,
        count(distinct order_id) filter (where coupon is not null) as coupon_orders
    from silver.sales
    group by order_date
)

select
    *,
    (net_revenue / orders)::decimal(12, 2) as average_ticket,
    avg(net_revenue) over last_7_days::decimal(18, 2) as net_revenue_7d
from days
window last_7_days as (order by order_date rows between 6 preceding and current row)
order by order_date
