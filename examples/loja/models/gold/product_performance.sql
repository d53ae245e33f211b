/* @foz
name: gold.product_performance
description: What each product of the catalog sells, how often it comes back, and its class on the ABC curve
materialization: table
owner: compras
columns:
  - name: product_id
    description: The product
    checks: [not_null, unique]
  - name: revenue
    description: Revenue in reais
    checks:
      - name: min
        value: 0
  - name: return_rate
    description: Share of its orders that came back, 0 to 1
    checks:
      - {name: min, value: 0}
      - {name: max, value: 1}
  - name: abc_class
    description: A for the products that bring the first 80 % of the revenue, B up to 95 %, C for the rest
    checks:
      - name: accepted_values
        value: [A, B, C]
checks:
  - name: row_count
    min: 1
@foz */
with sold as (
    select
        product_id,
        count(distinct order_id) as orders,
        sum(quantity)::bigint as units,
        sum(amount)::decimal(18, 2) as revenue
    from silver.sales
    group by product_id
),

returned as (
    select
        i.product_id,
        count(distinct i.order_id) as orders
    from silver.order_items as i
    join silver.orders as o using (order_id)
    where o.status = 'returned'
    group by i.product_id
),

ranked as (
    select
        p.product_id,
        p.name,
        p.category,
        p.brand,
        p.price,
        coalesce(s.orders, 0) as orders,
        coalesce(s.units, 0) as units,
        coalesce(s.revenue, 0)::decimal(18, 2) as revenue,
        coalesce(r.orders / (s.orders + r.orders), 0) as return_rate
    from silver.products as p
    left join sold as s using (product_id)
    left join returned as r using (product_id)
)

select
    *,
    rank() over by_revenue as revenue_rank,
    case
        when sum(revenue) over by_revenue - revenue < 0.80 * sum(revenue) over () then 'A'
        when sum(revenue) over by_revenue - revenue < 0.95 * sum(revenue) over () then 'B'
        else 'C'
    end as abc_class
from ranked
window by_revenue as (order by revenue desc, product_id)
