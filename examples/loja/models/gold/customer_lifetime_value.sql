/* @foz
name: gold.customer_lifetime_value
description: >-
  What each customer has brought so far, with scores from 1 to 5 for recency, frequency and monetary value (RFM) and
  the segment that they make
materialization: table
owner: marketing
tags: [pii]
columns:
  - name: customer_id
    description: The customer
    checks: [not_null, unique]
  - name: days_since_last_order
    description: Days from the last order to the shop's last day of sales
    checks:
      - name: min
        value: 0
  - name: lifetime_value
    description: Revenue so far, in reais
    checks: [positive]
  - name: recency
    description: 5 for the fifth of the customers who ordered last
    checks: [{name: accepted_values, value: [1, 2, 3, 4, 5]}]
  - name: segment
    description: What to do about it is marketing's
    checks:
      - name: accepted_values
        value: [champion, loyal, promising, at_risk, dormant]
@foz */
with customers as (
    select
        customer_id,
        min(order_date) as first_order_date,
        max(order_date) as last_order_date,
        count(distinct order_id) as orders,
        sum(amount)::decimal(18, 2) as lifetime_value
    from silver.sales
    group by customer_id
),

scored as (
    select
        *,
        max(last_order_date) over () - last_order_date as days_since_last_order,
        ntile(5) over (order by last_order_date, customer_id) as recency,
        ntile(5) over (order by orders, customer_id) as frequency,
        ntile(5) over (order by lifetime_value, customer_id) as monetary
    from customers
)

select
    s.customer_id,
    c.name,
    c.state,
    s.first_order_date,
    s.last_order_date,
    s.days_since_last_order,
    s.orders,
    s.lifetime_value,
    (s.lifetime_value / s.orders)::decimal(12, 2) as average_ticket,
    s.recency,
    s.frequency,
    s.monetary,
    case
        when s.recency >= 4 and s.frequency >= 4 then 'champion'
        when s.frequency >= 4 and s.recency = 3 then 'loyal'
        when s.recency >= 3 then 'promising'
        when s.frequency >= 3 then 'at_risk'
        else 'dormant'
    end as segment
from scored as s
join silver.customers as c using (customer_id)
